#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define GROUP "root:x:0:\ndocker:x:998:alice,bob\ndockerx:x:5:mallory\n"
#define GSHADOW "docker:!::alice,bob,eve\n"

/* Who is allowed, and the groups' lines afterwards (NULL: as before). */
static const struct row {
	const char *name, *want;
	enum verdict verdict, again;
	const char *group, *gshadow;
} rows[] = {
	{"nobody decided", "group=docker", VERDICT_MANUAL, VERDICT_MANUAL, NULL, NULL},
	{"all trusted", "group=docker allowed=alice,bob,eve,carol", VERDICT_PASS, VERDICT_PASS,
	 NULL, NULL},
	{"one is not", "group=docker allowed=bob,carol", VERDICT_FAIL, VERDICT_PASS,
	 "root:x:0:\ndocker:x:998:bob\ndockerx:x:5:mallory\n", "docker:!::bob\n"},
	/* a trusted alice is not an "al" that is trusted */
	{"whole names", "group=docker allowed=al,alicebob,carol", VERDICT_FAIL, VERDICT_PASS,
	 "root:x:0:\ndocker:x:998:\ndockerx:x:5:mallory\n", "docker:!::\n"},
	{"primary group is only named", "group=docker allowed=alice,bob,eve", VERDICT_FAIL,
	 VERDICT_FAIL, NULL, NULL},
	{"no such group", "group=moby allowed=bob", VERDICT_NOT_APPLICABLE, VERDICT_NOT_APPLICABLE,
	 NULL, NULL},
};

static void fill(struct fake_view *f)
{
	fake_file(f, "/etc/passwd", 0644, "alice:x:1:1::/:\ncarol:x:2:998::/:\n");
	fake_file(f, "/etc/group", 0644, GROUP);
	fake_file(f, "/etc/gshadow", 0640, GSHADOW);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0}, again = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_group, rows[i].want);

		fake_view_init(&f);
		fill(&f);
		fake_diff(&f, &module_group, want, &d);
		if (d.verdict != rows[i].verdict)
			fail_msg("%s: %s (%s)", rows[i].name, verdict_to_string(d.verdict),
				 d.reason);
		fake_converges(&f, &module_group, want, &d, &again);
		assert_verdict(&again, rows[i].again);
		assert_string_equal(fake_content(&f, "/etc/group"),
				    rows[i].group ? rows[i].group : GROUP);
		assert_string_equal(fake_content(&f, "/etc/gshadow"),
				    rows[i].gshadow ? rows[i].gshadow : GSHADOW);
	}
}

/* A domain's "domain users" is one member, and goes as it is spelled. */
static void test_blanks(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0}, again = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_group, "group=docker allowed=alice");

	fake_view_init(&f);
	fill(&f);
	fake_file(&f, "/etc/passwd", 0644, "");
	fake_file(&f, "/etc/group", 0644, "docker:x:998: alice,DOM\\domain users, al ice\n");
	fake_file(&f, "/etc/gshadow", 0640, "docker:!:: alice,al ice\n");
	fake_diff(&f, &module_group, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	fake_converges(&f, &module_group, want, &d, &again);
	assert_verdict(&again, VERDICT_PASS);
	assert_string_equal(fake_content(&f, "/etc/group"), "docker:x:998: alice\n");
	assert_string_equal(fake_content(&f, "/etc/gshadow"), "docker:!:: alice\n");
}

static void test_words(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(nobody, &module_group, "group=docker");
	DESIRED(some, &module_group, "group=docker allowed=alice,eve");

	fake_view_init(&f);
	fill(&f);
	fake_diff(&f, &module_group, nobody, &d);
	assert_string_equal(
		d.reason, "no list of trusted users is set; in group docker: alice, bob and carol");
	fake_diff(&f, &module_group, some, &d);
	assert_string_equal(d.reason, "bob is in group docker");
	assert_string_equal(d.fix, "give carol another primary group: usermod -g");
	assert_string_equal(d.warnings.items[0],
			    "sessions of bob keep group docker until they end");
}

static void test_unreadable(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_group, "group=docker allowed=alice,bob,carol");

	fake_view_init(&f);
	fill(&f);
	fake_unreadable(&f, "/etc/gshadow", -EACCES);
	fake_diff(&f, &module_group, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
	fake_unreadable(&f, "/etc/group", -EACCES);
	fake_diff(&f, &module_group, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_unreadable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
