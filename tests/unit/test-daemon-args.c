#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/command-line.h"
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
		/* the program is no flag, whatever its path looks like */
		{"-/usr/bin/dockerd -l debug", "log-level", "\"info\"", "\"debug\"",
		 "-/usr/bin/dockerd --log-level=info"},
		{"-/opt/sbin/dockerd", "storage-driver", "\"overlay2\"", NULL,
		 "-/opt/sbin/dockerd --storage-driver=overlay2"},
		/* what looks like the flag is the value of another */
		{"dockerd -l debug --label \"-l debug\" -H fd://", "log-level", "\"info\"",
		 "\"debug\"", "dockerd --log-level=info --label \"-l debug\" -H fd://"},
		{"dockerd --label --icc=true -H fd://", "icc", "false", NULL,
		 "dockerd --label --icc=true -H fd:// --icc=false"},
		{"dockerd --label -D -D", "debug", NULL, "true", "dockerd --label -D"},
		{"dockerd -g -D", "debug", "false", NULL, "dockerd -g -D --debug=false"},
		{"dockerd --icc=false --icc=true --label --icc=true", "icc", "true", "true",
		 "dockerd --label --icc=true --icc=true"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct daemon_key *k = daemon_key_find(rows[i].key);
		CLEANUP(strv_clear) struct strv old = {0}, new = {0};
		CLEANUP(freep) char *before = NULL;
		CLEANUP(freep) char *after = NULL;

		assert_int_equal(flags_find(rows[i].line, LINE_OF_COMMAND, k, &old, NULL), 0);
		before = flags_value(&old, rows[i].key);
		if (!json_value_same(before, rows[i].before))
			fail_msg("'%s' gives %s", rows[i].line, before);
		flags_make(k, rows[i].value, &new);
		assert_int_equal(
			flags_replace(rows[i].line, LINE_OF_COMMAND, k, &new, &after, NULL), 0);
		assert_string_equal(after, rows[i].after);
	}
}

/* What cannot be changed by itself is left as it is, whichever of the key's flags that is. */
static void test_refusals(void **state)
{
	static const struct {
		const char *line;
		enum flag_line kind;
		const char *key, *value;
		int found, replaced;
	} rows[] = {
		{"dockerd", LINE_OF_COMMAND, "group", "\"a%i\"", 0, -ENOTSUP},
		{"--icc=true --icc=true", LINE_OF_FILE, "group", "\"a b\"", 0, -ENOTSUP},
		{"dockerd \"--group=x", LINE_OF_COMMAND, "group", "\"y\"", -EINVAL, -EINVAL},
		/* several flags in one word */
		{"dockerd -Dl warn -H fd://", LINE_OF_COMMAND, "debug", "false", -ENOTSUP,
		 -ENOTSUP},
		{"dockerd -Dl warn -H fd://", LINE_OF_COMMAND, "log-level", "\"info\"", -ENOTSUP,
		 -ENOTSUP},
		{"dockerd -Dl warn -H fd://", LINE_OF_COMMAND, "icc", "false", 0, 0},
		{"dockerd -DH fd://", LINE_OF_COMMAND, "debug", "false", -ENOTSUP, -ENOTSUP},
		{"dockerd -DG docker", LINE_OF_COMMAND, "group", "\"root\"", -ENOTSUP, -ENOTSUP},
		{"dockerd -DHfd://", LINE_OF_COMMAND, "debug", "false", -ENOTSUP, -ENOTSUP},
		{"dockerd -Dlwarn", LINE_OF_COMMAND, "debug", "false", -ENOTSUP, -ENOTSUP},
		{"-Dl warn", LINE_OF_FILE, "debug", "false", -ENOTSUP, -ENOTSUP},
		{"-D -Dl warn", LINE_OF_FILE, "debug", "false", -ENOTSUP, -ENOTSUP},
		{"dockerd -Dx", LINE_OF_COMMAND, "debug", "false", -ENOTSUP, -ENOTSUP},
		/* what systemd puts in */
		{"dockerd --icc=${ICC}", LINE_OF_COMMAND, "icc", "false", -ENOTSUP, -ENOTSUP},
		{"dockerd -l $LEVEL", LINE_OF_COMMAND, "log-level", "\"info\"", -ENOTSUP, -ENOTSUP},
		{"--label=%i", LINE_OF_ENVIRONMENT, "labels", "[]", -ENOTSUP, -ENOTSUP},
		{"--label=%i", LINE_OF_FILE, "labels", "[]", 0, 0},
		{"--label=$i", LINE_OF_ENVIRONMENT, "labels", "[]", 0, 0},
		/* nothing counts behind, or it would be another's value */
		{"dockerd --icc=true --", LINE_OF_COMMAND, "icc", "false", 0, 0},
		{"dockerd --icc=1 --icc=0 --", LINE_OF_COMMAND, "icc", "true", 0, -ENOTSUP},
		{"dockerd -- x", LINE_OF_COMMAND, "icc", "false", 0, -ENOTSUP},
		{"--icc=1 --icc=0 --label", LINE_OF_FILE, "icc", "true", 0, -ENOTSUP},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct daemon_key *k = daemon_key_find(rows[i].key);
		CLEANUP(strv_clear) struct strv old = {0}, new = {0};
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(freep) char *after = NULL;

		flags_make(k, rows[i].value, &new);
		if (flags_find(rows[i].line, rows[i].kind, k, &old, &err) != rows[i].found)
			fail_msg("'%s': %s", rows[i].line, error_text(&err));
		error_clear(&err);
		if (flags_replace(rows[i].line, rows[i].kind, k, &new, &after, &err) !=
		    rows[i].replaced)
			fail_msg("'%s': %s", rows[i].line, after ? after : error_text(&err));
		assert_int_equal(after == NULL, rows[i].replaced < 0);
	}
}

static const char *value_of(const struct strv *keys, const struct strv *values, const char *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->items[i], key) == 0)
			return values->items[i];
	return NULL;
}

/* Every line of short flags: what is written instead reads as before, but for the key. */
static void test_others_stay(void **state)
{
	static const char *const words[] = {"-D",        "-Dl",  "warn",     "-lwarn", "-H",
					    "fd://",     "-DHx", "--label",  "-l",     "--icc",
					    "--debug=0", "-G",   "\"-l x\"", "--frob"};
	const struct daemon_key *k = daemon_key_find("debug");
	size_t n = ARRAY_SIZE(words), changed = 0;

	for (size_t i = 0; i < n * n * n * n; i++) {
		CLEANUP(freep)
		char *line = xasprintf("%s %s %s %s", words[i % n], words[i / n % n],
				       words[i / n / n % n], words[i / n / n / n]);
		CLEANUP(strv_clear) struct strv new = {0}, a = {0}, b = {0};
		CLEANUP(strv_clear) struct strv ka = {0}, kb = {0}, va = {0}, vb = {0};
		CLEANUP(freep) char *after = NULL;

		flags_make(k, "false", &new);
		if (flags_replace(line, LINE_OF_FILE, k, &new, &after, NULL) < 0)
			continue;
		changed++;
		command_line_split(line, &a, NULL);
		command_line_split(after, &b, NULL);
		daemon_flags_parse(&a, &ka, &va, NULL);
		daemon_flags_parse(&b, &kb, &vb, NULL);
		for (size_t at = 0; at < ka.count; at++)
			if (strcmp(ka.items[at], "debug") != 0 &&
			    strcmp_null(value_of(&kb, &vb, ka.items[at]), va.items[at]) != 0)
				fail_msg("'%s' -> '%s': %s", line, after, ka.items[at]);
		if (strcmp_null(value_of(&kb, &vb, "debug"), "false") != 0)
			fail_msg("'%s' -> '%s'", line, after);
	}
	assert_true(changed > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_others_stay),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
