/* What of an audit rule is counted, and what is said of the rest. */

#include "tests/unit/temp-directory.h"

#include <sys/inotify.h>

#include "cli/counters.h"

/* What the kernel says that it gives; NULL: nothing. And how many it gives in truth. */
static const char *setting;
static int given;

int __wrap_sysctl_read(const char *name, char **ret_value, struct error *err);
int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);

int __wrap_sysctl_read(const char *name, char **ret_value, struct error *err)
{
	assert_string_equal(name, "fs.inotify.max_user_watches");
	if (!setting)
		return error_set(err, -ENOENT, "there is none");
	*ret_value = xstrdup(setting);
	return 0;
}

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	if (given-- > 0)
		return __real_inotify_add_watch(fd, path, mask);
	errno = ENOSPC;
	return -1;
}

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

	given = 100;
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

#define ITS_SHARE ", and others need fs.inotify.max_user_watches, too"

/* Of a tree of six directories, and one of two: what stays watched, and why not all. */
static const struct {
	const char *setting;
	int given;
	bool grows; /* a directory comes in the second one while it is counted */
	int watched[2]; /* 0: it has given back what it had */
	const char *partly[2];
} borrowed[] = {
	{"32", 100, .watched = {6, 2}},
	{NULL, 100, .watched = {6, 2}}, /* the kernel's least is enough */
	{"36", 100, .grows = true, .watched = {6, 3}},
	{"32", 100, .grows = true, {6, 0}, {NULL, "'/e' has more than 2 directories" ITS_SHARE}},
	{"28", 100, false, {6, 0}, {NULL, "'/e' has more than 1 directories" ITS_SHARE}},
	{"20", 100, false, {0, 2}, {"'/d' has more than 5 directories" ITS_SHARE, NULL}},
	{"3",
	 100,
	 false,
	 {0, 0},
	 {"'/d' has more than 0 directories" ITS_SHARE,
	  "'/e' has more than 0 directories" ITS_SHARE}},
	{"1000",
	 5,
	 false,
	 {0, 0},
	 {"'/d' has more directories than fs.inotify.max_user_watches leaves",
	  "'/e' has more directories than fs.inotify.max_user_watches leaves"}},
};

static void assert_counter(const struct counters *c, size_t row, size_t i)
{
	const struct write_count *w = &c->items[i].write;
	const char *partly = c->volumes->items[i].partly, *want = borrowed[row].partly[i];

	if ((w->fd >= 0 ? w->directories : 0) != borrowed[row].watched[i])
		fail_msg("row %zu, %zu: %d are watched", row, i, w->fd >= 0 ? w->directories : 0);
	if (!partly != !want || (want && strcmp(partly, want) != 0))
		fail_msg("row %zu, %zu: %s", row, i, partly);
}

static void borrow(const struct temp_directory *t, size_t row)
{
	CLEANUP(volumes_clear) struct volumes v = {0};
	CLEANUP(counters_clear) struct counters c = {.root = &t->root, .volumes = &v};
	static const char *const rules[] = {"-w /d -p wa -k k", "-w /e -p wa -k k"};
	struct interrupt none = INTERRUPT_INIT;

	setting = borrowed[row].setting;
	given = borrowed[row].given;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		CLEANUP(strv_clear) struct strv one = {0};

		strv_add(&one, rules[i]);
		volumes_add(&v, "a", 20);
		counters_add(&c, i, &one);
	}
	if (borrowed[row].grows)
		assert_int_equal(mkdirat(t->fd, "e/new", 0755), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(counters_wait(&c, &none, 2, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		assert_counter(&c, row, i);
	unlinkat(t->fd, "e/new", AT_REMOVEDIR);
}

/* What is counted is no reason for others to be told of nothing any more. */
static void test_borrowed(void **state)
{
	static const char *const directories[] = {"d",   "d/1", "d/2", "d/2/3",
						  "d/4", "d/5", "e",   "e/1"};
	const struct temp_directory *t = *state;
	int fd = inotify_init1(IN_CLOEXEC);

	if (fd < 0)
		SKIP_BECAUSE("the kernel tells nothing here");
	close(fd);
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdirat(t->fd, directories[i], 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(borrowed); i++)
		borrow(t, i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_rows),
		TEMP_DIRECTORY_TEST(test_borrowed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
