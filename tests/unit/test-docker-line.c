/* dockerd's arguments in a stage of a plan are those of a host that has its files as the stage has them. */

#include "tests/unit/temp-directory.h"

#include "engine/effect/docker-line.h"
#include "engine/facts/gather.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/subject-key.h"

#define UNIT "/usr/lib/systemd/system/docker.service"
#define DEFAULTS "/etc/default/docker"
#define DROPIN "/etc/systemd/system/docker.service.d/zz-harden.conf"
#define OTHER "/etc/systemd/system/docker.service.d/a.conf"
#define EXEC "[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd "

#define NAMED(prefix, name) "[Service]\nExecStart=\nExecStart=" prefix "/usr/sbin/dockerd " name " "

static void write_file(const struct temp_directory *t, const char *path, const char *text)
{
	if (text)
		temp_directory_write(t, path + 1, text);
	else if (unlinkat(t->fd, path + 1, 0) < 0)
		assert_int_equal(errno, ENOENT);
}

static void make_host(const struct temp_directory *t)
{
	static const char *const directories[] = {"etc",
						  "etc/default",
						  "etc/systemd",
						  "etc/systemd/system",
						  "etc/systemd/system/docker.service.d",
						  "usr",
						  "usr/lib",
						  "usr/lib/systemd",
						  "usr/lib/systemd/system"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdirat(t->fd, directories[i], 0755), 0);
}

static void put_image(struct image *image, const char *text)
{
	image->node.kind = text ? NODE_FILE : NODE_ABSENT;
	image->has_content = text != NULL;
	buf_puts(&image->content, text ? text : "");
}

static void plan_change(struct plan *plan, const char *path, struct subject subject,
			const char *before, const char *after)
{
	struct change *c = plan_add_change(plan, path);
	struct edit *e = array_append(&c->edits.items, &c->edits.count, sizeof(*e));

	e->path = xstrdup(path);
	e->control = xstrdup("a");
	e->subject = subject_copy(subject);
	c->images = xcalloc(2, sizeof(*c->images));
	c->nimages = 2;
	put_image(&c->images[0], before);
	put_image(&c->images[1], after);
}

/* "KEY VALUE" of each, sorted. */
static char *settings_text(const struct strv *keys, const struct strv *values)
{
	CLEANUP(strv_clear) struct strv all = {0};

	for (size_t i = 0; i < keys->count; i++)
		strv_addf(&all, "%s %s", keys->items[i], values->items[i]);
	strv_sort(&all);
	return strv_join(&all, "\n");
}

static char *settings_of_host(const struct temp_directory *t, struct facts *f)
{
	CLEANUP(strv_clear) struct strv keys = {0}, values = {0};

	assert_int_equal(facts_gather(f, &t->root, NULL, 0, NULL), 0);
	for (size_t i = 0; i < f->docker.next.count; i++) {
		const struct setting *s = &f->docker.next.items[i];

		if (s->source != SOURCE_FLAG)
			continue;
		strv_add(&keys, s->key);
		strv_add(&values, s->value);
	}
	return settings_text(&keys, &values);
}

static const struct {
	const char *unit, *defaults, *dropin, *other; /* NULL: not there */
	const char *path, *after; /* of the change; NULL: it goes */
	const char *stray; /* a word that is no flag, and has to be tried */
} rows[] = {
	{EXEC "-H fd:// --icc=true $OPTS", "OPTS=-D\n", NULL, NULL, DROPIN,
	 EXEC "-H fd:// --icc=false $OPTS\n", NULL},
	{EXEC "-H fd:// $OPTS", "OPTS=\"-Dl debug --icc\"\n", NULL, NULL, DEFAULTS,
	 "OPTS=\"--debug=false debug --icc\"\n", "debug"},
	{EXEC "-Dl warn -H fd://", NULL, NULL, NULL, DROPIN, EXEC "--debug=false warn -H fd://\n",
	 "warn"},
	{EXEC "-H fd:// $OPTS --log-level=${LEVEL}",
	 "OPTS='--icc=true --label \"a b\"'\nLEVEL=warn\n", NULL, NULL, DEFAULTS,
	 "OPTS='--icc=false --label \"a b\"'\nLEVEL=warn\n", NULL},
	{EXEC "-H fd:// --log-level=${LEVEL} --icc=true", "LEVEL=warn\n", NULL, NULL, DROPIN,
	 EXEC "-H fd:// --log-level=${LEVEL} --icc=false\n", NULL},
	{EXEC "-H fd:// --label $OPTS -D", "OPTS=-l\n", NULL, NULL, DROPIN,
	 EXEC "-H fd:// --label $OPTS --debug=false\n", NULL},
	{EXEC "-H fd:// $OPTS", NULL, NULL, "[Service]\nEnvironment=OPTS=--icc=true A=b\n", OTHER,
	 "[Service]\nEnvironment=\"OPTS=--icc=false -D\" A=b\n", NULL},
	/* the way back: a drop-in goes, a variable gets its flags again */
	{EXEC "-H fd:// --icc=true", NULL, EXEC "-H fd:// --icc=false\n", NULL, DROPIN, NULL, NULL},
	{EXEC "-H fd://", NULL, EXEC "-H fd:// --icc=false\n", EXEC "-H fd:// -l warn\n", DROPIN,
	 NULL, NULL},
	{EXEC "-H fd:// $OPTS", "OPTS=\n", NULL, NULL, DEFAULTS, "OPTS=--icc=true\n", NULL},
	{EXEC "-H fd:// ${OPTS} -D", "OPTS=--icc=true\n", NULL, NULL, DEFAULTS,
	 "OPTS=--icc=false\n", NULL},
	/* a drop-in that another one overrules, one that others have no say in */
	{EXEC "-H fd://", NULL, EXEC "-H fd:// --icc=true\n", EXEC "-D\n", OTHER, EXEC "-l warn\n",
	 NULL},
	/* the name that dockerd is given as its own is no argument, whatever it looks like */
	{NAMED("@", "dockerd") "-H fd:// --icc=true", NULL, NULL, NULL, DROPIN,
	 NAMED("@", "dockerd") "-H fd:// --icc=false\n", NULL},
	{NAMED("-@", "--icc") "-D -l warn", NULL, NULL, NULL, DROPIN,
	 NAMED("-@", "--icc") "--debug=false -l warn\n", NULL},
	{NAMED("@", "dockerd") "-H fd:// --icc=true", NULL, NULL, NULL, DROPIN,
	 EXEC "-H fd:// --icc=false stray\n", "stray"},
	{EXEC "--label=100%%%% -H fd://", NULL, NULL, NULL, DROPIN,
	 EXEC "--label=100%%%% --label=$$x -H fd://\n", NULL},
};

static void test_as_the_host_would_be(void **state)
{
	const struct temp_directory *t = *state;

	make_host(t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *unit = xasprintf("%s\nEnvironmentFile=-" DEFAULTS "\n", rows[i].unit);
		CLEANUP(strv_clear) struct strv words = {0}, keys = {0}, values = {0};
		CLEANUP(facts_clear) struct facts before = {0}, after = {0};
		CLEANUP(freep) char *was = NULL, *want = NULL, *have = NULL;
		CLEANUP(plan_clear) struct plan plan = {0};
		bool exec = rows[i].after ? strstr(rows[i].after, "ExecStart") != NULL : true;
		struct subject subject =
			strcmp(rows[i].path, DEFAULTS) == 0
				? subject_of(SCHEME_KV, "OPTS")
				: subject_of(SCHEME_UNIT,
					     exec ? "Service/ExecStart" : "Service/Environment");
		const char *now = strcmp(rows[i].path, DEFAULTS) == 0 ? rows[i].defaults
				  : strcmp(rows[i].path, DROPIN) == 0 ? rows[i].dropin
								      : rows[i].other;

		write_file(t, UNIT, unit);
		write_file(t, DEFAULTS, rows[i].defaults);
		write_file(t, DROPIN, rows[i].dropin);
		write_file(t, OTHER, rows[i].other);
		was = settings_of_host(t, &before);
		plan_change(&plan, rows[i].path, subject, now, rows[i].after);
		assert_true(docker_line_changes(&before, &plan));
		assert_int_equal(docker_line(&t->root, &before, &plan, 1, &words, NULL), 0);
		daemon_flags_parse(&words, &keys, &values, NULL);
		have = settings_text(&keys, &values);
		write_file(t, rows[i].path, rows[i].after);
		want = settings_of_host(t, &after);
		if (strcmp(have, want) != 0)
			fail_msg("row %zu: '%s', not '%s'", i, have, want);
		for (size_t k = 0; k < words.count; k++)
			if (strcmp(words.items[k], "dockerd") == 0)
				fail_msg("row %zu: its name is an argument", i);
		if (rows[i].stray && !strv_contains(&words, rows[i].stray))
			fail_msg("row %zu: '%s' is left out", i, rows[i].stray);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_as_the_host_would_be),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
