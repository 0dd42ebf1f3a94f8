#include "engine/format/client-command.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

static const char *const programs[] = {"docker", "com.docker.cli", "docker-compose",
				       "docker-buildx"};

/* Options in front of a verb that have a value as the next word. */
static const char *const valued[] = {
	"-H",          "--host",
	"-c",          "--context",
	"--config",    "-l",
	"--log-level", "--tlscacert",
	"--tlscert",   "--tlskey",
	"-f",          "--file",
	"-p",          "--project-name",
	"--profile",   "--project-directory",
	"--ansi",      "--env-file",
	"--progress",  "--parallel",
	"--builder",
};

/* Verbs of these are the next word's. */
static const char *const groups[] = {"container", "image",   "builder", "buildx",
				     "compose",   "service", "system"};

static const char *const staying[] = {
	"attach", "bake",   "build", "commit", "cp",   "create", "events", "exec",
	"export", "import", "load",  "logs",   "pull", "push",   "run",    "save",
	"start",  "stats",  "up",    "update", "wait", "watch",
};

static bool is_among(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

void client_command_clear(struct client_command *c)
{
	free(c->verb);
	free(c->project);
	free(c->host);
}

bool is_client_program(const char *name)
{
	return name && is_among(name, programs, ARRAY_SIZE(programs));
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void take_option(const char *name, size_t n, const char *value, struct client_command *ret)
{
	static const char *const of_host[] = {"-H", "--host"}, *const of_project[] = {
								       "-p", "--project-name"};
	CLEANUP(freep) char *option = xstrndup(name, n);

	if (is_among(option, of_host, ARRAY_SIZE(of_host)))
		str_replace(&ret->host, value);
	if (is_among(option, of_project, ARRAY_SIZE(of_project)))
		str_replace(&ret->project, value);
}

/* The next word that is no option, and takes what the options before it say; NULL: none. */
static const char *next_word(const struct strv *args, size_t *at, struct client_command *ret)
{
	while (*at < args->count) {
		const char *word = args->items[(*at)++];
		const char *equals = strchr(word, '=');

		if (word[0] != '-')
			return word;
		if (equals && word[1] == '-')
			take_option(word, (size_t)(equals - word), equals + 1, ret);
		else if (is_among(word, valued, ARRAY_SIZE(valued)) && *at < args->count)
			take_option(word, strlen(word), args->items[(*at)++], ret);
	}
	return NULL;
}

/* A script (the first docker-compose) stands behind its interpreter. */
static const char *program_of(const struct strv *args, size_t *at)
{
	for (*at = 0; *at < args->count && *at < 2;) {
		const char *name = base_name(args->items[(*at)++]);

		if (is_client_program(name))
			return name;
	}
	return NULL;
}

/* The programs behind "docker compose" and "docker buildx" are given that word, too, or not. */
static const char *group_of(const char *program, const struct strv *args, size_t *at)
{
	const char *dash = strchr(program, '-');
	const char *group = dash ? dash + 1 : NULL;

	if (group && *at < args->count && strcmp(args->items[*at], group) == 0)
		(*at)++;
	return group;
}

bool client_command_parse(const struct strv *args, struct client_command *ret)
{
	size_t at = 0;
	const char *program = program_of(args, &at), *group, *verb;

	if (!program)
		return false;
	group = group_of(program, args, &at);
	verb = next_word(args, &at, ret);
	if (!group && verb && is_among(verb, groups, ARRAY_SIZE(groups))) {
		group = verb;
		verb = next_word(args, &at, ret);
	}
	if (!verb || !is_among(verb, staying, ARRAY_SIZE(staying)))
		return false;
	ret->verb = group ? xasprintf("docker %s %s", group, verb) : xasprintf("docker %s", verb);
	ret->builds = strcmp(verb, "build") == 0 || strcmp(verb, "bake") == 0;
	return true;
}

bool client_host_is_elsewhere(const char *host)
{
	static const char user[] = "unix:///run/user/", tcp[] = "tcp://";
	static const char *const here[] = {"localhost", "127.", "[::1]", "0.0.0.0", ":"};

	if (strncmp(host, "ssh://", 6) == 0 || strncmp(host, user, strlen(user)) == 0)
		return true;
	if (strncmp(host, tcp, strlen(tcp)) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(here); i++)
		if (strncmp(host + strlen(tcp), here[i], strlen(here[i])) == 0)
			return false;
	return true;
}
