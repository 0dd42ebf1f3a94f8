#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/base/strv.h"
#include "engine/format/bundle.h"

#define PROCESS                                                                                    \
	"\"process\":{\"apparmorProfile\":\"docker-default\",\"capabilities\":{\"bounding\":["     \
	"\"CAP_KILL\",\"CAP_CHOWN\"],\"effective\":[\"CAP_KILL\"]}}"
#define FILTER                                                                                     \
	"\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"]},{\"names\":["   \
	"\"write\"]}]"

static int take(const char *text, struct bundle *ret)
{
	CLEANUP(buf_clear) struct buf b = {0};

	buf_puts(&b, text);
	return bundle_read(&b, ret, NULL);
}

static void test_members(void **state)
{
	CLEANUP(bundle_clear) struct bundle b = {0}, none = {0};

	assert_int_equal(take("{" PROCESS ",\"linux\":{\"seccomp\":{" FILTER "}}}", &b), 0);
	assert_string_equal(b.caps, "CAP_CHOWN CAP_KILL");
	assert_string_equal(b.apparmor, "docker-default");
	assert_non_null(b.filter);
	assert_int_equal(take("{\"process\":{},\"linux\":{\"seccomp\":null}}", &none), 0);
	assert_string_equal(none.caps, "");
	assert_string_equal(none.apparmor, "");
	assert_null(none.filter);
}

/* Another order of members is the same filter, another order of rules is not. */
static void test_same_filter(void **state)
{
	static const struct {
		const char *filter;
		bool same;
	} rows[] = {
		{FILTER, true},
		{"\"syscalls\": [{\"names\": [\"read\"]}, {\"names\": [\"write\"]}], "
		 "\"defaultAction\": \"SCMP_ACT_ERRNO\"",
		 true},
		{"\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"write\"]},{"
		 "\"names\":["
		 "\"read\"]}]",
		 false},
		{FILTER ",\"defaultErrnoRet\":1", false},
		{"\"defaultAction\":\"SCMP_ACT_ERRNO\"", false},
	};
	CLEANUP(bundle_clear) struct bundle first = {0};

	assert_int_equal(take("{" PROCESS ",\"linux\":{\"seccomp\":{" FILTER "}}}", &first), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(bundle_clear) struct bundle b = {0};
		CLEANUP(freep)
		char *text =
			xasprintf("{" PROCESS ",\"linux\":{\"seccomp\":{%s}}}", rows[i].filter);

		assert_int_equal(take(text, &b), 0);
		if ((strcmp(b.filter, first.filter) == 0) != rows[i].same)
			fail_msg("row %zu", i);
	}
}

/* What dockerd of these versions wrote for a container without options, on a kernel without AppArmor. */
static void test_recorded(void **state)
{
	static const char *const versions[] = {"20.10.24", "26.1.5", "28.5.2"};
	CLEANUP(freep) char *before = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		CLEANUP(freep) char *path = xasprintf(SAMPLES "/bundle-%s.json", versions[i]);
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(bundle_clear) struct bundle b = {0};
		CLEANUP(strv_clear) struct strv caps = {0};
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		assert_true(fd >= 0);
		assert_int_equal(fd_read_all(fd, SIZE_MAX, &text), 0);
		close(fd);
		assert_int_equal(bundle_read(&text, &b, NULL), 0);
		strv_split(&caps, b.caps, " ");
		assert_int_equal(caps.count, 14);
		assert_string_equal(b.apparmor, "");
		assert_non_null(b.filter);
		assert_int_not_equal(strcmp_null(before, b.filter),
				     0); /* each version has its own */
		str_replace(&before, b.filter);
	}
}

static void test_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{",
		"{}",
		"{\"process\":{}}",
		"{\"linux\":{}}",
		"{\"process\":1,\"linux\":{}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(bundle_clear) struct bundle b = {0};

		if (take(texts[i], &b) != -EINVAL)
			fail_msg("'%s' was taken", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_same_filter),
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
