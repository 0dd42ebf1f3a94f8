#include "tests/unit/acl-value.h"

static const struct {
	const char *given;
	const char *canonical; /* NULL: as given */
	mode_t mode;
} good[] = {
	{"user::rw-,user:1000:rwx,group::r--,mask::rwx,other::r--", .mode = 0674},
	{"user::rwx,group::r-x,other::---", .mode = 0750},
	{"user::---,group::---,other::---", .mode = 0},
	{"user::rw-,group::rwx,mask::r--,other::---", .mode = 0640},
	{"user::rw-,group::r--,group:0:rw-,mask::rw-,other::---", .mode = 0660},
	{"user::r--,user:0:---,user:4294967294:--x,group::-w-,group:7:r-x,mask::-wx,other::--x",
	 .mode = 0431},
	{"other::r--,mask::rwx,group::r--,user:1000:rwx,user::rw-",
	 "user::rw-,user:1000:rwx,group::r--,mask::rwx,other::r--", 0674},
	{"u::rw,u:20:x,u:3:r,g::-,m::rx,o::-",
	 "user::rw-,user:3:r--,user:20:--x,group::---,mask::r-x,other::---", 0650},
	{" user::rw- ,\n group::r--\tother::r--\n", "user::rw-,group::r--,other::r--", 0644},
};

static const char *const bad[] = {
	"",
	"user::rw-",
	"user::rw-,group::r--",
	"user::rw-,group::,other::r--",
	"user::rw-,user:1000:rwx,group::r--,other::r--",
	"user::rw-,user::rw-,group::r--,other::r--",
	"user::rw-,user:1:r--,user:1:rw-,group::r--,mask::rwx,other::r--",
	"user::rw-,user:root:rwx,group::r--,mask::rwx,other::r--",
	"user::rw-,user:-1:rwx,group::r--,mask::rwx,other::r--",
	"user::rw-,user:4294967295:rwx,group::r--,mask::rwx,other::r--",
	"user::rw-,user:99999999999:rwx,group::r--,mask::rwx,other::r--",
	"user::rw-,group::r--,mask:1:rwx,other::r--",
	"user::rw-,group::r--,other:1:r--",
	"user::rwX,group::r--,other::r--",
	"user::rwxr,group::r--,other::r--",
	"user::rw-:,group::r--,other::r--",
	"owner::rw-,group::r--,other::r--",
	"default:user::rw-,group::r--,other::r--",
	"user:rw-,group::r--,other::r--",
	"nonsense",
	/* what libacl by itself would take, or look up */
	"user::rw-group::r--,other::r--",
	"user::rw-,group::r--,other:r--",
	"user::rw-,group::r--,other::r--#x",
	"#x\nuser::rw-,group::r--,other::r--",
	"user::rw-,user:010:r--,group::r--,mask::rwx,other::r--",
	"user::rw-,user:0x10:r--,group::r--,mask::rwx,other::r--",
	"user::rw-,group::r--,group:daemon:r--,mask::rwx,other::r--",
	"user::rw-,user:4294968296:rwx,group::r--,mask::rwx,other::r--",
};

static void test_good(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const char *want = good[i].canonical ? good[i].canonical : good[i].given;
		CLEANUP(freep) char *text = NULL;
		mode_t mode = 07777;

		text = acl_round_trip(good[i].given, false);
		assert_string_equal(text, want);
		assert_int_equal(acl_text_mode(good[i].given, &mode, NULL), 0);
		assert_int_equal(mode, good[i].mode);
	}
	assert_int_equal(acl_names_asked, 0);
}

static void test_bad(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(error_clear) struct error err = {0};
		acl_t acl = NULL;
		mode_t mode = 07777;

		if (acl_text_to_acl(bad[i], &acl, &err) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(err.text);
		assert_null(acl);
		assert_int_equal(acl_text_mode(bad[i], &mode, NULL), -EINVAL);
		assert_int_equal(mode, 07777);
	}
	assert_int_equal(acl_names_asked, 0);
}

/* An access ACL of three entries is the mode and no ACL; a default one is something. */
static void test_plain(void **state)
{
	CLEANUP(freep) char *text = acl_round_trip("user::rw-,group::r--,other::r--", true);
	CLEANUP(freep)
	char *with_mask = acl_round_trip("user::rw-,group::r--,mask::r--,other::r--", true);

	assert_null(text);
	assert_string_equal(with_mask, "user::rw-,group::r--,mask::r--,other::r--");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_plain),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
