#include "engine/format/unit-commands.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/client-command.h"
#include "engine/format/client-verbs.h"
#include "engine/format/shell-split.h"

/* They end no container, whatever they are told. */
static const char *const harmless[] = {
	":",     "[",        "basename", "break", "cat",     "cd",     "chgrp",
	"chmod", "chown",    "continue", "cp",    "cut",     "date",   "dirname",
	"done",  "echo",     "esac",     "exit",  "export",  "false",  "fi",
	"grep",  "head",     "hostname", "id",    "install", "ip",     "ip6tables",
	"kill",  "ln",       "logger",   "ls",    "mkdir",   "mktemp", "modprobe",
	"mount", "mv",       "printf",   "read",  "return",  "rm",     "rmdir",
	"set",   "sleep",    "sort",     "stat",  "sync",    "sysctl", "systemd-notify",
	"tail",  "test",     "touch",    "tr",    "true",    "umask",  "umount",
	"uname", "iptables", "wait",
};

static const char *const shells[] = {"sh", "bash", "dash", "ash", "ksh", "zsh"};

void unit_commands_clear(struct unit_commands *c)
{
	strv_clear(&c->names);
	strv_clear(&c->projects);
	strv_clear(&c->places);
	strv_clear(&c->unclear);
	c->composes = c->here = false;
}

/* A path that a word is, or that stands behind its "="; of others nothing. */
static void take_place(const char *word, const char *directory, bool is_path, struct strv *ret)
{
	const char *equals = word[0] == '-' ? strchr(word, '=') : NULL;
	CLEANUP(freep) char *path = NULL;

	word = equals ? equals + 1 : word;
	if (word[0] == '/')
		path = xstrdup(word);
	else if (is_path && directory)
		path = xasprintf("%s/%s", directory, starts_with(word, "./") ? word + 2 : word);
	if (path)
		strv_add_once(ret, path);
}

/* Only a shell or systemd knows what a variable stands for. */
static void take_value(const char *value, const char *verb, struct strv *ret, struct strv *unclear)
{
	strv_add_once(strchr(value, '$') ? unclear : ret, strchr(value, '$') ? verb : value);
}

/* "--name web", "--name=web"; a container without a name may be any. */
static void take_made(const struct strv *args, const char *verb, struct unit_commands *ret)
{
	static const char option[] = "--name";
	size_t n = strlen(option);

	for (size_t i = 0; i < args->count; i++) {
		const char *word = args->items[i];

		if (strncmp(word, option, n) != 0)
			continue;
		if (word[n] == '=')
			take_value(word + n + 1, verb, &ret->names, &ret->unclear);
		else if (!word[n] && i + 1 < args->count)
			take_value(args->items[i + 1], verb, &ret->names, &ret->unclear);
		else
			continue;
		return;
	}
	strv_add_once(&ret->unclear, verb);
}

static void take_named(const struct strv *args, size_t from, const char *verb,
		       struct unit_commands *ret)
{
	for (size_t i = from; i < args->count; i++)
		if (args->items[i][0] != '-')
			take_value(args->items[i], verb, &ret->names, &ret->unclear);
}

static void take_project(const struct client_command *c, const char *directory,
			 struct unit_commands *ret)
{
	for (size_t i = 0; i < c->places.count; i++)
		take_place(c->places.items[i], directory, true, &ret->places);
	if (c->project)
		take_value(c->project, c->verb, &ret->projects, &ret->unclear);
	else
		ret->composes = true;
	ret->here |= !c->project && c->places.count == 0;
}

/* Whether what it asks for is about no container: one group of verbs is, and its rm is one of its own. */
static bool is_beside_containers(const char *command, const char *verb)
{
	static const char *const beside[] = {"builder", "buildx",  "config", "context",
					     "image",   "network", "secret", "volume"};
	CLEANUP(strv_clear) struct strv words = {0};

	strv_split(&words, command, " ");
	return words.count == 3 && is_among(words.items[1], beside, ARRAY_SIZE(beside)) &&
	       strcmp(verb, "connect") != 0 && strcmp(verb, "disconnect") != 0;
}

static void take_client(const struct strv *args, const char *directory, struct unit_commands *ret)
{
	CLEANUP(client_command_clear) struct client_command c = {0};
	size_t from = client_command_read(args, &c);
	const char *verb = c.verb ? strrchr(c.verb, ' ') + 1 : "";
	enum verb_does does;

	if (c.unclear) {
		strv_add_once(&ret->unclear, args->items[0]);
		return;
	}
	if (!c.verb || (c.host && client_host_is_elsewhere(c.host)) ||
	    is_beside_containers(c.verb, verb))
		return;
	does = client_verb_of(c.verb)->does;
	if (does == VERB_SPARES)
		return;
	if (strstr(c.verb, " compose "))
		take_project(&c, directory, ret);
	else if (does == VERB_MAKES)
		take_made(args, c.verb, ret);
	else if (does == VERB_NAMES)
		take_named(args, from, c.verb, ret);
	else
		strv_add_once(&ret->unclear, c.verb);
}

static void take_command(const struct strv *command, const char *directory,
			 struct unit_commands *ret);

void unit_commands_take_script(const char *text, const char *directory, struct unit_commands *ret)
{
	CLEANUP(shell_commands_clear) struct shell_commands all = {0};

	shell_split(text, &all);
	for (size_t i = 0; i < all.count; i++)
		take_command(&all.items[i], directory, ret);
}

/* `sh -ec TEXT`; with anything else it reads a script. */
static void take_shell(const struct strv *args, const char *directory, struct unit_commands *ret)
{
	for (size_t i = 1; i < args->count; i++) {
		const char *word = args->items[i];

		if (word[0] == '-' && word[1] != '-' && strchr(word, 'c') && i + 1 < args->count)
			return unit_commands_take_script(args->items[i + 1], directory, ret);
		if (word[0] != '-') {
			strv_add_once(&ret->unclear, word);
			return;
		}
	}
	strv_add_once(&ret->unclear, args->items[0]);
}

static void take_command(const struct strv *command, const char *directory,
			 struct unit_commands *ret)
{
	CLEANUP(strv_clear) struct strv args = {0};
	const char *name = shell_program_name(command);

	for (size_t i = shell_program(command); i < command->count; i++) {
		strv_add(&args, command->items[i]);
		take_place(command->items[i], directory, false, &ret->places);
	}
	if (args.count == 0)
		return;
	if (is_among(name, shells, ARRAY_SIZE(shells)))
		take_shell(&args, directory, ret);
	else if (is_client_program(name))
		take_client(&args, directory, ret);
	else if (!is_among(name, harmless, ARRAY_SIZE(harmless)))
		strv_add_once(&ret->unclear, args.items[0]);
}

void unit_commands_take(const struct strv *words, const char *directory, struct unit_commands *ret)
{
	CLEANUP(strv_clear) struct strv command = {0};

	for (size_t i = 0; i <= words->count; i++) {
		if (i < words->count && strcmp(words->items[i], ";") != 0) {
			strv_add(&command, words->items[i]);
			continue;
		}
		take_command(&command, directory, ret);
		strv_clear(&command);
	}
}
