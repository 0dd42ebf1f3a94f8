#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "rollback/left-roots.h"
#include "tests/unit/temp-directory.h"

static void make(struct temp_directory *t, const char *path)
{
	assert_int_equal(mkdirat(t->fd, path, 0755), 0);
}

static void make_host(struct temp_directory *t)
{
	make(t, "var");
	make(t, "var/lib");
	make(t, "var/lib/docker");
	make(t, "etc");
}

/* Of all that is in a data root only what is called as those are, and that dockerd does not use. */
static void test_left(void **state)
{
	static const struct {
		const char *used, *left;
	} rows[] = {
		{"/var/lib/docker", "'/var/lib/docker/100000.100000' stays (about "},
		{"/var/lib/docker/231072.231072", "'/var/lib/docker/100000.100000' stays (about "},
		{"/var/lib/docker/100000.100000", NULL},
		{"/var/lib/other", NULL},
		{NULL, NULL},
	};
	struct temp_directory *t = *state;

	make_host(t);
	make(t, "var/lib/docker/100000.100000");
	make(t, "var/lib/docker/overlay2");
	make(t, "var/lib/docker/1.x");
	temp_directory_write(t, "var/lib/docker/100000.100000/image", "1234");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv told = {0};

		left_roots(&t->root, rows[i].used, &told);
		if (told.count != !!rows[i].left ||
		    (rows[i].left &&
		     (!starts_with(told.items[0], rows[i].left) ||
		      !strstr(told.items[0], "'rm -r /var/lib/docker/100000.100000'"))))
			fail_msg("row %zu: %s", i, told.count ? told.items[0] : "-");
	}
}

static void take_effect(struct plan *p, const char *before, const char *after)
{
	p->stages = xcalloc(1, sizeof(*p->stages));
	p->nstages = 1;
	effects_add(&p->stages[0].effects, "daemon.userns-remap", HANDLER_DOCKER_RESTART,
		    subject_of(SCHEME_DOCKER, "userns-remap"), before, after);
}

/* What is noted already is not noted again, whatever its size was then. */
static void test_once(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(strv_clear) struct strv told = {0};

	make_host(t);
	make(t, "var/lib/docker/100000.100000");
	strv_add(&told, "'/var/lib/docker/100000.100000' stays (about 9 MiB): dockerd made it");
	left_roots(&t->root, "/var/lib/docker", &told);
	assert_int_equal(told.count, 1);
	make(t, "var/lib/docker/100000.1");
	left_roots(&t->root, "/var/lib/docker", &told);
	assert_int_equal(told.count, 2);
}

/* Where it would be, by the account's ranges; the directory is there for 231072 alone. */
static void test_expected(void **state)
{
	static const struct {
		const char *subuid, *before, *after, *used, *expected;
	} rows[] = {
		{"dockremap:100000:65536\n", NULL, "\"default\"", "/var/lib/docker",
		 "/var/lib/docker/100000.100000 (not there yet)"},
		{"a:1:1\ndockremap:231072:65536\n", "\"\"", "\"dockremap\"", "/var/lib/docker",
		 "/var/lib/docker/231072.231072 (about "},
		{"ann:231072:65536\n", NULL, "\"ann:ann\"", "/var/lib/docker",
		 "/var/lib/docker/231072.231072 (about "},
		{"dockremap:1:2\ndockremap:9:2\n", NULL, "\"default\"", "/var/lib/docker",
		 "/var/lib/docker/UID.GID (by the first numbers"},
		{"", NULL, "\"default\"", NULL, "/var/lib/docker/UID.GID (by the first numbers"},
		{"dockremap:100000:65536\n", NULL, "\"default\"", "/srv/d", "/srv/d/100000.100000"},
		{"", NULL, "\"\"", "/var/lib/docker", NULL},
		{"", "\"default\"", NULL, "/var/lib/docker/1.1", NULL},
		{"", "\"ann\"", "\"default\"", "/var/lib/docker/1.1", NULL},
	};
	struct temp_directory *t = *state;

	make_host(t);
	make(t, "var/lib/docker/231072.231072");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan p = {0};

		temp_directory_write(t, "etc/subuid", rows[i].subuid);
		temp_directory_write(t, "etc/subgid", rows[i].subuid);
		take_effect(&p, rows[i].before, rows[i].after);
		f.docker.data_root = xstrdup_null(rows[i].used);
		left_roots_expect(&t->root, &f, &p);
		if (rows[i].expected
			    ? !starts_with(p.remapped_root ? p.remapped_root : "", rows[i].expected)
			    : p.remapped_root != NULL)
			fail_msg("row %zu: %s", i, p.remapped_root ? p.remapped_root : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_left),
		TEMP_DIRECTORY_TEST(test_once),
		TEMP_DIRECTORY_TEST(test_expected),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
