#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/write/start-trial.h"

/* A shell in dockerd's place tells what it can reach; where no such view can be had, nothing is tested. */

#define LONG_MS 20000

static bool have(const char *script, int timeout_ms, struct start_result *ret)
{
	CLEANUP(start_trial_clear) struct start_trial t = {.timeout_ms = timeout_ms};
	CLEANUP(error_clear) struct error err = {0};
	int r;

	strv_add(&t.line, "/bin/sh");
	strv_add(&t.line, "-c");
	strv_add(&t.line, script);
	strv_add(&t.environment, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	strv_add(&t.empty, "/run");
	strv_add(&t.empty, "/var/lib/harden-start-trial"); /* is not there */
	t.handed_over = xstrdup("/run/docker.sock");
	r = start_trial_run(&t, ret, &err);
	if (r == -EOPNOTSUPP)
		print_message("# skipped: %s\n", error_text(&err));
	else
		assert_int_equal(r, 0);
	return r == 0;
}

/* Each script ends with 0 where it holds. */
static void test_what_it_reaches(void **state)
{
	static const char *const scripts[] = {
		"test $$ -lt 10", /* in a namespace of processes */
		"test \"$(ls -d /proc/[0-9]* | wc -l)\" -lt 9",
		"! touch /usr/harden-trial 2>/dev/null",
		"! touch /var/harden-trial 2>/dev/null",
		"touch /etc/harden-trial",
		"touch /var/lib/harden-start-trial/x && test \"$(ls "
		"/var/lib/harden-start-trial)\" = x",
		"test -S /run/docker.sock && test -d /run/systemd/system",
		"test \"$(ls -A /run | sort | tr '\\n' ' ')\" = 'docker.sock systemd '",
		"test ! -e /dev/kmsg && test ! -e /dev/mapper && echo x >/dev/null",
		"test \"$(wc -l </proc/net/dev)\" = 3", /* two lines of heading, lo */
		"! echo 1 2>/dev/null >/proc/sys/kernel/panic",
		"echo 1 >/proc/sys/net/ipv4/ip_forward",
		"test $LISTEN_PID = $$ && test $LISTEN_FDS = 1 && test -e /proc/self/fd/3",
		"test ! -e /proc/self/fd/4",
		"c=$(sed -n 's/^CapEff:\\t//p' /proc/self/status); test $((0x$c >> 16 & "
		"1)) = 0", /* modules */
		"test -n \"$NOTIFY_SOCKET\"",
		"test \"$(umask)\" = 0022",
		"test \"$(stat -c %a /etc /var/lib /run /dev/shm | tr '\\n' ' ')\" = '755 755 755 "
		"1777 '",
	};

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		CLEANUP(start_result_clear) struct start_result result = {0};

		if (!have(scripts[i], LONG_MS, &result))
			return;
		assert_int_equal(result.end, START_GAVE_UP);
		if (result.code != 0)
			fail_msg("'%s' ended with %d: %s", scripts[i], result.code,
				 buf_str(&result.said));
	}
	assert_int_equal(access("/etc/harden-trial", F_OK), -1);
	assert_int_equal(access("/var/lib/harden-start-trial", F_OK), -1);
}

static void test_gives_up(void **state)
{
	CLEANUP(start_result_clear) struct start_result result = {0};

	if (!have("echo first; echo last >&2; exit 3", LONG_MS, &result))
		return;
	assert_int_equal(result.end, START_GAVE_UP);
	assert_int_equal(result.code, 3);
	assert_string_equal(buf_str(&result.said), "first\nlast\n");
}

/* With it ends what it started, and what it said until then is known. */
static void test_slow(void **state)
{
	CLEANUP(start_result_clear) struct start_result result = {0};

	if (!have("echo waits; setsid sleep 4711 & sleep 4711", 500, &result))
		return;
	assert_int_equal(result.end, START_SLOW);
	assert_string_equal(buf_str(&result.said), "waits\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_it_reaches),
		cmocka_unit_test(test_gives_up),
		cmocka_unit_test(test_slow),
	};

	umask(077); /* as harden has it */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
