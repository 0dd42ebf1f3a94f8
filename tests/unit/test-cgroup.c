#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "modules/common/cgroup.h"
#include "tests/unit/fake-view.h"

#define SLICE "harden-docker.slice"
#define GROUP "/sys/fs/cgroup/harden.slice/" SLICE
#define GROUP_V1 "/sys/fs/cgroup/memory/harden.slice/" SLICE
#define BOTH "[Slice]\nMemoryMax=80%\nTasksMax=50%\n"

static const char v1_all[] = "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t1\t9\t1\n"
			     "pids\t2\t9\t1\n";

/* What a slice is to limit: by the kernel, and by its own group while something runs in it. */
static const struct {
	const char *what, *text;
	const char *controllers; /* of version 2; NULL: there is none */
	const char *v1; /* NULL: nothing to be read */
	const char *memory, *pids; /* of its group; NULL: not there; "-": no group at all */
	bool in_force;
	enum verdict verdict;
	bool refused;
} rows[] = {
	{"all is there", BOTH, "cpu memory pids\n", NULL, "8000\n", "400\n", true, VERDICT_PASS,
	 false},
	{"nothing runs in it", BOTH, "memory pids\n", NULL, "-", NULL, true, VERDICT_PASS, false},
	{"no controllers", BOTH, "\n", NULL, "-", NULL, true, VERDICT_FAIL, true},
	{"one is lacking", BOTH, "memory\n", NULL, "-", NULL, true, VERDICT_FAIL, true},
	{"... which nobody wants", "[Slice]\nMemoryMax=1G\n", "memory\n", NULL, "8000\n", NULL,
	 true, VERDICT_PASS, false},
	{"... nor where it says so", "[Slice]\nMemoryMax=1G\nTasksMax=infinity\n", "memory\n", NULL,
	 "8000\n", NULL, true, VERDICT_PASS, false},
	{"not in force", BOTH, "memory pids\n", NULL, "max\n", "400\n", true, VERDICT_FAIL, false},
	{"its group has no file", BOTH, "memory pids\n", NULL, "8000\n", NULL, true, VERDICT_FAIL,
	 false},
	{"the plan brings it", BOTH, "memory pids\n", NULL, "max\n", "400\n", false, VERDICT_PASS,
	 false},
	{"no limit at all", "[Slice]\n", "\n", NULL, "-", NULL, true, VERDICT_PASS, false},
	{"version 1", BOTH, NULL, v1_all, "8000\n", "400\n", true, VERDICT_PASS, false},
	{"version 1, not in force", BOTH, NULL, v1_all, "9223372036854771712\n", "400\n", true,
	 VERDICT_FAIL, false},
	{"version 1, switched off", BOTH, NULL, "memory\t0\t1\t0\npids\t1\t1\t1\n", "-", NULL, true,
	 VERDICT_FAIL, true},
	{"nobody knows", BOTH, NULL, NULL, "-", NULL, true, VERDICT_NOT_MEASURED, false},
};

static void build(struct fake_view *f, size_t i)
{
	bool v1 = !rows[i].controllers;

	fake_view_init(f);
	fake_dir(f, "/sys/fs/cgroup", 0755);
	if (rows[i].controllers)
		fake_file(f, CGROUP_CONTROLLERS, 0444, rows[i].controllers);
	if (rows[i].v1)
		fake_file(f, "/proc/cgroups", 0444, rows[i].v1);
	if (rows[i].memory && strcmp(rows[i].memory, "-") == 0)
		return;
	fake_dir(f, v1 ? GROUP_V1 : GROUP, 0755);
	if (rows[i].memory)
		fake_file(f, v1 ? GROUP_V1 "/memory.limit_in_bytes" : GROUP "/memory.max", 0644,
			  rows[i].memory);
	if (rows[i].pids)
		fake_file(f,
			  v1 ? "/sys/fs/cgroup/pids/harden.slice/" SLICE "/pids.max"
			     : GROUP "/pids.max",
			  0644, rows[i].pids);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(buf_clear) struct buf text = {0};

		build(&f, i);
		buf_puts(&text, rows[i].text);
		delta_raise(&d, VERDICT_PASS, "as written");
		cgroup_judge_unit(&f.view, SLICE, &text, rows[i].in_force, &d);
		if (d.verdict != rows[i].verdict || (d.refusal != NULL) != rows[i].refused)
			fail_msg("%s: verdict %d, %s", rows[i].what, (int)d.verdict,
				 d.refusal ? d.refusal : "not refused");
	}
}

/* Of an image nothing is in force, and its kernel is another. */
static void test_offline(void **state)
{
	CLEANUP(fake_view_clear) struct fake_view f;
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	build(&f, 2);
	f.facts.offline = true;
	buf_puts(&text, BOTH);
	cgroup_judge_unit(&f.view, SLICE, &text, true, &d);
	assert_null(d.refusal);
	assert_null(d.reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_offline),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
