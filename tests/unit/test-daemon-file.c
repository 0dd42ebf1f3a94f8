#include <errno.h>
#include <jansson.h>

#include "engine/format/daemon-keys.h"
#include "engine/format/json-check.h"
#include "tests/unit/format-case.h"

struct file_case {
	const char *text, *version;
	const char *reason; /* the first one; NULL: the file is taken */
};

static void run_cases(const struct file_case *cases, size_t count, const struct strv *flags)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(strv_clear) struct strv reasons = {0};
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(buf_clear) struct buf text = {0};
		const char *want = cases[i].reason;
		int r;

		case_buf(&text, cases[i].text);
		r = daemon_file_check(&text, cases[i].version, flags, &reasons, &err);
		if (r != (want ? -EINVAL : 0) || (want && strcmp(err.text, want) != 0))
			fail_msg("case %zu: %d, '%s'", i, r, err.text ? err.text : "");
		assert_int_equal(reasons.count > 0, want != NULL);
		if (want)
			assert_string_equal(reasons.items[0], want);
		assert_int_equal(daemon_file_check(&text, cases[i].version, flags, NULL, NULL), r);
	}
}

static void test_json_rules(void **state)
{
	static const struct file_case cases[] = {
		{"{}", "20.10.24", NULL},
		{"", "20.10.24+dfsg1", "the file is empty (EOF)"},
		{" \n", "20.10.24", "the file is empty (EOF)"},
		{"", "23.0.0", NULL},
		{"", NULL, NULL},
		{"{} x", "20.10.24", NULL},
		{"{} x", "23.0", "line 1, column 4: end of file expected"},
		{"\xef\xbb\xbf{}", "23.0", NULL},
		{"\xef\xbb\xbf{\"icc\": 1}", "28.0", "'icc' must be of type boolean, not number"},
		{"{\"icc\": true, \"icc\": false}", "28.0", NULL},
		{"[]", "28.0", "the top level must be of type object, not array"},
		{"null", "28.0", NULL},
		{"{\"icc\": null}", "28.0", NULL},
		{"{\"icc\": false,}", "28.0", "line 1, column 15: string or '}' expected near '}'"},
	};

	run_cases(cases, ARRAY_SIZE(cases), NULL);
}

/* Each measured: given to a dockerd of the version, which was started with it. */
static void test_values(void **state)
{
	static const struct file_case cases[] = {
		{"{\"builder\": {\"gc\": {\"enabled\": \"true\"}}}", "28.5.2",
		 "'gc/enabled' of 'builder' must be of type boolean, not string"},
		{"{\"builder\": {\"GC\": {\"Enabled\": \"true\"}}}", "20.10.24",
		 "'GC/Enabled' of 'builder' must be of type boolean, not string"},
		{"{\"builder\": {\"gc\": []}}", "26.1.5",
		 "'gc' of 'builder' must be of type object, not array"},
		{"{\"builder\": {\"gc\": null}}", "26.1.5", NULL},
		{"{\"builder\": {\"gc\": {\"enabled\": null}}}", "20.10.24", NULL},
		{"{\"builder\": {\"gc\": {\"defaultKeepStorage\": 20}}}", "26.1.5",
		 "'gc/defaultKeepStorage' of 'builder' must be of type string, not number"},
		{"{\"builder\": {\"gc\": {\"defaultReservedSpace\": 20}}}", "26.1.5", NULL},
		{"{\"builder\": {\"gc\": {\"defaultReservedSpace\": 20}}}", "28.5.2",
		 "'gc/defaultReservedSpace' of 'builder' must be of type string, not number"},
		{"{\"builder\": {\"gc\": {\"policy\": {}}}}", "20.10.24",
		 "'gc/policy' of 'builder' must be of type array, not object"},
		{"{\"builder\": {\"gc\": {\"policy\": [{\"all\": true}, {\"all\": \"x\"}]}}}",
		 "26.1.5", "'gc/policy/1/all' of 'builder' must be of type boolean, not string"},
		{"{\"builder\": {\"gc\": {\"policy\": [{\"keepStorage\": \"10GB\", \"filter\": "
		 "[\"unused-for=2200h\"]}]}}}",
		 "26.1.5", NULL},
		{"{\"builder\": {\"nonsense\": 5}}", "26.1.5", NULL},
		{"{\"builder\": {\"entitlements\": {\"network-host\": \"yes\"}}}", "20.10.24",
		 "'entitlements/network-host' of 'builder' must be of type boolean, not string"},
		{"{\"default-ulimits\": {\"nofile\": {\"Name\": \"nofile\", \"Soft\": 1e3}}}",
		 "20.10.24",
		 "'nofile/Soft' of 'default-ulimits' must be of type number, not fraction"},
		{"{\"default-ulimits\": {\"a\": {\"name\": \"nofile\", \"hard\": \"2\"}}}",
		 "26.1.5", "'a/hard' of 'default-ulimits' must be of type number, not string"},
		{"{\"default-ulimits\": {\"nofile\": {\"Name\": \"nofile\", \"Soft\": 1000, "
		 "\"Hard\": 2000, \"x\": \"y\"}}}",
		 "26.1.5", NULL},
		{"{\"default-ulimits\": {\"nofile\": null}}", "28.5.2", NULL},
		{"{\"default-address-pools\": [{\"base\": \"172.80.0.0/16\", \"size\": \"24\"}]}",
		 "20.10.24",
		 "'0/size' of 'default-address-pools' must be of type number, not string"},
		{"{\"default-address-pools\": [{\"Base\": \"172.80.0.0/16\", \"Size\": 24}]}",
		 "28.5.2", NULL},
		{"{\"runtimes\": {\"x\": {\"path\": 5}}}", "20.10.24",
		 "'x/path' of 'runtimes' must be of type string, not number"},
		{"{\"runtimes\": {\"x\": {\"path\": \"/a\", \"runtimeArgs\": [5]}}}", "26.1.5",
		 "'x/runtimeArgs/0' of 'runtimes' must be of type string, not number"},
		{"{\"runtimes\": {\"x\": {\"path\": \"/a\", \"runtimeArgs\": \"--a\"}}}", "26.1.5",
		 "'x/runtimeArgs' of 'runtimes' must be of type array, not string"},
		{"{\"runtimes\": {\"x\": {\"runtimeType\": 5}}}", "20.10.24", NULL},
		{"{\"runtimes\": {\"x\": {\"runtimeType\": 5}}}", "26.1.5",
		 "'x/runtimeType' of 'runtimes' must be of type string, not number"},
		{"{\"runtimes\": {\"x\": {\"runtimeType\": \"a\", \"options\": 5}}}", "28.5.2",
		 "'x/options' of 'runtimes' must be of type object, not number"},
		{"{\"default-network-opts\": {\"bridge\": {\"a.mtu\": 1400}}}", "28.5.2",
		 "'bridge/a.mtu' of 'default-network-opts' must be of type string, not number"},
		{"{\"default-network-opts\": {\"bridge\": {\"a.mtu\": \"1400\"}}}", "26.1.5", NULL},
		{"{\"default-shm-size\": 67108864}", "20.10.24",
		 "'default-shm-size' must be of type string, not number"},
		{"{\"default-shm-size\": null}", "26.1.5",
		 "'default-shm-size' must be of type string, not null"},
		{"{\"default-shm-size\": \"\"}", "28.5.2",
		 "'' is not a size that 'default-shm-size' can have"},
		{"{\"default-shm-size\": \"64X\"}", "20.10.24",
		 "'64X' is not a size that 'default-shm-size' can have"},
		{"{\"default-shm-size\": \"M\"}", "26.1.5",
		 "'M' is not a size that 'default-shm-size' can have"},
		{"{\"default-shm-size\": \"-5\"}", "26.1.5",
		 "'-5' is not a size that 'default-shm-size' can have"},
		{"{\"default-shm-size\": \"64\"}", "28.5.2", NULL},
		{"{\"default-shm-size\": \"64 MiB\"}", "28.5.2", NULL},
		{"{\"default-shm-size\": \"1.5g\"}", "20.10.24", NULL},
		{"{\"default-shm-size\": \"64mb\"}", "26.1.5", NULL},
		{"{\"default-shm-size\": \"64Mi\"}", "20.10.24", NULL}, /* 28.5.2 does not */
		{"{\"log-level\": \"verbose\"}", "20.10.24",
		 "'verbose' is none of what 'log-level' can be: panic, fatal, error, warn, "
		 "warning, "
		 "info, debug, trace"},
		{"{\"log-level\": \"WARN\"}", "28.5.2", NULL},
		{"{\"log-level\": \"\"}", "28.5.2", NULL},
		{"{\"log-format\": \"xml\"}", "26.1.5",
		 "'xml' is none of what 'log-format' can be: text, json"},
		{"{\"default-ipc-mode\": \"host\"}", "28.5.2",
		 "'host' is none of what 'default-ipc-mode' can be: private, shareable"},
		{"{\"default-ipc-mode\": \"Private\"}", "20.10.24",
		 "'Private' is none of what 'default-ipc-mode' can be: private, shareable"},
		{"{\"default-ipc-mode\": \"\"}", "28.5.2", NULL},
		{"{\"default-cgroupns-mode\": \"foo\"}", "20.10.24",
		 "'foo' is none of what 'default-cgroupns-mode' can be: private, host"},
		{"{\"default-cgroupns-mode\": \"host\"}", "26.1.5", NULL},
		{"{\"max-concurrent-downloads\": -1}", "20.10.24",
		 "'max-concurrent-downloads' must not be below 0"},
		{"{\"max-concurrent-downloads\": 0}", "28.5.2", NULL},
		{"{\"max-concurrent-uploads\": -1}", "20.10.24", NULL},
		{"{\"max-concurrent-uploads\": -1}", "26.1.5",
		 "'max-concurrent-uploads' must not be below 0"},
		{"{\"max-download-attempts\": 0}", "20.10.24",
		 "'max-download-attempts' must not be below 1"},
		{"{\"max-download-attempts\": 0}", "26.1.5", NULL},
		{"{\"max-download-attempts\": -1}", "26.1.5",
		 "'max-download-attempts' must not be below 0"},
		{"{\"mtu\": -1}", "20.10.24", NULL},
		{"{\"mtu\": -1}", "28.5.2", "'mtu' must not be below 0"},
		{"{\"mtu\": -1}", NULL, NULL},
		{"{\"network-diagnostic-port\": -1}", "26.1.5", NULL},
		{"{\"network-diagnostic-port\": -1}", "28.5.2",
		 "'network-diagnostic-port' must not be below 0"},
		{"{\"shutdown-timeout\": -5}", "28.5.2", NULL},
	};

	run_cases(cases, ARRAY_SIZE(cases), NULL);
}

static void test_names_and_versions(void **state)
{
	static const struct file_case cases[] = {
		{"{\"nonsense\": 1}", "28.0", "'nonsense' is not a setting of dockerd"},
		{"{\"Icc\": false}", "28.0", "'Icc' is not a setting of dockerd"},
		{"{\"label\": [\"a\"]}", "28.0", NULL},
		{"{\"labels\": [\"a\"]}", "28.0", NULL},
		{"{\"http-proxy\": \"\"}", "20.10.24",
		 "'http-proxy' is known since engine 23.0 only"},
		{"{\"http-proxy\": \"\"}", NULL, NULL},
		{"{\"graph\": \"/x\"}", "20.10.24", NULL},
		{"{\"graph\": \"/x\"}", "23.0.0", "'graph' is refused since engine 23.0"},
		{"{\"oom-score-adjust\": -5}", "24.0.9", NULL},
		{"{\"oom-score-adjust\": -5}", "25.0",
		 "'oom-score-adjust' is refused since engine 25.0"},
		{"{\"allow-direct-routing\": true}", "28.1.1",
		 "'allow-direct-routing' is known since engine 28.2 only"},
		{"{\"deprecated-key-path\": \"x\", \"builder\": {\"gc\": {}}}", "28.0", NULL},
		/* objects under keys that take none are flattened */
		{"{\"x\": {\"icc\": false}}", "28.0", NULL},
		{"{\"x\": {\"y\": false}}", "28.0", "'y' is not a setting of dockerd"},
		{"{\"x\": {}}", "28.0", NULL},
		{"{\"icc\": {}}", "28.0", "'icc' must be of type boolean, not object"},
		{"{\"proxies\": {\"http-proxy\": \"a\"}}", "28.0", NULL},
		{"{\"proxies\": {\"x\": \"a\"}}", "28.0", "'x' is not a setting of dockerd"},
		{"{\"proxies\": {\"http-proxy\": \"a\"}}", "20.10",
		 "'http-proxy' is known since engine 23.0 only"},
		/* values that an engine no longer starts with */
		{"{\"storage-driver\": \"overlay\"}", "24.0",
		 "storage driver 'overlay' is gone since engine 24.0"},
		{"{\"storage-driver\": \"overlay2\"}", "28.0", NULL},
		{"{\"storage-driver\": \"devicemapper\"}", "24.0", NULL},
		{"{\"storage-opts\": [\"dm.basesize=1G\"]}", "25.0",
		 "storage option 'dm.basesize=1G' is gone since engine 25.0"},
		{"{\"seccomp-profile\": \"builtin\"}", "20.10",
		 "seccomp profile 'builtin' is known since engine 23.0 only"},
		{"{\"seccomp-profile\": \"builtin\"}", "23.0", NULL},
		{"{\"seccomp-profile\": \"default\"}", "23.0",
		 "'default' is not a seccomp profile: an absolute path must be"},
	};

	run_cases(cases, ARRAY_SIZE(cases), NULL);
}

static void test_types(void **state)
{
	static const struct file_case cases[] = {
		{"{\"icc\": \"false\"}", "28.0", "'icc' must be of type boolean, not string"},
		{"{\"log-level\": false}", "28.0",
		 "'log-level' must be of type string, not boolean"},
		{"{\"mtu\": 1500.5}", "28.0", "'mtu' must be of type number, not fraction"},
		{"{\"mtu\": 1500}", "28.0", NULL},
		{"{\"labels\": \"a\"}", "28.0", "'labels' must be of type array, not string"},
		{"{\"labels\": [\"a\", 1]}", "28.0",
		 "what 'labels' holds must be of type string, not number"},
		{"{\"log-opts\": {\"max-file\": 3}}", "28.0",
		 "'max-file' of 'log-opts' must be of type string, not number"},
		{"{\"log-opts\": {\"max-file\": \"3\"}}", "28.0", NULL},
		{"{\"features\": {\"x\": \"on\"}}", "28.0",
		 "'x' of 'features' must be of type boolean, not string"},
		{"{\"default-ulimits\": {\"nofile\": {\"Hard\": 1, \"Soft\": 1}}}", "28.0", NULL},
		{"{\"default-ulimits\": {\"nofile\": {\"name\": \"nofile\", \"Hard\": 1}}}", "28.0",
		 NULL},
		{"{\"default-ulimits\": {\"nproc\": \"1024\"}}", "28.0",
		 "'nproc' of 'default-ulimits' must be of type object, not string"},
		{"{\"default-address-pools\": [{\"base\": \"10.0.0.0/8\", \"size\": 24}]}", "28.0",
		 NULL},
		{"{\"default-address-pools\": [\"10.0.0.0/8\"]}", "28.0",
		 "what 'default-address-pools' holds must be of type object, not string"},
	};

	run_cases(cases, ARRAY_SIZE(cases), NULL);
}

static void test_flags_and_all_reasons(void **state)
{
	static const struct file_case cases[] = {
		{"{\"icc\": false}", "28.0", "'icc' is also given as a flag"},
		{"{\"icc\": null}", "28.0", "'icc' is also given as a flag"},
		{"{\"x\": {\"icc\": false}}", "28.0", "'icc' is also given as a flag"},
		{"{\"hosts\": []}", "28.0", "'hosts' is also given as a flag"},
		{"{\"runtimes\": {}}", "28.0", NULL},
		{"{\"debug\": true}", "28.0", NULL},
	};
	CLEANUP(strv_clear) struct strv flags = {0}, reasons = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	strv_split(&flags, "icc hosts runtimes", " ");
	run_cases(cases, ARRAY_SIZE(cases), &flags);
	case_buf(&text, "{\"icc\": 1, \"q\": 2, \"mtu\": \"x\"}");
	assert_int_equal(daemon_file_check(&text, "28.0", &flags, &reasons, NULL), -EINVAL);
	assert_int_equal(reasons.count, 4);
}

static void test_settings(void **state)
{
	CLEANUP(strv_clear) struct strv keys = {0}, values = {0};
	CLEANUP(freep) char *k = NULL, *v = NULL;
	CLEANUP(buf_clear) struct buf text = {0};

	case_buf(&text, "{\"x\": {\"icc\": false, \"mtu\": 3, \"debug\": true}, \"debug\": false,"
			" \"proxies\": {\"no-proxy\": \"a\"}, \"log-opts\": {\"b\": \"c\"}}");
	assert_int_equal(daemon_file_settings(&text, NULL, &keys, &values, NULL), 0);
	k = strv_join(&keys, " ");
	v = strv_join(&values, " ");
	assert_string_equal(k, "icc debug no-proxy log-opts");
	assert_string_equal(v, "false false \"a\" {\"b\": \"c\"}");
	case_buf(&text, "{");
	assert_int_equal(daemon_file_settings(&text, NULL, &keys, &values, NULL), -EINVAL);
}

/* Taken, but no container would start: told apart from what dockerd refuses. */
static void test_harm(void **state)
{
	static const struct {
		const char *text;
		size_t reasons;
	} cases[] = {
		{"{\"default-ulimits\": {\"nofile\": {\"Hard\": 1, \"Soft\": 1}}}", 1},
		{"{\"default-ulimits\": {\"nofile\": {\"Name\": \"nofile\", \"Hard\": 1}}}", 0},
		{"{}", 0},
		{"not JSON", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(strv_clear) struct strv reasons = {0};
		CLEANUP(buf_clear) struct buf text = {0};

		buf_puts(&text, cases[i].text);
		assert_int_equal(daemon_file_harm(&text, &reasons), cases[i].reasons);
	}
}

/* What dockerd 26.1 and 20.10 did with the same bytes. */
static void test_utf16(void **state)
{
	static const char little[] = "\xff\xfe{\0\"\0i\0c\0c\0\"\0:\0"
				     "1\0}\0";
	static const char big[] = "\xfe\xff\0{\0}";
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf a = {0}, b = {0};

	buf_append(&a, little, sizeof(little) - 1);
	buf_append(&b, big, sizeof(big) - 1);
	assert_int_equal(daemon_file_check(&a, "26.1.5", NULL, NULL, &err), -EINVAL);
	assert_string_equal(error_text(&err), "'icc' must be of type boolean, not number");
	assert_int_equal(daemon_file_check(&b, "26.1.5", NULL, NULL, NULL), 0);
	assert_int_equal(daemon_file_check(&b, "20.10.24", NULL, NULL, NULL), -EINVAL);
}

static size_t loads;

json_t *__real_json_loadb(const char *bytes, size_t n, size_t flags, json_error_t *error);
json_t *__wrap_json_loadb(const char *bytes, size_t n, size_t flags, json_error_t *error);

json_t *__wrap_json_loadb(const char *bytes, size_t n, size_t flags, json_error_t *error)
{
	loads++;
	return __real_json_loadb(bytes, n, flags, error);
}

/* Whoever asks, as dockerd reads it or as it is edited: the same parse serves all. */
static void test_parsed_once(void **state)
{
	static const struct {
		const char *text;
		size_t loads;
	} cases[] = {
		{"{\"icc\": true, \"log-opts\": {\"max-size\": \"11m\"}}", 1},
		{"\xef\xbb\xbf{\"icc\": true, \"mtu\": 1400}", 1},
		{"{\"icc\": true, \"icc\": false, \"mtu\": 1}", 2}, /* once as each reads it */
		{"{\"icc\": true, \"mtu\": 2,}", 2},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strv_clear) struct strv keys = {0}, values = {0};
		CLEANUP(buf_clear) struct buf text = {0};

		buf_puts(&text, cases[i].text);
		loads = 0;
		for (int again = 0; again < 3; again++) {
			json_text_check(&text, NULL);
			daemon_file_check(&text, "28.0", NULL, NULL, NULL);
			daemon_file_settings(&text, "28.0", &keys, &values, NULL);
			daemon_file_harm(&text, &keys);
		}
		if (loads != cases[i].loads)
			fail_msg("case %zu is parsed %zu times", i, loads);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_harm),
		cmocka_unit_test(test_json_rules),
		cmocka_unit_test(test_names_and_versions),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_flags_and_all_reasons),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_parsed_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
