#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/clients.h"

/* What a client that is cut off leaves half done. */

/* A container takes no notice of these, or what they do for it is theirs alone. */
static const char *const apart[] = {"attach", "bake",   "build", "cp",   "events", "exec",
				    "export", "import", "load",  "logs", "pull",   "push",
				    "run",    "save",   "stats", "wait"};

/* dockerd takes the first characters of an id for it; a word of few is rather a name. */
static bool is_named_by(const struct container *c, const char *word)
{
	return strcmp_null(c->name, word) == 0 ||
	       (strlen(word) >= 4 && c->id && starts_with(c->id, word));
}

static bool concerns(const struct client *c, const struct container *one)
{
	if (c->command.project && strstr(c->command.verb, " compose "))
		return strcmp_null(one->tenant, c->command.project) == 0;
	for (size_t i = c->command.behind; i < c->args.count; i++)
		if (is_named_by(one, c->args.items[i]))
			return true;
	return false;
}

static char *outcome_text(const char *verb, const char *names)
{
	static const char *const starting[] = {"restart", "scale", "start", "swap", "up"};

	if (strcmp(verb, "commit") == 0) /* dockerd pauses it for that, and forgets that it did */
		return xasprintf(", and %s may stay paused, until 'docker unpause'", names);
	if (is_among(verb, starting, ARRAY_SIZE(starting)))
		return xasprintf(", and %s may stay down", names);
	return xasprintf(", and what it does with %s may stay half done", names);
}

bool client_leaves_apart(const struct client *c)
{
	const char *last = strrchr(c->command.verb, ' ');

	return last && is_among(last + 1, apart, ARRAY_SIZE(apart));
}

char *client_outcome(const struct gather *g, const struct client *c)
{
	const struct container_list *l = &g->facts->docker.containers;
	const char *last = strrchr(c->command.verb, ' '), *verb = last ? last + 1 : "";
	CLEANUP(strv_clear) struct strv named = {0};
	CLEANUP(freep) char *names = NULL;

	if (client_leaves_apart(c) || c->whose == WHOSE_PROXIED)
		return xstrdup("");
	if (strcmp(verb, "dial-stdio") == 0)
		return xstrdup(", and what another host asks for through it");
	for (size_t i = 0; i < l->nseen; i++)
		if (concerns(c, &l->seen[i]))
			strv_add_once(&named, container_label(&l->seen[i]));
	names = strv_join(&named, ", ");
	return named.count > 0 ? outcome_text(verb, names) : xstrdup("");
}
