#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "tests/unit/temp-directory.h"

#define ETC "/etc/systemd/system/"
#define LIB "/lib/systemd/system/"
#define USR "/usr/lib/systemd/system/"

/* What systemd has loaded, what is on disk beside the package's unit, and whether that is new to it. */
static const struct row {
	const char *name, *fragment, *dropin; /* loaded; NULL: no drop-in */
	const char *disk; /* NULL: nothing */
	bool unread;
	const char *alias; /* another name of its, that systemd told */
	const char *target; /* what ETC "docker.service" is a link to */
} rows[] = {
	{"as it was loaded", USR "docker.service", NULL, NULL, false},
	{"by the old name of the same directory", LIB "docker.service", NULL, NULL, false},
	{"a first drop-in", LIB "docker.service", NULL, ETC "docker.service.d/a.conf", true},
	{"a first drop-in of the package", LIB "docker.service", NULL,
	 USR "docker.service.d/a.conf", true},
	{"... which is loaded", LIB "docker.service", LIB "docker.service.d/a.conf",
	 USR "docker.service.d/a.conf", false},
	{"one for every service", LIB "docker.service", NULL, ETC "service.d/a.conf", true},
	{"one for every socket", LIB "docker.service", NULL, ETC "socket.d/a.conf", false},
	{"another one", LIB "docker.service", ETC "docker.service.d/a.conf",
	 ETC "docker.service.d/b.conf", true},
	{"hidden by one that systemd made", LIB "docker.service",
	 "/run/systemd/system.control/docker.service.d/a.conf", ETC "docker.service.d/a.conf",
	 false},
	{"no drop-in", LIB "docker.service", NULL, ETC "docker.service.d/README", false},
	{"a unit file that goes before", LIB "docker.service", NULL, ETC "docker.service", true},
	{"... which is loaded", ETC "docker.service", NULL, ETC "docker.service", false},
	{"a drop-in of its other name", ETC "moby.service", NULL, ETC "moby.service.d/a.conf", true,
	 "moby.service", "moby.service"},
	{"... which is loaded", ETC "moby.service", ETC "moby.service.d/a.conf",
	 ETC "moby.service.d/a.conf", false, "moby.service", "moby.service"},
	{"one of the alias", ETC "moby.service", NULL, ETC "docker.service.d/a.conf", true,
	 "moby.service", "moby.service"},
	{"one of a unit that has nothing to do with it", ETC "moby.service", NULL,
	 ETC "mob.service.d/a.conf", false, "moby.service", "moby.service"},
	{"a link that makes it an alias", ETC "docker.service", NULL, ETC "moby.service.d/a.conf",
	 true, NULL, "moby.service"},
	{"a link to a file that is in no directory of units", "/opt/moby.service", NULL,
	 ETC "moby.service.d/a.conf", false, NULL, "/opt/moby.service"},
	{"a transient unit", "/run/systemd/transient/docker.service", NULL, ETC "docker.service",
	 false},
};

static void make(const struct temp_directory *t, const char *path)
{
	CLEANUP(freep) char *copy = xstrdup(path + 1);

	for (char *at = strchr(copy, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdirat(t->fd, copy, 0755);
		*at = '/';
	}
	temp_directory_write(t, path + 1, "");
}

static void test_rows(void **unused)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(facts_clear) struct facts facts = {0};
		struct unit_facts *u = facts_add_unit(&facts, "docker.service");
		void *state = NULL;
		struct temp_directory *t;
		struct gather g = {.facts = &facts};

		assert_int_equal(temp_directory_setup(&state), 0);
		t = state;
		g.root = &t->root;
		make(t, USR "docker.service");
		assert_int_equal(symlinkat("usr/lib", t->fd, "lib"), 0);
		if (row->disk)
			make(t, row->disk);
		if (row->target) {
			make(t, row->target[0] == '/' ? row->target : ETC "moby.service");
			assert_int_equal(symlinkat(row->target, t->fd, &ETC "docker.service"[1]),
					 0);
		}
		if (row->alias)
			strv_add(&u->names, row->alias);
		u->fragment = xstrdup(row->fragment);
		if (row->dropin)
			strv_add(&u->dropins, row->dropin);
		if (unit_has_unread_files(&g, u) != row->unread)
			fail_msg("%s", row->name);
		temp_directory_teardown(&state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
