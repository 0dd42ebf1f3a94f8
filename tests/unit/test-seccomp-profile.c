#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/seccomp-profile.h"

/* Each was tried with a container on 20.10.24, 26.1.5 and 28.5.2: error NULL means it started. */

#define ALLOW "{\"defaultAction\":\"SCMP_ACT_ALLOW\""
#define CALL(entry) ALLOW ",\"syscalls\":[{\"names\":[\"mkdirat\"]," entry "}]}"

static const struct {
	const char *text, *version, *error;
} rows[] = {
	{ALLOW "}", "28.5.2", NULL},
	{"{\"defaultAction\":\"SCMP_ACT_NOSUCH\"}", "28.5.2",
	 "'SCMP_ACT_NOSUCH' is not a seccomp action"},
	{"{\"defaultAction\":\"ALLOW\"}", "28.5.2", "'ALLOW' is not"},
	{"{\"defaultAction\":7}", "28.5.2", "is not a text"},
	{"{\"defaultAction\":\"\"}", "28.5.2", NULL},
	{"{\"x\":1}", "28.5.2", NULL},
	{"[]", "28.5.2", "not a JSON object"},
	{"", NULL, "not a JSON object"},
	{ALLOW "} trailing", "28.5.2", "not a JSON object"},
	{CALL("\"action\":\"SCMP_ACT_ERRNO\""), "28.5.2", NULL},
	{CALL("\"action\":\"SCMP_ACT_LOG\""), "28.5.2", NULL},
	{CALL("\"action\":\"SCMP_ACT_NOPE\""), "28.5.2", "'SCMP_ACT_NOPE'"},
	{CALL("\"args\":null"), "28.5.2", "is not a text"},
	{CALL("\"action\":\"SCMP_ACT_NOPE\",\"includes\":{\"caps\":[\"CAP_BPF\"]}"), "28.5.2",
	 NULL},
	{CALL("\"action\":\"SCMP_ACT_LOG\",\"name\":\"mkdir\""), "28.5.2",
	 "both 'name' and 'names'"},
	{CALL("\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_EQ\"}]"),
	 "28.5.2", NULL},
	{CALL("\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_NOPE\"}]"),
	 "28.5.2", "'SCMP_CMP_NOPE'"},
	{CALL("\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"index\":9,\"op\":\"SCMP_CMP_EQ\"}]"),
	 "28.5.2", "no argument 9"},
	{ALLOW ",\"syscalls\":{\"names\":[\"a\"]}}", "28.5.2", "'syscalls' is not a list"},
	{ALLOW ",\"syscalls\":[\"mkdirat\"]}", "28.5.2", "not an object"},
	{ALLOW ",\"architectures\":[\"SCMP_ARCH_X86_64\"]}", "28.5.2", NULL},
	{ALLOW ",\"architectures\":[\"SCMP_ARCH_NOPE\"]}", "28.5.2", "'SCMP_ARCH_NOPE'"},
	{ALLOW ",\"architectures\":[\"SCMP_ARCH_X86\"],\"archMap\":[{\"architecture\":"
	       "\"SCMP_ARCH_X86_64\"}]}",
	 "28.5.2", "both 'architectures' and 'archMap'"},
	{ALLOW ",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]}", "26.1.5", NULL},
	{ALLOW ",\"flags\":[\"SECCOMP_FILTER_FLAG_NOPE\"]}", "26.1.5", "_NOPE'"},
	{ALLOW ",\"flags\":[\"SECCOMP_FILTER_FLAG_NOPE\"]}", "20.10.24", NULL},
};

static void test_profiles(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *why = seccomp_profile_error(rows[i].text, rows[i].version);

		if (!why != !rows[i].error || (why && !strstr(why, rows[i].error)))
			fail_msg("%s: %s", rows[i].text, why ? why : "no error");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_profiles)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
