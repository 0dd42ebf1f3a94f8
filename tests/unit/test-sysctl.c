#include "tests/unit/temp-directory.h"

#include <sched.h>
#include <sys/wait.h>

#include "engine/host/read/sysctl.h"
#include "engine/host/write/sysctl-write.h"

static void test_path(void **state)
{
	static const struct {
		const char *name;
		const char *path; /* NULL: refused */
	} cases[] = {
		{"net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward"},
		{"net/ipv4/ip_forward", "/proc/sys/net/ipv4/ip_forward"},
		{"net.ipv4.conf.eth0/100.forwarding",
		 "/proc/sys/net/ipv4/conf/eth0.100/forwarding"},
		{"net/ipv4/conf/eth0.100/forwarding",
		 "/proc/sys/net/ipv4/conf/eth0.100/forwarding"},
		{"kernel", "/proc/sys/kernel"},
		{"", NULL},
		{".", NULL},
		{"..", NULL},
		{"net..ipv4", NULL},
		{".net", NULL},
		{"net.", NULL},
		{"net/../../self/environ", NULL},
		{"net.//.x", NULL},
		{"/etc/passwd", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(freep) char *path = NULL;
		int r = sysctl_path(cases[i].name, &path, NULL);

		assert_int_equal(r, cases[i].path ? 0 : -EINVAL);
		assert_int_equal(strcmp_null(path, cases[i].path), 0);
	}
}

static void test_read(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *value = NULL;

	assert_int_equal(sysctl_read("kernel.ostype", &value, &err), 0);
	assert_string_equal(value, "Linux");
	free(TAKE_PTR(value));
	assert_int_equal(sysctl_read("kernel.no_such_thing", &value, &err), -ENOENT);
	assert_non_null(strstr(error_text(&err), "'kernel.no_such_thing'"));
	assert_int_equal(sysctl_read("kernel", &value, &err), -EISDIR);
	assert_null(value);
}

/* In a child with a network of its own. Exit codes: 0 fine, 77 none to be had, else what was wrong. */
static int change_forwarding(void)
{
	CLEANUP(freep) char *before = NULL;
	CLEANUP(freep) char *after = NULL;
	CLEANUP(error_clear) struct error err = {0};
	const char *other;

	if (unshare(CLONE_NEWNET) < 0 || sysctl_read("net.ipv4.ip_forward", &before, NULL) < 0)
		return 77;
	other = strcmp(before, "1") == 0 ? "0" : "1";
	if (sysctl_write("net.ipv4.ip_forward", other, &err) < 0)
		return err.code == -EROFS ? 77 : 1;
	if (sysctl_read("net.ipv4.ip_forward", &after, NULL) < 0 || strcmp(after, other) != 0)
		return 2;
	if (sysctl_write("net.ipv4.ip_forward", "nonsense", &err) != -EINVAL)
		return 3;
	return 0;
}

static void test_write(void **state)
{
	pid_t child;
	int status;

	if (geteuid() != 0)
		SKIP_BECAUSE("needs root");
	child = fork();
	if (child == 0)
		_exit(change_forwarding());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		SKIP_BECAUSE("no network of its own to be had");
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_write_fails(void **state)
{
	CLEANUP(error_clear) struct error err = {0};

	assert_int_equal(sysctl_write("kernel.no_such_thing", "1", &err), -ENOENT);
	assert_int_equal(sysctl_write("../x", "1", &err), -EINVAL);
	if (geteuid() != 0)
		assert_int_equal(sysctl_write("kernel.hostname", "x", &err), -EACCES);
	assert_non_null(err.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_fails),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
