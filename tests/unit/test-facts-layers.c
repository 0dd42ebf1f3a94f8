#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"

/* As the kernel shows it to a container: init, a program of the host, and a directory of it. */
#define MOUNTS                                                                                     \
	"900 800 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u\n"              \
	"901 900 0:51 / /proc rw - proc proc rw\n"                                                 \
	"902 900 8:1 /usr/bin/docker-init /sbin/docker-init ro - ext4 /dev/sda1 rw\n"              \
	"903 900 8:1 /usr/bin/docker /usr/bin/docker rw - ext4 /dev/sda1 rw\n"                     \
	"904 900 8:1 /opt/tools /usr/local/lib/tools rw - ext4 /dev/sda1 rw\n"

/* What a container gets mounted is not a change of its programs; what lies beside it is one. */
static void test_what_is_mounted_over(void **state)
{
	static const struct {
		const char *paths, *left;
	} rows[] = {
		{"/sbin/docker-init", ""},
		{"/usr/bin/docker", ""},
		{"/usr/local/lib/tools/a", ""},
		{"/bin/su /sbin/docker-init /usr/bin/curl", "/bin/su /usr/bin/curl"},
		{"/usr/bin/docker2 /usr/bin/dock /usr/local/lib/tools2",
		 "/usr/bin/docker2 /usr/bin/dock /usr/local/lib/tools2"},
		{"/sbin/docker-init /usr/bin/docker", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv paths = {0};
		CLEANUP(freep) char *left = NULL;

		strv_split(&paths, rows[i].paths, " ");
		leave_out_mounted(&paths, MOUNTS);
		left = strv_join(&paths, " ");
		assert_string_equal(left, rows[i].left);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_mounted_over),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
