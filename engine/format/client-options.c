#include "engine/format/client-command-impl.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

enum takes {
	TAKES_NOTHING,
	TAKES_VALUE,
	TAKES_PLACE,
	TAKES_HOST,
	TAKES_CONTEXT,
	TAKES_CONFIG,
	TAKES_PROJECT,
};

/* Of docker, compose (the first one, too) and buildx: no letter is another's there. */
static const struct option {
	const char *name;
	char letter; /* 0: none */
	enum takes takes;
} options[] = {
	{"config", 0, TAKES_CONFIG},
	{"context", 'c', TAKES_CONTEXT},
	{"debug", 'D', TAKES_NOTHING},
	{"help", 'h', TAKES_NOTHING},
	{"host", 'H', TAKES_HOST},
	{"log-level", 'l', TAKES_VALUE},
	{"tls", 0, TAKES_NOTHING},
	{"tlscacert", 0, TAKES_VALUE},
	{"tlscert", 0, TAKES_VALUE},
	{"tlskey", 0, TAKES_VALUE},
	{"tlsverify", 0, TAKES_NOTHING},
	{"version", 'v', TAKES_NOTHING},
	/* compose */
	{"all-resources", 0, TAKES_NOTHING},
	{"ansi", 0, TAKES_VALUE},
	{"compatibility", 0, TAKES_NOTHING},
	{"dry-run", 0, TAKES_NOTHING},
	{"env-file", 0, TAKES_VALUE},
	{"file", 'f', TAKES_PLACE},
	{"no-ansi", 0, TAKES_NOTHING},
	{"parallel", 0, TAKES_VALUE},
	{"profile", 0, TAKES_VALUE},
	{"progress", 0, TAKES_VALUE},
	{"project-directory", 0, TAKES_PLACE},
	{"project-name", 'p', TAKES_PROJECT},
	{"skip-hostname-check", 0, TAKES_NOTHING},
	{"verbose", 0, TAKES_NOTHING},
	{"workdir", 0, TAKES_PLACE},
	/* buildx */
	{"builder", 0, TAKES_VALUE},
};

static const struct option *option_called(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strlen(options[i].name) == n && strncmp(options[i].name, name, n) == 0)
			return &options[i];
	return NULL;
}

static const struct option *option_of(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

static void take(const struct option *o, const char *value, struct client_command *ret)
{
	char **const places[] = {
		[TAKES_HOST] = &ret->host,
		[TAKES_CONTEXT] = &ret->context,
		[TAKES_CONFIG] = &ret->config,
		[TAKES_PROJECT] = &ret->project,
	};

	if (o->takes == TAKES_PLACE)
		strv_add(&ret->places, value);
	else if (o->takes != TAKES_VALUE)
		str_replace(places[o->takes], value);
}

/* The value is what stands behind it, or the next word. */
static void take_from(const struct option *o, const char *behind, const struct strv *args,
		      size_t *at, struct client_command *ret)
{
	if (behind)
		take(o, behind, ret);
	else if (*at < args->count)
		take(o, args->items[(*at)++], ret);
	else
		ret->unclear = true;
}

/* "name", "name=VALUE", "name VALUE" */
static void take_long(const char *word, const struct strv *args, size_t *at,
		      struct client_command *ret)
{
	const char *equals = strchr(word, '=');
	const struct option *o =
		option_called(word, equals ? (size_t)(equals - word) : strlen(word));

	if (!o)
		ret->unclear = true;
	else if (o->takes != TAKES_NOTHING)
		take_from(o, equals ? equals + 1 : NULL, args, at, ret);
}

/* "D", "DH VALUE", "HVALUE", "H=VALUE" */
static void take_short(const char *letters, const struct strv *args, size_t *at,
		       struct client_command *ret)
{
	for (const char *l = letters; *l; l++) {
		const struct option *o = option_of(*l);
		bool assigned = l[1] == '=' && l[2];

		if (!o) {
			ret->unclear = true;
			return;
		}
		if (o->takes != TAKES_NOTHING) {
			take_from(o, !l[1] ? NULL : l + (assigned ? 2 : 1), args, at, ret);
			return;
		}
		if (assigned)
			return;
	}
}

const char *client_next_word(const struct strv *args, size_t *at, bool (*is_verb)(const char *word),
			     struct client_command *ret)
{
	while (*at < args->count) {
		const char *word = args->items[(*at)++];

		if (strcmp(word, "--") == 0)
			ret->unclear = true;
		else if (starts_with(word, "--"))
			take_long(word + 2, args, at, ret);
		else if (word[0] == '-' && word[1])
			take_short(word + 1, args, at, ret);
		else if (!ret->unclear || is_verb(word))
			return word;
	}
	return NULL;
}
