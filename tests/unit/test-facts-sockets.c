#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"

#define TITLES "Num       RefCount Protocol Flags    Type St Inode Path\n"
#define LINE(flags, inode, path)                                                                   \
	"0000000000000000: 00000002 00000000 " flags " 0001 01 " inode path "\n"

static void test_rows(void **state)
{
	static const struct {
		const char *name, *line, *want;
	} rows[] = {
		{"its own", LINE("00010000", "7", " /srv/d.sock"), "/srv/d.sock"},
		{"with a blank", LINE("00010000", "7", " /srv/a b"), "/srv/a b"},
		{"abstract", LINE("00010000", "8", " @api"), "@api"},
		{"another process's", LINE("00010000", "9", " /srv/d.sock"), ""},
		{"one that begins alike", LINE("00010000", "77", " /srv/d.sock"), ""},
		{"only connected", LINE("00000000", "7", " /srv/d.sock"), ""},
		{"without a name", LINE("00010000", "7", ""), ""},
		{"dockerd's metrics", LINE("00010000", "7", " /var/run/docker/metrics.sock"), ""},
		{"another exec-root's", LINE("00010000", "7", " /run/other/libnetwork/1.sock"), ""},
		{"beside it", LINE("00010000", "7", " /run/other.sock"), "/run/other.sock"},
		{"beside that folder", LINE("00010000", "7", " /run/docker.sock"),
		 "/run/docker.sock"},
		{"nothing of the kind", "x\n\n", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *table = xasprintf(TITLES "%s", rows[i].line);
		CLEANUP(strv_clear) struct strv inodes = {0}, got = {0};
		CLEANUP(freep) char *list = NULL;

		strv_add(&inodes, "7");
		strv_add(&inodes, "8");
		unix_listeners(table, &inodes, "/var/run/other/", &got);
		list = strv_join(&got, ",");
		if (strcmp(list, rows[i].want) != 0)
			fail_msg("%s: '%s'", rows[i].name, list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
