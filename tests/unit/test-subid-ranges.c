#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define WANT "account=dockremap"
#define OURS "dockremap:100000:65536\n"

static const struct row {
	const char *name, *subuid;
	enum verdict verdict;
	const char *reason;
	bool edits;
} rows[] = {
	{"there", OURS, VERDICT_PASS, "dockremap has a range of its own", false},
	{"there among others", "me:165536:65536\n" OURS, VERDICT_PASS,
	 "dockremap has a range of its own", false},
	{"missing", "me:100000:65536\n", VERDICT_FAIL,
	 "dockremap has no range in '/etc/subuid' (and 1 more)", true},
	{"too small", "dockremap:100000:1000\n", VERDICT_FAIL,
	 "the range of dockremap in '/etc/subuid' has 1000 ids, 65536 are needed", false},
	{"two overlap", OURS "me:165535:65536\n", VERDICT_FAIL,
	 "in '/etc/subuid' the ids of dockremap and me overlap", false},
	{"a wide one spans a later one", OURS "all:50000:500000\nme:200000:10\n", VERDICT_FAIL,
	 "in '/etc/subuid' the ids of all and dockremap overlap", false},
	{"an account lies in it", "dockremap:900:70000\n", VERDICT_FAIL,
	 "in '/etc/subuid' the ids of dockremap and bob overlap", false},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_subid_ranges, WANT);

		fake_view_init(&f);
		f.facts.docker.install = DOCKER_CE;
		fake_file(&f, "/etc/passwd", 0644,
			  "root:x:0:0::/:/bin/sh\ndockremap:x:300:300::/:/bin/false\n"
			  "bob:x:1000:1000::/:/bin/sh\n");
		fake_file(&f, "/etc/group", 0644, "root:x:0:\ndockremap:x:300:\nbob:x:1000:\n");
		fake_file(&f, "/etc/subuid", 0644, row->subuid);
		fake_file(&f, "/etc/subgid", 0644, row->edits ? "" : OURS);
		fake_diff(&f, &module_subid_ranges, want, &d);
		if (d.verdict != row->verdict ||
		    strncmp(d.reason, row->reason, strcspn(row->reason, "(")) != 0)
			fail_msg("%s: %s (%s)", row->name, verdict_to_string(d.verdict), d.reason);
		assert_int_equal(d.edits.count > 0, row->edits);
		if (row->edits)
			fake_converges(&f, &module_subid_ranges, want, &d, NULL);
		else if (d.verdict == VERDICT_FAIL)
			assert_non_null(d.fix);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
