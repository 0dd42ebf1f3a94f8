#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/schemes/json-text.h"
#include "modules/daemon/value.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"

#define ALL_ADDRESSES "key=hosts forbid=[\"tcp://0.0.0.0*\"] unset-ok=true"

static const struct {
	const char *want;
	const char *value;
	bool accepted;
} accepted_rows[] = {
	{"key=icc value=false", "false", true},
	{"key=icc value=false", "true", false},
	{"key=icc value=false", NULL, false}, /* the default is true */
	{"key=icc value=false", "null", false}, /* as if not set */
	{"key=experimental value=false", NULL, true}, /* the default is false */
	{"key=log-level value=\"info\" unset-ok=true", NULL, true},
	{"key=log-level value=\"info\"", "\"debug\"", false},
	{"key=log-level value=\"info\" accept=[\"warn\",\"e*\"]", "\"error\"", true},
	{"key=log-level value=\"info\" accept=[\"warn\"]", "\"debug\"", false},
	{"key=cgroup-parent absent=true", NULL, true},
	{"key=cgroup-parent absent=true", "\"x.slice\"", false},
	{"key=cgroup-parent absent=true accept=[\"\"]", "\"\"", true},
	{"key=disable-legacy-registry absent=true", "null", false},
	{"key=seccomp-profile forbid=[\"unconfined\"]", "\"unconfined\"", false},
	{"key=seccomp-profile forbid=[\"unconfined\"]", "\"/p.json\"", true},
	{"key=seccomp-profile forbid=[\"unconfined\"]", NULL, true},
	{"key=ip6tables forbid=[false]", NULL, true}, /* no fixed default */
	/* an address counts as dockerd reads it */
	{ALL_ADDRESSES, "[\"fd://\",\"tcp://0.0.0.0:2375\"]", false},
	{ALL_ADDRESSES, "[\"0.0.0.0:2375\"]", false},
	{ALL_ADDRESSES, "[\"0.0.0.0\"]", false},
	{ALL_ADDRESSES, "[\" tcp://0.0.0.0:2375\"]", false},
	{ALL_ADDRESSES, "[\"tcp://0:2375\"]", false},
	{ALL_ADDRESSES, "[\"TCP://00.0.0.0:2375/x\"]", false},
	{ALL_ADDRESSES, "[\"tcp://u@0x0\"]", false},
	{ALL_ADDRESSES, "[\"tcp://[::]:2375\"]", false},
	{ALL_ADDRESSES, "[\"[0::0]:2375\"]", false},
	{ALL_ADDRESSES, "[\"tcp://[::ffff:0.0.0.0]:2375\"]", false},
	{ALL_ADDRESSES, "[\"tcp://[::%25eth0]:2375\"]", false},
	{ALL_ADDRESSES, "[\"tcp://*:2375\"]", false},
	{ALL_ADDRESSES, "\"0.0.0.0:2375\"", false},
	{ALL_ADDRESSES, "[\"tcp://10.0.0.1:2375\",\"unix:///0.0.0.0\"]", true},
	{ALL_ADDRESSES, "[\"tcp://[::1]:2375\",\"fd://\"]", true},
	{ALL_ADDRESSES, "[\"x.example:2375\"]", true},
	{ALL_ADDRESSES, NULL, true},
	{"key=labels forbid=[\"tcp://0.0.0.0*\"]", "[\"0.0.0.0\"]", true}, /* no address */
	{"key=storage-opts forbid=[\"dm.*\"]", "[\"size=1\",\"dm.basesize=9G\"]", false},
	{"key=storage-opts forbid=[\"dm.*\"]", "[\"overlay2.size=9G\"]", true},
	/* a value beside what is wrong: what nobody has set is not it, what is set may be */
	{"key=log-opts forbid=[]", NULL, true},
	{"key=log-opts forbid=[]", "{\"tag\":\"x\"}", true},
	{"key=log-opts value={\"tag\":\"x\"} forbid=[]", NULL, false},
	{"key=log-opts value={\"tag\":\"x\"} forbid=[]", "{}", false},
	{"key=log-opts value={\"tag\":\"x\"} forbid=[]", "{\"mode\":\"x\"}", false},
	{"key=log-opts value={\"tag\":\"x\"} forbid=[]", "{\"tag\":\"x\"}", true},
	{"key=log-opts value={\"tag\":\"x\"} accept=[\"*\"] forbid=[]", NULL, false},
	{"key=log-opts value={\"tag\":\"x\"} accept=[\"*\"] forbid=[]", "{}", false},
	{"key=log-opts value={\"tag\":\"x\"} accept=[\"*\"] forbid=[]", "{\"tag\":\"y\"}", true},
	{"key=seccomp-profile value=\"/p\" forbid=[\"unconfined\"]", NULL, false},
	{"key=seccomp-profile value=\"/p\" forbid=[\"unconfined\"]", "\"\"", false},
	{"key=seccomp-profile value=\"/p\" forbid=[\"unconfined\"]", "\"/o\"", true},
	{"key=authorization-plugins value=[\"a\"] forbid=[[]]", NULL, false},
	{"key=authorization-plugins value=[\"a\"] forbid=[[]]", "[]", false},
	{"key=authorization-plugins value=[\"a\"] forbid=[[]]", "[\"b\"]", true},
	{"key=storage-driver value=\"overlay2\" forbid=[\"aufs\"]", NULL, false},
	{"key=hosts value=[\"fd://\"] forbid=[\"tcp://0*\"] unset-ok=true", NULL, true},
	{"key=hosts value=[\"fd://\"] forbid=[\"tcp://0*\"] unset-ok=true",
	 "[\"tcp://10.1.1.1:2376\"]", true},
	{"key=hosts value=[\"fd://\"] forbid=[\"tcp://0*\"] unset-ok=true",
	 "[\"fd://\",\"tcp://0.0.0.0:2376\"]", false},
	{"key=ip value=\"127.0.0.1\" forbid=[\"0.0.0.0\"]", NULL, false},
	{"key=ip value=\"127.0.0.1\" forbid=[\"0.0.0.0\"]", "\"10.1.1.1\"", true},
	{"key=metrics-addr value=\"127.0.0.1:1\" forbid=[\":*\"] unset-ok=true", NULL, true},
	{"key=metrics-addr value=\"127.0.0.1:1\" forbid=[\":*\"] unset-ok=true", "\"\"", true},
	{"key=metrics-addr value=\"127.0.0.1:1\" forbid=[\":*\"] unset-ok=true", "\":1\"", false},
	{"key=ip6tables value=true forbid=[false] unset-ok=true", NULL, true},
	{"key=ip6tables value=true forbid=[false] unset-ok=true", "false", false},
	/* ... and where the value alone is right */
	{"key=log-driver accept=[\"syslog\"] forbid=[\"local\"] strict=true", "\"syslog\"", true},
	{"key=log-driver accept=[\"syslog\"] forbid=[\"local\"] strict=true", "\"local\"", false},
	{"key=log-driver value=\"gelf\" accept=[\"syslog\"] forbid=[\"local\"] strict=true",
	 "\"syslog\"", false},
	{"key=log-driver value=\"gelf\" accept=[\"syslog\"] forbid=[\"local\"] strict=true",
	 "\"gelf\"", true},
	{"key=log-driver value=\"gelf\" accept=[\"*\"] strict=true", "\"syslog\"", false},
	{"key=log-opts value={\"tag\":\"x\"} accept=[\"*\"] forbid=[] strict=true",
	 "{\"tag\":\"y\"}", false},
	{"key=log-opts value={\"tag\":\"x\"} forbid=[] strict=true",
	 "{\"tag\":\"x\",\"mode\":\"z\"}", true},
	{"key=insecure-registries value=[]", NULL, true},
	{"key=insecure-registries value=[]", "[\"10.1.1.1:5000\"]", false},
	{"key=insecure-registries value=[]", "[\n ]", true},
	/* objects: the wanted members count, the others do not */
	{"key=log-opts value={\"max-size\":\"10m\"}", "{\"max-size\":\"10m\",\"tag\":\"x\"}", true},
	{"key=log-opts value={\"max-size\":\"10m\"}", "{\"tag\":\"x\"}", false},
	{"key=log-opts value={\"max-size\":\"10m\"}", "{\"max-size\":\"5m\"}", false},
	{"key=log-opts value={\"max-size\":\"10m\"} accept=[\"*\"]", "{\"max-size\":\"5m\"}", true},
	{"key=log-opts value={\"max-size\":\"10m\"} accept=[\"*\"]", "{}", false},
	{"key=log-opts value={\"max-size\":\"10m\"} accept=[\"*\"]", NULL, false},
	/* an entry without its Name makes every start of a container fail */
	{"key=default-ulimits "
	 "value={\"nofile\":{\"Name\":\"nofile\",\"Soft\":1,\"Hard\":2}} accept=[\"*\"]",
	 "{\"nofile\":{\"Soft\":3,\"Hard\":4}}", false},
	{"key=default-ulimits "
	 "value={\"nofile\":{\"Name\":\"nofile\",\"Soft\":1,\"Hard\":2}} accept=[\"*\"]",
	 "{\"nofile\":{\"Name\":\"nofile\",\"Soft\":3,\"Hard\":4}}", true},
	{"key=default-ulimits "
	 "value={\"nofile\":{\"Name\":\"nofile\",\"Soft\":1,\"Hard\":2}} accept=[\"*\"]",
	 "{\"nproc\":\"1024:2408\"}", false},
	/* remapping: the value may be set and mean "off" */
	{"key=userns-remap value=\"default\"", "\"default\"", true},
	{"key=userns-remap value=\"default\"", "\"ops\"", true},
	{"key=userns-remap value=\"default\"", "\"root\"", false},
	{"key=userns-remap value=\"default\"", "\"0\"", false},
	{"key=userns-remap value=\"default\"", "\"0:0\"", false},
	{"key=userns-remap value=\"default\"", "\"\"", false},
	{"key=userns-remap value=\"default\"", "true", true},
	{"key=userns-remap value=\"default\"", NULL, false},
};

static void test_accepted(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(accepted_rows); i++) {
		DESIRED(desired, &module_docker_daemon, accepted_rows[i].want);
		const struct daemon_want *want = desired;

		if (daemon_value_accepted(want, daemon_key_find(want->key),
					  accepted_rows[i].value) != accepted_rows[i].accepted)
			fail_msg("%s: %s", accepted_rows[i].want, accepted_rows[i].value);
	}
}

static void test_items(void **state)
{
	static const struct {
		const char *array;
		const char *joined;
	} rows[] = {
		{"[]", ""},
		{"[ ]", ""},
		{"[1]", "1"},
		{"[1, \"a,b\" ,[2,3],{\"x\":[4,\"]\"]}]", "1|\"a,b\"|[2,3]|{\"x\":[4,\"]\"]}"},
		{"[\"\\\"]\",null]", "\"\\\"]\"|null"},
		{"{\"a\":1}", ""},
		{"\"[1]\"", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv items = {0};
		CLEANUP(freep) char *joined = NULL;

		json_items(rows[i].array, &items);
		joined = strv_join(&items, "|");
		assert_string_equal(joined, rows[i].joined);
	}
	json_items(NULL, NULL);
}

static void test_member(void **state)
{
	CLEANUP(freep) char *member = json_member("{\"a/b\":{\"x\": 1}}", "a/b");

	assert_true(json_value_same(member, "{\"x\":1}"));
	assert_null(json_member("[]", "x"));
	assert_null(json_member(NULL, "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_member),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
