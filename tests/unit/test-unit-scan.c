#include "engine/format/unit-scan.h"

#include "tests/unit/format-case.h"

#define ESCAPED "a\\\\" /* two backslashes: the line ends here */

static void test_values(void **state)
{
	static const struct {
		const char *text, *seen;
		bool section;
	} cases[] = {
		{"", "", false},
		{"[Unit]\nKey=1\n", "", false},
		{"[Service]\nKey=1\n", "[1]", true},
		{"[Service]\n  Key = a b \t\r\n", "[a b]", true},
		{"[Service]\nKey=\nKey=x\n[Unit]\nKey=no\n[Service]\nKey=y", "[][x][y]", true},
		{"[Service]\n#Key=1\n;Key=2\nKeys=3\nOther=Key=4\n", "", true},
		{"[Service]\nKey=a \\\n   b \\\n\tc\n", "[a     b  \tc]", true},
		{"[Service]\nKey=a \\\n# note \\\n; more\n  b\n", "[a    b]", true},
		{"[Service]\nKey=a \\\nKey=b\n", "[a  Key=b]", true},
		{"[Service]\nKey=" ESCAPED "\nKey=b\n", "[" ESCAPED "][b]", true},
		{"[Service]\n# note \\\nKey=a\n", "[a]", true},
		{"[Service]\nKey=a \\", "[a]", true},
		{"[Service]\nKey=a \\\n#x", "[a]", true},
		/* systemd reads no further than to a section's line that does not end */
		{"[Unit\n[Service]\nKey=1\n", "", false},
		{"[Service]\nKey=1\n [Unit \t\n[Service]\nKey=2\n", "[1]", true},
		{"[Service\nKey=1\n", "", false},
		{"  [Service] \r\nKey=1\n", "[1]", true},
		{"[Service]\nKey=a \\\n[b\nKey=c\n", "[a  [b][c]", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(unit_scan_clear) struct unit_scan scan = {0};
		CLEANUP(buf_clear) struct buf text = {0}, seen = {0};

		case_buf(&text, cases[i].text);
		unit_scan(&text, "Service", "Key", &scan);
		for (size_t a = 0; a < scan.count; a++)
			buf_printf(&seen, "[%s]", scan.items[a].value);
		assert_string_equal(buf_str(&seen), cases[i].seen);
		assert_int_equal(scan.has_section, cases[i].section);
	}
}

static void test_places(void **state)
{
	static const char text_of[] = "[Service]\nKey= a \\\n b\nX=1\n# end\n\n[Install]\n";
	CLEANUP(unit_scan_clear) struct unit_scan scan = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	case_buf(&text, text_of);
	unit_scan(&text, "Service", "Key", &scan);
	assert_int_equal(scan.count, 1);
	assert_int_equal(scan.items[0].lines.start, strlen("[Service]\n"));
	assert_int_equal(scan.items[0].lines.next, strlen("[Service]\nKey= a \\\n b\n"));
	assert_int_equal(scan.items[0].value_start, strlen("[Service]\nKey= "));
	assert_int_equal(scan.section_end, strlen("[Service]\nKey= a \\\n b\nX=1\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_places),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
