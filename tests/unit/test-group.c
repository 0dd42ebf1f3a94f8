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
	assert_string_equal(d.reason, "bob is in group docker (and 1 more)");
	assert_string_equal(d.fix, "give carol another primary group: usermod -g");
	assert_string_equal(d.warnings.items[0],
			    "sessions of bob keep group docker until they end");
}

/* Whoever has the group's number has the group, by whatever line that is. */
static void test_ways(void **state)
{
	static const struct {
		const char *name, *group, *gshadow;
		enum verdict verdict, again;
		bool refused;
		const char *left; /* of the group file afterwards; NULL: all */
	} ways[] = {
		{"none", "docker:x:998:alice\n", "docker:!::alice\n", VERDICT_PASS, VERDICT_PASS,
		 false, NULL},
		{"second line", "docker:x:998:alice\ndocker:x:998:mallory\n", "", VERDICT_FAIL,
		 VERDICT_FAIL, true, NULL},
		{"second line, trusted", "docker:x:998:\ndocker:x:998:alice\n", "", VERDICT_PASS,
		 VERDICT_PASS, false, NULL},
		{"same number", "docker:x:998:alice\nops:x:998:mallory,alice\n", "", VERDICT_FAIL,
		 VERDICT_PASS, false, "docker:x:998:alice\nops:x:998:alice\n"},
		{"number before the name", "ops:x:998:mallory\ndocker:x:998:\n", "", VERDICT_FAIL,
		 VERDICT_PASS, false, "ops:x:998:\ndocker:x:998:\n"},
		{"its second line has another number",
		 "docker:x:998:\ndocker:x:5:\nops:x:5:mallory\n", "", VERDICT_FAIL, VERDICT_PASS,
		 false, "docker:x:998:\ndocker:x:5:\nops:x:5:\n"},
		{"other number", "docker:x:998:alice\nops:x:99:mallory\n",
		 "ops:!:mallory:mallory\n", VERDICT_PASS, VERDICT_PASS, false, NULL},
		{"administrator", "docker:x:998:\n", "docker:!:mallory:\n", VERDICT_FAIL,
		 VERDICT_FAIL, false, NULL},
		{"trusted administrator", "docker:x:998:\n", "docker:!:alice:\n", VERDICT_PASS,
		 VERDICT_PASS, false, NULL},
		{"administrator of the same number", "docker:x:998:\nops:x:998:\n",
		 "docker:!::\nops:!:alice,mallory:\n", VERDICT_FAIL, VERDICT_FAIL, false, NULL},
		{"second line of gshadow", "docker:x:998:\n", "docker:!::\ndocker:!::mallory\n",
		 VERDICT_FAIL, VERDICT_FAIL, true, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		CLEANUP(delta_clear) struct delta d = {0}, again = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_group, "group=docker allowed=alice");

		fake_view_init(&f);
		fake_file(&f, "/etc/passwd", 0644, "root:x:0:0::/:\nalice:x:1:1::/:\n");
		fake_file(&f, "/etc/group", 0644, ways[i].group);
		fake_file(&f, "/etc/gshadow", 0640, ways[i].gshadow);
		fake_diff(&f, &module_group, want, &d);
		if (d.verdict != ways[i].verdict || !d.refusal == ways[i].refused)
			fail_msg("%s: %s (%s)", ways[i].name, verdict_to_string(d.verdict),
				 d.reason);
		fake_converges(&f, &module_group, want, &d, &again);
		assert_verdict(&again, ways[i].again);
		assert_string_equal(fake_content(&f, "/etc/group"),
				    ways[i].left ? ways[i].left : ways[i].group);
	}
}

/* "(and 1 more)" is somebody else, or something else: who stands in two lines is told once, and taken out of both. */
static void test_told_once(void **state)
{
	static const struct {
		const char *group, *gshadow, *reason;
	} told[] = {
		{"docker:x:998:mallory\n", "docker:!::mallory\n", "mallory is in group docker"},
		{"docker:x:998:eve,mallory\n", "docker:!::mallory,eve\n",
		 "eve and mallory are in group docker"},
		{"docker:x:998:\n", "docker:!::mallory,eve\n",
		 "mallory and eve are in group docker by /etc/gshadow"},
		{"docker:x:998:mallory\n", "docker:!::mallory,eve\n",
		 "mallory is in group docker (and 1 more)"},
		{"docker:x:998:mallory\ndocker:x:998:mallory\n", "", "mallory is in group docker"},
		{"docker:x:998:\n", "docker:!::mallory\ndocker:!::mallory\n",
		 "mallory is in group docker by /etc/gshadow"},
		{"docker:x:998:mallory\n", "docker:!:mallory:mallory\n",
		 "mallory is in group docker (and 1 more)"},
		{"docker:x:998:mallory\nops:x:998:mallory\n", "docker:!::\nops:!::mallory\n",
		 "mallory is in group docker (and 1 more)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_group, "group=docker allowed=alice");

		fake_view_init(&f);
		fake_file(&f, "/etc/passwd", 0644, "root:x:0:0::/:\nmallory:x:1:1::/:\n");
		fake_file(&f, "/etc/group", 0644, told[i].group);
		fake_file(&f, "/etc/gshadow", 0640, told[i].gshadow);
		fake_diff(&f, &module_group, want, &d);
		assert_string_equal(d.reason, told[i].reason);
	}
}

/* The group of the API's socket is what makes root of its members, whatever its name is. */
static void test_socket(void **state)
{
	static const struct {
		const char *name, *given;
		gid_t has; /* the socket, now */
		bool asked;
		const char *group;
		enum verdict verdict;
	} rows_of_socket[] = {
		{"docker", "\"docker\"", 998, true, "docker:x:998:\n", VERDICT_PASS},
		{"another is given", "\"users\"", 0, true, "docker:x:998:\nusers:x:100:mallory\n",
		 VERDICT_FAIL},
		{"given by number", "\"100\"", 0, true, "docker:x:998:\nusers:x:100:mallory\n",
		 VERDICT_FAIL},
		{"it has another", NULL, 100, true, "docker:x:998:\nusers:x:100:mallory\n",
		 VERDICT_FAIL},
		{"and no docker", "\"users\"", 0, true, "users:x:100:mallory\n", VERDICT_FAIL},
		{"docker's count still", "\"users\"", 100, true,
		 "docker:x:998:mallory\nusers:x:100:\n", VERDICT_FAIL},
		{"root's own", NULL, 0, true, "root:x:0:\n", VERDICT_NOT_APPLICABLE},
		{"root's by name", "\"root\"", 0, true, "root:x:0:\n", VERDICT_PASS},
		{"primary of the number", NULL, 7, true, "docker:x:998:\n", VERDICT_FAIL},
		{"nobody asks for it", "\"users\"", 100, false,
		 "docker:x:998:\nusers:x:100:mallory\n", VERDICT_PASS},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows_of_socket); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(socket, &module_group, "group=docker api-socket=true allowed=alice");
		DESIRED(plain, &module_group, "group=docker allowed=alice");

		fake_view_init(&f);
		if (rows_of_socket[i].given)
			settings_put(&f.facts.docker.next, "group", rows_of_socket[i].given,
				     SOURCE_FILE, "test");
		fake_node(&f, "/run/docker.sock", NODE_SOCKET, 0660)->gid = rows_of_socket[i].has;
		fake_file(&f, "/etc/passwd", 0644, "root:x:0:0::/:\neve:x:9:7::/:\n");
		fake_file(&f, "/etc/group", 0644, rows_of_socket[i].group);
		fake_diff(&f, &module_group, rows_of_socket[i].asked ? socket : plain, &d);
		if (d.verdict != rows_of_socket[i].verdict)
			fail_msg("%s: %s (%s)", rows_of_socket[i].name,
				 verdict_to_string(d.verdict), d.reason);
	}
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
		cmocka_unit_test(test_rows),       cmocka_unit_test(test_words),
		cmocka_unit_test(test_blanks),     cmocka_unit_test(test_ways),
		cmocka_unit_test(test_told_once),  cmocka_unit_test(test_socket),
		cmocka_unit_test(test_unreadable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
