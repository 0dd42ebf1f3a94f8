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

/* Its ends of connections to its API; not of those to others, nor by others, nor what listens. */
static void test_connections(void **state)
{
	static const char table[] =
		TITLES "0: 00000003 00000000 00000000 0001 03 7 /run/docker.sock\n"
		       "0: 00000003 00000000 00000000 0001 03 8 /run/docker.sock\n"
		       "0: 00000002 00000000 00010000 0001 01 9 /run/docker.sock\n"
		       "0: 00000003 00000000 00000000 0001 03 70 /run/docker.sock\n"
		       "0: 00000003 00000000 00000000 0001 03 10 /run/other.sock\n"
		       "0: 00000002 00000000 00000000 0001 03 9 /run/docker.sock\n"
		       "0: 00000003 00000000 00000000 0001 03 11\n";
	static const char *const own[] = {"7", "8", "9", "10", "11"};
	CLEANUP(strv_clear) struct strv inodes = {0}, paths = {0};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		strv_add(&inodes, own[i]);
	assert_int_equal(unix_connections(table, &inodes, &paths), 0);
	strv_add(&paths, "/run/docker.sock");
	assert_int_equal(unix_connections(table, &inodes, &paths), 2);
	assert_int_equal(unix_connections("", &inodes, &paths), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
					   cmocka_unit_test(test_connections)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
