#include "engine/format/client-command.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/client-command-impl.h"
#include "engine/format/client-verbs.h"
#include "engine/format/url-host.h"
#include "engine/model/listening.h"

static const char *const programs[] = {"docker", "com.docker.cli", "docker-compose",
				       "docker-buildx"};

/* Verbs of these are the next word's. */
static const char *const groups[] = {
	"builder", "buildx",  "compose", "config",  "container", "context",
	"image",   "network", "secret",  "service", "system",    "volume",
};

/* Likewise of these, no word of which names a container: for what is looked at they ask, and no more. */
static const char *const more_groups[] = {"checkpoint", "imagetools", "manifest", "node",
					  "plugin",     "stack",      "swarm",    "trust"};

void client_command_clear(struct client_command *c)
{
	free(c->verb);
	free(c->project);
	strv_clear(&c->places);
	free(c->host);
	free(c->context);
	free(c->config);
}

bool is_client_program(const char *name)
{
	return name && is_among(name, programs, ARRAY_SIZE(programs));
}

static bool is_verb(const char *word)
{
	return is_among(word, groups, ARRAY_SIZE(groups)) ||
	       is_among(word, more_groups, ARRAY_SIZE(more_groups)) || is_client_verb(word);
}

/* A script (the first docker-compose) stands behind its interpreter. */
static const char *program_of(const struct strv *args, size_t *at)
{
	for (*at = 0; *at < args->count && *at < 2;) {
		const char *name = path_name(args->items[(*at)++]);

		if (is_client_program(name))
			return name;
	}
	return NULL;
}

size_t client_command_read(const struct strv *args, struct client_command *ret)
{
	size_t at = 0;
	const char *program = program_of(args, &at);
	const char *dash = program ? strchr(program, '-') : NULL;
	const char *group = dash ? dash + 1 : NULL, *verb;

	if (!program)
		return 0;
	verb = client_next_word(args, &at, is_verb, ret);
	/* the programs behind "docker compose" and "docker buildx" are given that word, too, or not */
	if (verb &&
	    (group ? strcmp(verb, group) == 0 : is_among(verb, groups, ARRAY_SIZE(groups)))) {
		group = verb;
		verb = client_next_word(args, &at, is_verb, ret);
	}
	if (!verb)
		return 0;
	ret->verb = group ? xasprintf("docker %s %s", group, verb) : xasprintf("docker %s", verb);
	ret->builds = strcmp(verb, "build") == 0 || strcmp(verb, "bake") == 0;
	ret->reads = client_verb_of(ret->verb)->cut == CUT_OUTPUT;
	return at;
}

/* "docker stack ps": the lists of what these do are dockerd's, and no more than read. */
static void take_more(const struct strv *args, struct client_command *ret)
{
	const char *verb = strrchr(ret->verb, ' ') + 1;
	CLEANUP(freep) char *whole = NULL;

	if (!is_among(verb, more_groups, ARRAY_SIZE(more_groups)))
		return;
	verb = client_next_word(args, &ret->behind, is_verb, ret);
	if (!verb)
		return;
	whole = xasprintf("%s %s", ret->verb, verb);
	str_replace(&ret->verb, whole);
}

/* An option that is not known may have been given the word that the verb is taken for. */
bool client_command_parse(const struct strv *args, struct client_command *ret)
{
	ret->behind = client_command_read(args, ret);
	if (ret->behind > 0)
		take_more(args, ret);
	else if (ret->unclear)
		ret->verb = xstrdup("docker");
	else
		return false;
	ret->reads &= !ret->unclear;
	if (ret->unclear || client_verb_of(ret->verb)->cut != CUT_NOTHING)
		return true;
	str_replace(&ret->verb, NULL);
	return false;
}

bool client_host_is_elsewhere(const char *host)
{
	static const char user[] = "unix:///run/user/";
	CLEANUP(url_host_clear) struct url_host u = {0};

	if (starts_with(host, "ssh://") || starts_with(host, user))
		return true;
	url_host_parse(host, &u);
	return u.scheme && strcmp(u.scheme, "tcp") == 0 && *u.host &&
	       !listening_is_loopback(u.host) && strcmp(u.host, "0.0.0.0") != 0 &&
	       strcmp(u.host, "::") != 0;
}
