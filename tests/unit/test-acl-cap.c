#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/common/acl-cap.h"

static void test_caps(void **state)
{
	static const struct {
		const char *acl;
		mode_t mask;
		const char *want;
	} rows[] = {
		{"user::rw-,user:1000:rwx,group::r--,mask::rwx,other::r--", 0644,
		 "user::rw-,user:1000:r--,group::r--,mask::r--,other::r--"},
		/* a named user behind an allowed group bit: what 660 root:docker hides */
		{"user::rw-,user:1000:rw-,group::rw-,mask::rw-,other::---", 0660,
		 "user::rw-,user:1000:---,group::rw-,mask::rw-,other::---"},
		{"user::rwx,group::r-x,group:27:rwx,mask::rwx,other::r-x", 0755,
		 "user::rwx,group::r-x,group:27:r-x,mask::r-x,other::r-x"},
		{"user::r--,user:0:r--,group::---,mask::r--,other::---", 0400,
		 "user::r--,user:0:---,group::---,mask::---,other::---"},
		{"user::rw-,group::r--,mask::r--,other::r--", 0644,
		 "user::rw-,group::r--,mask::r--,other::r--"},
		{"user::rwx,user:1:rwx,group::rwx,mask::rwx,other::rwx", 0,
		 "user::---,user:1:---,group::---,mask::---,other::---"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *capped = acl_cap(rows[i].acl, rows[i].mask);

		assert_non_null(capped);
		assert_string_equal(capped, rows[i].want);
	}
}

static void test_refuses_what_is_no_list(void **state)
{
	static const char *const rows[] = {
		"",          "user::rw",   "user::rw-,group",   "users::rw-", "user::rw-,x:y",
		"user::wr-", "user::rwxx", "default:user::rw-", "mask:rwx",   "user::rws",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *capped = acl_cap(rows[i], 0644);

		if (capped)
			fail_msg("'%s' was taken for '%s'", rows[i], capped);
	}
}

static unsigned bits_of(const char *acl, const char *tag)
{
	const char *at = strstr(acl, tag);
	unsigned bits = 0;

	assert_non_null(at);
	for (int i = 0; i < 3; i++)
		bits |= at[strlen(tag) + (size_t)i] == '-' ? 0 : 4U >> i;
	return bits;
}

static const char *text_of(unsigned bits)
{
	static const char *const texts[] = {"---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"};

	return texts[bits & 7];
}

static char *list_of(unsigned seed)
{
	return xasprintf("user::%s,user:7:%s,group::%s,group:8:%s,mask::%s,other::%s",
			 text_of(seed), text_of(seed >> 3), text_of(seed >> 6), text_of(seed >> 9),
			 text_of(seed >> 12), text_of(seed >> 15));
}

/* What each class can really do: all but owner and others only behind the mask. */
static void assert_only_shrinks(const char *before, const char *after, mode_t mask)
{
	static const char *const tags[] = {"user:7:", "group::", "group:8:"};

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		unsigned had = bits_of(before, tags[i]) & bits_of(before, "mask::");
		unsigned has = bits_of(after, tags[i]) & bits_of(after, "mask::");

		assert_int_equal(has & ~had, 0);
		assert_int_equal(has & ~(mask >> 3 & 7), 0);
		if (i != 1)
			assert_int_equal(has & ~(mask & 7), 0);
	}
	assert_int_equal(bits_of(after, "user::"), bits_of(before, "user::") & mask >> 6);
	assert_int_equal(bits_of(after, "other::"), bits_of(before, "other::") & mask);
}

static void test_effective_rights_only_shrink(void **state)
{
	for (unsigned seed = 0; seed < 1 << 18; seed += 61) {
		CLEANUP(freep) char *before = list_of(seed);
		mode_t mask = seed * 2654435761U >> 20 & 07777;
		CLEANUP(freep) char *after = acl_cap(before, mask);
		CLEANUP(freep) char *again = NULL;

		assert_non_null(after);
		assert_only_shrinks(before, after, mask);
		again = acl_cap(after, mask);
		assert_string_equal(after, again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_refuses_what_is_no_list),
		cmocka_unit_test(test_effective_rights_only_shrink),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
