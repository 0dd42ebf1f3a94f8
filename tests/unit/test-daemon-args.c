#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/schemes/json-text.h"
#include "modules/daemon/args.h"

/* A line, the key and its new value; the line afterwards, what it gave before. */
static void test_changes(void **state)
{
	static const struct {
		const char *line, *key, *value, *before, *after;
	} rows[] = {
		{"dockerd -H fd:// --icc=true", "icc", "false", "true",
		 "dockerd -H fd:// --icc=false"},
		{"dockerd --icc -H fd://", "icc", "false", "true", "dockerd --icc=false -H fd://"},
		{"dockerd --log-level debug  -H fd://", "log-level", "\"info\"", "\"debug\"",
		 "dockerd --log-level=info  -H fd://"},
		{"dockerd -l debug", "log-level", "\"info\"", "\"debug\"",
		 "dockerd --log-level=info"},
		{"dockerd -ldebug x", "log-level", NULL, "\"debug\"", "dockerd x"},
		{"dockerd -D $DOCKER_OPTS", "debug", "false", "true",
		 "dockerd --debug=false $DOCKER_OPTS"},
		{"dockerd -D", "debug", NULL, "true", "dockerd"},
		/* a longer flag with the same beginning is another */
		{"dockerd --tlsverify --tls=false", "tls", "true", "false",
		 "dockerd --tlsverify --tls=true"},
		{"dockerd --iptables=false", "ip", "\"10.0.0.1\"", NULL,
		 "dockerd --iptables=false --ip=10.0.0.1"},
		/* the last one counts; all of them go */
		{"dockerd --icc=false --icc=true", "icc", "false", "true", "dockerd --icc=false"},
		{"dockerd --insecure-registry a:1 --insecure-registry=b:2 -H fd://",
		 "insecure-registries", "[]", "[\"a:1\",\"b:2\"]", "dockerd -H fd://"},
		{"dockerd --log-opt max-size=5m --log-opt tag=x", "log-opts",
		 "{\"max-size\":\"5m\",\"tag\":\"x\",\"max-file\":\"3\"}",
		 "{\"max-size\":\"5m\",\"tag\":\"x\"}",
		 "dockerd --log-opt=max-size=5m --log-opt=tag=x --log-opt=max-file=3"},
		{"dockerd", "default-ulimits",
		 "{\"core\":{\"Name\":\"core\",\"Soft\":0,\"Hard\":9}}", NULL,
		 "dockerd --default-ulimit=core=0:9"},
		{"dockerd --label \"a b\" --icc=true", "icc", "false", "true",
		 "dockerd --label \"a b\" --icc=false"},
		{"dockerd --max-concurrent-downloads=9", "max-concurrent-downloads", "3", "9",
		 "dockerd --max-concurrent-downloads=3"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct daemon_key *k = daemon_key_find(rows[i].key);
		CLEANUP(strv_clear) struct strv old = {0}, new = {0};
		CLEANUP(freep) char *before = NULL;
		CLEANUP(freep) char *after = NULL;

		assert_int_equal(flags_find(rows[i].line, k, &old, NULL), 0);
		before = flags_value(&old, rows[i].key);
		if (!json_value_same(before, rows[i].before))
			fail_msg("'%s' gives %s", rows[i].line, before);
		flags_make(k, rows[i].value, &new);
		assert_int_equal(flags_replace(rows[i].line, &old, &new, &after, NULL), 0);
		assert_string_equal(after, rows[i].after);
	}
}

static void test_refusals(void **state)
{
	const struct daemon_key *k = daemon_key_find("group");
	CLEANUP(strv_clear) struct strv none = {0}, new = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *after = NULL;

	flags_make(k, "\"a%i\"", &new);
	assert_int_equal(flags_replace("dockerd", &none, &new, &after, &err), -ENOTSUP);
	assert_null(after);
	assert_int_equal(flags_find("dockerd \"--group=x", k, &none, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_refusals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
