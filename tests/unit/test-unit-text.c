#include <errno.h>

#include "engine/format/schemes/schemes.h"
#include "tests/unit/format-case.h"

#define KEY "Service/ExecStart"

static void test_get(void **state)
{
	static const struct get_case cases[] = {
		{"", KEY, 0, NULL},
		{"[Service]\nExecStart=/bin/a\n", KEY, 1, "/bin/a"},
		{"[Service]\nExecStart=\nExecStart=/bin/a -b \\\n  -c\n", KEY, 1,
		 "\n/bin/a -b    -c"},
		{"[Service]\nExecStart=\n", KEY, 1, ""},
		{"[Unit]\nExecStart=/bin/a\n", KEY, 0, NULL},
		{"", "Service", -EINVAL, NULL},
		{"", "Service/", -EINVAL, NULL},
		{"", "/Key", -EINVAL, NULL},
		{"", "Ser]vice/Key", -EINVAL, NULL},
	};

	RUN_GET(unit_text_get, cases);
}

static void test_set(void **state)
{
	static const struct set_case cases[] = {
		{"", KEY, "\n/bin/a", "[Service]\nExecStart=\nExecStart=/bin/a\n", 0},
		{"", KEY, NULL, "", 0},
		{"[Unit]\nA=1\n", KEY, "x", "[Unit]\nA=1\n\n[Service]\nExecStart=x\n", 0},
		{"[Service]\nA=1\n\n[Install]\nB=2\n", KEY, "x",
		 "[Service]\nA=1\nExecStart=x\n\n[Install]\nB=2\n", 0},
		{"[Service]\r\nA=1", KEY, "x", "[Service]\r\nA=1\r\nExecStart=x", 0},
		/* in place, in the style of the line */
		{"[Service]\nExecStart = a # b\nC=1\n", KEY, "d", "[Service]\nExecStart = d\nC=1\n",
		 0},
		{"[Service]\nExecStart=a \\\n  b\nC=1\n", KEY, "d", "[Service]\nExecStart=d\nC=1\n",
		 0},
		{"[Service]\nExecStart=a \\\n  b\nC=1\n", KEY, "a    b",
		 "[Service]\nExecStart=a \\\n  b\nC=1\n", 0},
		/* assignments that are right stay as they are written */
		{"[Service]\nExecStart = \n#x\nExecStart=a \\\n b\n", KEY, "\na   b\nc",
		 "[Service]\nExecStart = \n#x\nExecStart=a \\\n b\nExecStart=c\n", 0},
		{"[Service]\nExecStart = a\n", KEY, "\na", "[Service]\nExecStart=\nExecStart = a\n",
		 0},
		{"[Service]\nExecStart=a\n#x\nExecStart=b\nExecStart=c\n", KEY, "a\nc",
		 "[Service]\nExecStart=a\n#x\nExecStart=c\n", 0},
		{"[Service]\nExecStart=a\nExecStart=b\nExecStart=c", KEY, "a\nd\ne\nc",
		 "[Service]\nExecStart=a\nExecStart=d\nExecStart=e\nExecStart=c", 0},
		{"[Service]\nExecStart=a\nB=1\nExecStart=b", KEY, NULL, "[Service]\nB=1", 0},
		{"[Service]\nA=1\n", KEY, "a\\", NULL, -EINVAL},
		/* what is put behind would be joined to the last line */
		{"[Service]\nA=1 \\\n", KEY, "x", NULL, -EBADMSG},
		{"A=1 \\", KEY, "x", NULL, -EBADMSG},
		/* behind such a line systemd reads nothing */
		{"[Unit\nA=1\n", KEY, "x", NULL, -EBADMSG},
		{"[Unit\nA=1\n", KEY, NULL, "[Unit\nA=1\n", 0},
		{"[Service]\nA=1\n[Unit\nB=1\n", KEY, "x",
		 "[Service]\nA=1\nExecStart=x\n[Unit\nB=1\n", 0},
		{"[Service]\nExecStart=a\n[Unit\n", KEY, "x", "[Service]\nExecStart=x\n[Unit\n", 0},
		{"[Service]\n\\\n;=\nExecStart=a\n", KEY, "b", "[Service]\n\\\n;=\nExecStart=b\n",
		 0},
		{"[Service]\nA=\\\n\nExecStart=x", KEY, NULL, "[Service]\nA=\\\n\n", 0},
		{"\\\n[Service]\nA=1\n", KEY, "x", "\\\n[Service]\nA=1\nExecStart=x\n", 0},
	};

	RUN_SET(unit_text_set, cases);
}

static void test_round_trips(void **state)
{
	static const char *const texts[] = {
		"[Service]\n",
		"[Service]",
		"[Service]\r\nA=1\r\n\r\n[Install]\r\nB=1\r\n",
		"# note\n[Service]\nA=1 \\\n 2\n\n# about B\n[B]",
		"[Service]\nA=1\n[Service]\nB=2",
	};

	RUN_ROUND(unit_text_get, unit_text_set, texts, KEY, "\n/bin/x -y\nz");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_round_trips),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
