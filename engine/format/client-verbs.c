#include "engine/format/client-verbs.h"

#include <stddef.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"

/* What a group does otherwise with a verb stands before that verb. */
static const struct client_verb verbs[] = {
	/* buildx starts a builder to inspect it, and its history is a group of commands */
	{"buildx", "history", CUT_WORK, VERB_SPARES},
	{"buildx", "inspect", CUT_WORK, VERB_SPARES},
	/* it may end the project */
	{"compose", "wait", CUT_WORK, VERB_MAY_END},
	/* the files of a client's contexts are its own; dockerd is not asked */
	{"context", NULL, CUT_NOTHING, VERB_SPARES},
	/* an update has the tasks of a service made anew, and its names are no containers' */
	{"service", "create", CUT_WORK, VERB_MAY_END},
	{"service", "rm", CUT_WORK, VERB_MAY_END},
	{"service", "update", CUT_WORK, VERB_MAY_END},

	/* what a shell asks for to complete a word, and docker its plugins for to list them */
	{NULL, "__complete", CUT_NOTHING, VERB_SPARES},
	{NULL, "__completeNoDesc", CUT_NOTHING, VERB_SPARES},
	{NULL, "docker-cli-plugin-hooks", CUT_NOTHING, VERB_SPARES},
	{NULL, "docker-cli-plugin-metadata", CUT_NOTHING, VERB_SPARES},

	{NULL, "config", CUT_NOTHING, VERB_SPARES},
	{NULL, "context", CUT_NOTHING, VERB_SPARES},
	{NULL, "df", CUT_NOTHING, VERB_SPARES},
	{NULL, "diff", CUT_NOTHING, VERB_SPARES},
	{NULL, "du", CUT_NOTHING, VERB_SPARES},
	{NULL, "help", CUT_NOTHING, VERB_SPARES},
	{NULL, "history", CUT_NOTHING, VERB_SPARES},
	{NULL, "images", CUT_NOTHING, VERB_SPARES},
	{NULL, "info", CUT_NOTHING, VERB_SPARES},
	{NULL, "inspect", CUT_NOTHING, VERB_SPARES},
	{NULL, "list", CUT_NOTHING, VERB_SPARES},
	{NULL, "login", CUT_NOTHING, VERB_SPARES},
	{NULL, "logout", CUT_NOTHING, VERB_SPARES},
	{NULL, "ls", CUT_NOTHING, VERB_SPARES},
	{NULL, "port", CUT_NOTHING, VERB_SPARES},
	{NULL, "ps", CUT_NOTHING, VERB_SPARES},
	{NULL, "search", CUT_NOTHING, VERB_SPARES},
	{NULL, "top", CUT_NOTHING, VERB_SPARES},
	{NULL, "version", CUT_NOTHING, VERB_SPARES},
	{NULL, "volumes", CUT_NOTHING, VERB_SPARES},

	{NULL, "events", CUT_OUTPUT, VERB_SPARES},
	{NULL, "logs", CUT_OUTPUT, VERB_SPARES},
	{NULL, "stats", CUT_OUTPUT, VERB_SPARES},
	{NULL, "wait", CUT_OUTPUT, VERB_SPARES},

	/* it passes on what its terminal and its signals say */
	{NULL, "attach", CUT_WORK, VERB_NAMES},
	{NULL, "bake", CUT_WORK, VERB_SPARES},
	{NULL, "build", CUT_WORK, VERB_SPARES},
	{NULL, "commit", CUT_WORK, VERB_MAY_END},
	{NULL, "connect", CUT_WORK, VERB_MAY_END},
	{NULL, "cp", CUT_WORK, VERB_SPARES},
	{NULL, "create", CUT_WORK, VERB_MAKES},
	{NULL, "deploy", CUT_WORK, VERB_MAY_END},
	{NULL, "disconnect", CUT_WORK, VERB_MAY_END},
	{NULL, "down", CUT_WORK, VERB_MAY_END},
	{NULL, "exec", CUT_WORK, VERB_MAY_END},
	{NULL, "export", CUT_WORK, VERB_SPARES},
	{NULL, "imagetools", CUT_WORK, VERB_SPARES},
	{NULL, "import", CUT_WORK, VERB_SPARES},
	{NULL, "kill", CUT_WORK, VERB_NAMES},
	{NULL, "load", CUT_WORK, VERB_SPARES},
	{NULL, "manifest", CUT_WORK, VERB_SPARES},
	{NULL, "pause", CUT_WORK, VERB_MAY_END},
	{NULL, "prune", CUT_WORK, VERB_SPARES},
	{NULL, "pull", CUT_WORK, VERB_SPARES},
	{NULL, "push", CUT_WORK, VERB_SPARES},
	{NULL, "remove", CUT_WORK, VERB_NAMES},
	{NULL, "rename", CUT_WORK, VERB_SPARES},
	{NULL, "restart", CUT_WORK, VERB_NAMES},
	{NULL, "rm", CUT_WORK, VERB_NAMES},
	{NULL, "rmi", CUT_WORK, VERB_MAY_END},
	{NULL, "rollback", CUT_WORK, VERB_MAY_END},
	{NULL, "run", CUT_WORK, VERB_MAKES},
	{NULL, "save", CUT_WORK, VERB_SPARES},
	{NULL, "scale", CUT_WORK, VERB_MAY_END},
	{NULL, "start", CUT_WORK, VERB_NAMES},
	{NULL, "stop", CUT_WORK, VERB_NAMES},
	{NULL, "swap", CUT_WORK, VERB_MAY_END},
	{NULL, "tag", CUT_WORK, VERB_SPARES},
	{NULL, "trust", CUT_WORK, VERB_SPARES},
	{NULL, "unpause", CUT_WORK, VERB_SPARES},
	{NULL, "up", CUT_WORK, VERB_MAY_END},
	{NULL, "update", CUT_WORK, VERB_SPARES},
	{NULL, "watch", CUT_WORK, VERB_MAY_END},
};

static const struct client_verb *find(const char *group, const char *name)
{
	static const struct client_verb unknown = {.cut = CUT_WORK, .does = VERB_MAY_END};

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if ((!verbs[i].group || strcmp_null(verbs[i].group, group) == 0) &&
		    (!verbs[i].name || strcmp(verbs[i].name, name) == 0))
			return &verbs[i];
	return &unknown;
}

/* "docker buildx imagetools inspect": the group is the word before the verb. */
const struct client_verb *client_verb_of(const char *command)
{
	CLEANUP(strv_clear) struct strv words = {0};
	size_t n;

	strv_split(&words, command, " ");
	n = words.count;
	return find(n > 2 ? words.items[n - 2] : NULL, n > 1 ? words.items[n - 1] : "");
}

bool is_client_verb(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (verbs[i].name && strcmp(verbs[i].name, word) == 0)
			return true;
	return false;
}
