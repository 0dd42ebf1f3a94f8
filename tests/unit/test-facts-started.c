/* Which containers the start of dockerd starts, by itself: of the data root that it comes to. */

#include "tests/test.h"

#include <string.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/plan/objections.h"
#include "tests/unit/temp-directory.h"

#define BASE "/var/lib/docker"
#define REMAPPED BASE "/100000.100000"

static void make_directories(const struct temp_directory *t, const char *path)
{
	CLEANUP(freep) char *copy = xstrdup(path + 1);

	for (char *p = strchr(copy, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdirat(t->fd, copy, 0755);
		*p = '/';
	}
	mkdirat(t->fd, copy, 0755);
}

static void put_container(const struct temp_directory *t, const char *root, const char *state,
			  const char *policy)
{
	CLEANUP(freep) char *directory = xasprintf("%s/containers/c1", root);
	CLEANUP(freep) char *config = xasprintf("%s/config.v2.json", &directory[1]);
	CLEANUP(freep) char *host = xasprintf("%s/hostconfig.json", &directory[1]);
	CLEANUP(freep)
	char *config_text =
		xasprintf("{\"ID\": \"c1\", \"Name\": \"/cron\", \"Config\": {}, %s}", state);
	CLEANUP(freep) char *host_text = xasprintf("{\"RestartPolicy\": %s}", policy);

	make_directories(t, directory);
	temp_directory_write(t, config, config_text);
	temp_directory_write(t, host, host_text);
}

static void gather(const struct temp_directory *t, struct facts *f, const char *data_root)
{
	struct gather g = {.facts = f, .root = &t->root};

	f->docker.data_root = xstrdup(data_root);
	f->docker.containers.known = true;
	gather_started(&g);
}

#define ALWAYS "{\"Name\": \"always\", \"MaximumRetryCount\": 0}"
#define UNLESS "{\"Name\": \"unless-stopped\", \"MaximumRetryCount\": 0}"
#define FAILURE "{\"Name\": \"on-failure\", \"MaximumRetryCount\": 2}"
#define ENDED(code) "\"State\": {\"Running\": false, \"ExitCode\": " code "}"
#define BEGAN ", \"HasBeenStartedBefore\": true"
#define BY_HAND BEGAN ", \"HasBeenManuallyStopped\": true"

static const struct {
	const char *state, *policy;
	bool starts;
} rows[] = {
	{ENDED("137") BY_HAND, ALWAYS, true},
	{ENDED("0") ", \"HasBeenStartedBefore\": false", ALWAYS, false},
	{ENDED("0") BY_HAND, UNLESS, false},
	{ENDED("0") BEGAN, UNLESS, true},
	{ENDED("1") BEGAN ", \"RestartCount\": 1", FAILURE, true},
	{ENDED("1") BEGAN ", \"RestartCount\": 2", FAILURE, false},
	{ENDED("0") BEGAN, FAILURE, false},
	{ENDED("0") BEGAN, "{\"Name\": \"no\"}", false},
	/* it ran when dockerd went elsewhere */
	{"\"State\": {\"Running\": true, \"ExitCode\": 0}" BEGAN, FAILURE, true},
	/* what cannot be read may be started */
	{"\"State\": ", ALWAYS, true},
};

/* dockerd of remapped users comes back to what is in the data root above it, and the other way round. */
static void test_elsewhere(void **state)
{
	static const char *const places[][2] = {{BASE, REMAPPED}, {REMAPPED, BASE}};
	const struct temp_directory *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t k = 0; k < ARRAY_SIZE(places); k++) {
			CLEANUP(facts_clear) struct facts f = {0};
			struct docker_facts *d = &f.docker;

			make_directories(t, REMAPPED "/containers");
			put_container(t, places[k][0], rows[i].state, rows[i].policy);
			put_container(t, places[k][1], ENDED("0"), "{\"Name\": \"no\"}");
			gather(t, &f, places[k][1]);
			assert_int_equal(d->root_remapped, k == 0);
			assert_int_equal(d->starts.count, 0);
			if (d->starts_elsewhere.count != rows[i].starts)
				fail_msg("row %zu at %s", i, places[k][0]);
		}
}

static void list_stopped(struct facts *f)
{
	struct container *c = container_list_add(&f->docker.containers);

	c->id = xstrdup("c2");
	c->name = xstrdup("db");
	c->state = xstrdup("exited");
	c->restart_policy = xstrdup("always");
}

static bool says(const struct objections *found, const char *words)
{
	for (size_t i = 0; i < found->count; i++)
		if (strstr(found->items[i].text, words))
			return true;
	return false;
}

/* What is said of a restart: of the containers that dockerd comes to, and of no others. */
static void test_deed(void **state)
{
	static const struct {
		const char *root; /* of now */
		const char *key, *after; /* of the effect; NULL: the default */
		const char *pending;
		bool here, elsewhere;
	} deeds[] = {
		{BASE, "log-level", "\"warn\"", NULL, true, false},
		{BASE, "userns-remap", "\"default\"", NULL, false, true},
		{REMAPPED, "userns-remap", NULL, NULL, false, true},
		{REMAPPED, "userns-remap", "\"\"", NULL, false, true},
		{REMAPPED, "userns-remap", "\"other\"", NULL, true, true},
		/* it was written, and never in force: dockerd stays where it is */
		{BASE, "userns-remap", NULL, NULL, true, true},
		{BASE, "userns-remap", "\"default\"", "it waits", true, false},
	};
	const struct temp_directory *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(deeds); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(objections_clear) struct objections found = {0};
		CLEANUP(effects_clear) struct effects effects = {0};
		CLEANUP(deed_clear) struct deed deed = {.handlers = HANDLERS_RESTART};
		bool base = strcmp(deeds[i].root, BASE) == 0;
		struct effect *e =
			effects_add(&effects, "a", HANDLER_DOCKER_RESTART,
				    subject_of(SCHEME_DOCKER, deeds[i].key), NULL, deeds[i].after);

		e->pending = xstrdup_null(deeds[i].pending);
		put_container(t, base ? REMAPPED : BASE, ENDED("137") BY_HAND, ALWAYS);
		list_stopped(&f);
		gather(t, &f, deeds[i].root);
		deed_take_effect(&deed, &f, e);
		objections_find(&f, &deed, &found);
		if (says(&found, "container db, which does not run now") != deeds[i].here ||
		    says(&found, "container cron of the data root") != deeds[i].elsewhere)
			fail_msg("deed %zu", i);
		put_container(t, base ? REMAPPED : BASE, ENDED("0"), "{\"Name\": \"no\"}");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_elsewhere),
		TEMP_DIRECTORY_TEST(test_deed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
