/* What of an audit rule is counted, and what is said of the rest. */

#include "tests/unit/temp-directory.h"

#include <sys/inotify.h>

#include "cli/counters.h"

#define RULES 5

static const struct {
	const char *rules[RULES];
	uint64_t counted; /* of one write to /d/f, one to /d/out/f and one to /d/e/f */
	const char *partly;
} rows[] = {
	{{"-w /d -p wa -k k"}, 3, NULL},
	{{"-w /d/ -p wa -k k"}, 3, NULL},
	{{"-a always,exit -F dir=/d -F perm=wa -k k"}, 3, NULL},
	{{"-a never,exit -F dir=/d/out -F perm=rwxa", "-w /d -p wa -k k"}, 2, NULL},
	/* an event is of one architecture */
	{{"-a never,exit -F arch=b64 -F dir=/d/out -F perm=rwxa",
	  "-a never,exit -F arch=b32 -F dir=/d/out -F perm=rwxa",
	  "-a always,exit -F arch=b64 -F dir=/d -F perm=wa -k k",
	  "-a always,exit -F arch=b32 -F dir=/d -F perm=wa -k k"},
	 2,
	 NULL},
	{{"-w /d/f -p wa -k k"}, 1, NULL},
	{{"-w /d/f -p w -k k", "-w /d/e -p w -k k", "-i"}, 2, NULL},
	{{"-w /d/f -p r -k k"}, 0, "who reads is not counted"},
	{{"-w /d/f -p rwa -k k"}, 1, "who reads is not counted"},
	{{"-w /d -p wax -k k"}, 3, "who runs a program below a directory is not counted"},
	{{"-w /d/f -p wa -k k", "-a always,exit -F arch=b64 -S connect -F path=/d/f -k k-api"},
	 1,
	 "who connects to a socket is not counted"},
	{{"-a always,exit -F arch=b64 -S mount -k k"},
	 0,
	 "it has a rule that is no watch of a path"},
	{{"nonsense"}, 0, "it has a rule that is no watch of a path"},
	{{"-w /none/f -p wa -k k"},
	 0,
	 "cannot count what is written to '/none/f': No such file or "
	 "directory"},
};

static void write_all(const struct temp_directory *t)
{
	static const char *const files[] = {"d/f", "d/out/f", "d/e/f"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		close(openat(t->fd, files[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

static void count(const struct temp_directory *t, size_t row)
{
	CLEANUP(volumes_clear) struct volumes v = {0};
	CLEANUP(counters_clear) struct counters c = {.root = &t->root, .volumes = &v};
	CLEANUP(strv_clear) struct strv rules = {0};
	struct interrupt none = INTERRUPT_INIT;

	for (size_t k = 0; k < RULES && rows[row].rules[k]; k++)
		strv_add(&rules, rows[row].rules[k]);
	volumes_add(&v, "a", 20);
	counters_add(&c, 0, &rules);
	write_all(t);
	assert_int_equal(counters_wait(&c, &none, 10, NULL), 0);
	counters_finish(&c);
	if (v.items[0].counted != rows[row].counted)
		fail_msg("%s: %lu, not %lu", rows[row].rules[0], (unsigned long)v.items[0].counted,
			 (unsigned long)rows[row].counted);
	if (rows[row].partly)
		assert_string_equal(v.items[0].partly, rows[row].partly);
	else
		assert_null(v.items[0].partly);
}

static void test_rows(void **state)
{
	const struct temp_directory *t = *state;
	int fd = inotify_init1(IN_CLOEXEC);

	if (fd < 0)
		SKIP_BECAUSE("the kernel tells nothing here");
	close(fd);
	assert_int_equal(mkdirat(t->fd, "d", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "d/out", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "d/e", 0755), 0);
	write_all(t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		count(t, i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEMP_DIRECTORY_TEST(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
