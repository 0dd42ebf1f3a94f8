#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define V2 "/sys/fs/cgroup/cgroup.controllers"
#define V1 "/proc/cgroups"
#define V1_HEAD "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
#define ACTIONS "/proc/sys/kernel/seccomp/actions_avail"
#define LSM "/sys/kernel/security/lsm"
#define PROFILES "/sys/kernel/security/apparmor/profiles"
#define ENFORCE "/sys/fs/selinux/enforce"
#define CGROUPS "feature=cgroups controllers=memory,pids,io"

static const struct row {
	const char *name, *want;
	const char *files[4]; /* path, content, path, content */
	enum verdict verdict;
	const char *reason;
} rows[] = {
	{"version 2",
	 CGROUPS,
	 {V2, "cpuset cpu io memory hugetlb pids\n"},
	 VERDICT_PASS,
	 "the kernel limits by memory, pids and io"},
	{"version 2 without memory",
	 CGROUPS,
	 {V2, "cpuset cpu io pids\n"},
	 VERDICT_FAIL,
	 "the kernel has no controller for memory: Docker drops such limits without an error"},
	{"version 1",
	 CGROUPS,
	 {V1, V1_HEAD "memory\t5\t90\t1\npids\t2\t90\t1\nblkio\t3\t90\t1\n"},
	 VERDICT_PASS,
	 "the kernel limits by memory, pids and io"},
	{"version 1, memory off",
	 CGROUPS,
	 {V1, V1_HEAD "memory\t0\t90\t0\npids\t2\t90\t1\nblkio\t3\t90\t1\n"},
	 VERDICT_FAIL,
	 "the kernel has no controller for memory: Docker drops such limits without an error"},
	{"neither can be read", CGROUPS, {NULL}, VERDICT_NOT_MEASURED, NULL},
	{"filters",
	 "feature=seccomp",
	 {ACTIONS, "kill_process kill_thread trap errno log allow\n"},
	 VERDICT_PASS,
	 "the kernel has seccomp filters"},
	{"no filters",
	 "feature=seccomp",
	 {ACTIONS, "allow\n"},
	 VERDICT_FAIL,
	 "the kernel has no seccomp filters: containers start without one"},
	{"filters not known", "feature=seccomp", {NULL}, VERDICT_NOT_MEASURED, NULL},
	{"AppArmor",
	 "feature=mac",
	 {LSM, "capability,landlock,apparmor", PROFILES,
	  "man (enforce)\ndocker-default (enforce)\n"},
	 VERDICT_PASS,
	 "AppArmor enforces docker-default"},
	{"AppArmor complains",
	 "feature=mac",
	 {LSM, "capability,apparmor", PROFILES, "docker-default (complain)\n"},
	 VERDICT_FAIL,
	 "AppArmor is on, and docker-default is not enforced"},
	{"SELinux",
	 "feature=mac",
	 {LSM, "capability,selinux", ENFORCE, "1"},
	 VERDICT_PASS,
	 "SELinux enforces its policy"},
	{"SELinux permits",
	 "feature=mac",
	 {LSM, "capability,selinux", ENFORCE, "0"},
	 VERDICT_FAIL,
	 "SELinux is not enforcing"},
	{"none of them",
	 "feature=mac",
	 {LSM, "capability,landlock,yama"},
	 VERDICT_FAIL,
	 "neither AppArmor nor SELinux is active"},
	{"security file system not there",
	 "feature=mac",
	 {NULL},
	 VERDICT_NOT_MEASURED,
	 "'/sys/kernel/security' is not mounted"},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_kernel_feature, row->want);

		fake_view_init(&f);
		f.facts.docker.running = false;
		for (size_t k = 0; k < 4 && row->files[k]; k += 2)
			fake_file(&f, row->files[k], 0444, row->files[k + 1]);
		fake_diff(&f, &module_kernel_feature, want, &d);
		if (d.verdict != row->verdict ||
		    (row->reason && strcmp_null(d.reason, row->reason) != 0))
			fail_msg("%s: %s (%s)", row->name, verdict_to_string(d.verdict), d.reason);
		assert_non_null(d.reason);
		assert_int_equal(d.fix != NULL, d.verdict == VERDICT_FAIL);
	}
}

/* The kernel has filters, and dockerd was built without them. */
static void test_dockerd_without_seccomp(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0}, with = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_kernel_feature, "feature=seccomp");

	fake_view_init(&f);
	fake_file(&f, ACTIONS, 0444, "errno allow\n");
	f.facts.docker.running = true;
	strv_add(&f.facts.docker.security_options, "name=apparmor");
	fake_diff(&f, &module_kernel_feature, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	strv_add(&f.facts.docker.security_options, "name=seccomp,profile=builtin");
	fake_diff(&f, &module_kernel_feature, want, &with);
	assert_verdict(&with, VERDICT_PASS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_dockerd_without_seccomp),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
