#include "tests/unit/temp-folder.h"

#include <dlfcn.h>
#include <sys/xattr.h>

#include "engine/host/acl-text.h"

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
};

static char *round_trip(const char *text, bool access)
{
	CLEANUP(buf_clear) struct buf value = {0};
	CLEANUP(error_clear) struct error err = {0};
	char *again = NULL;

	if (acl_text_to_xattr(text, &value, &err) < 0)
		fail_msg("%s", error_text(&err));
	if (acl_text_from_xattr(value.data, value.len, access, &again, &err) < 0)
		fail_msg("%s: %s", text, error_text(&err));
	return again;
}

static void test_good(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const char *want = good[i].canonical ? good[i].canonical : good[i].given;
		CLEANUP(freep) char *text = NULL;
		mode_t mode = 07777;

		text = round_trip(good[i].given, false);
		assert_string_equal(text, want);
		assert_int_equal(acl_text_mode(good[i].given, &mode, NULL), 0);
		assert_int_equal(mode, good[i].mode);
	}
}

static void test_bad(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(buf_clear) struct buf value = {0};
		mode_t mode;

		if (acl_text_to_xattr(bad[i], &value, &err) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(err.text);
		assert_int_equal(value.len, 0);
		assert_int_equal(acl_text_mode(bad[i], &mode, NULL), -EINVAL);
	}
}

/* An access ACL of three entries is the mode and no ACL; a default one is something. */
static void test_plain(void **state)
{
	CLEANUP(freep) char *text = round_trip("user::rw-,group::r--,other::r--", true);
	CLEANUP(freep)
	char *with_mask = round_trip("user::rw-,group::r--,mask::r--,other::r--", true);

	assert_null(text);
	assert_string_equal(with_mask, "user::rw-,group::r--,mask::r--,other::r--");
}

static void test_broken_xattrs(void **state)
{
	CLEANUP(buf_clear) struct buf value = {0};
	char *text = NULL;

	assert_int_equal(acl_text_to_xattr("user::rw-,group::r--,other::r--", &value, NULL), 0);
	for (size_t n = 0; n < value.len; n++) {
		CLEANUP(freep) void *cut = xmemdup(value.data, n);
		int r = acl_text_from_xattr(cut, n, false, &text, NULL);

		assert_int_equal(r, n == 4 ? 0 : -EINVAL); /* a header alone is an empty ACL */
		assert_null(text);
	}
	for (size_t at = 0; at < value.len; at++) {
		CLEANUP(freep) char *changed = xmemdup(value.data, value.len);
		CLEANUP(freep) char *got = NULL;

		changed[at] = (char)0xff;
		(void)acl_text_from_xattr(changed, value.len, false, &got, NULL);
		if (at < 8) /* version, tag and permissions of the first entry */
			assert_null(got);
	}
}

static void add_random(struct buf *text, const char *tag, unsigned ids)
{
	unsigned id = 0;

	for (unsigned i = 0; i < ids; i++) {
		id += 1 + (unsigned)random() % 70000;
		buf_printf(text, "%s:%u:%c%c%c,", tag, id, random() & 1 ? 'r' : '-',
			   random() & 1 ? 'w' : '-', random() & 1 ? 'x' : '-');
	}
}

static char *random_acl(void)
{
	static const char *const perms[] = {"---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"};
	CLEANUP(buf_clear) struct buf text = {0};

	buf_printf(&text, "user::%s,", perms[random() % 8]);
	add_random(&text, "user", (unsigned)random() % 4);
	buf_printf(&text, "group::%s,", perms[random() % 8]);
	add_random(&text, "group", (unsigned)random() % 4);
	buf_printf(&text, "mask::%s,other::%s", perms[random() % 8], perms[random() % 8]);
	return buf_take(&text);
}

static void test_random_round_trips(void **state)
{
	srandom(1);
	for (int i = 0; i < 2000; i++) {
		CLEANUP(freep) char *text = random_acl();
		CLEANUP(freep) char *again = round_trip(text, true);

		assert_string_equal(again, text);
	}
}

/* libacl as a second opinion, found at run time since nothing else here needs it. */
struct libacl {
	void *(*from_text)(const char *text);
	char *(*to_any_text)(void *acl, const char *prefix, char separator, int options);
	int (*set_file)(const char *path, unsigned type, void *acl);
	void *(*get_file)(const char *path, unsigned type);
	int (*release)(void *acl);
};

#define LIBACL_NUMERIC_IDS 8
#define LIBACL_ACCESS 0x8000

static bool bind_libacl(struct libacl *l)
{
	void *lib = dlopen("libacl.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		return false;
	*(void **)&l->from_text = dlsym(lib, "acl_from_text");
	*(void **)&l->to_any_text = dlsym(lib, "acl_to_any_text");
	*(void **)&l->set_file = dlsym(lib, "acl_set_file");
	*(void **)&l->get_file = dlsym(lib, "acl_get_file");
	*(void **)&l->release = dlsym(lib, "acl_free");
	return l->from_text && l->to_any_text && l->set_file && l->get_file && l->release;
}

/* What libacl wrote reads as our text, and what we write reads as that text with libacl. */
static void compare_with_libacl(const struct libacl *l, const char *path, const char *text)
{
	CLEANUP(buf_clear) struct buf value = {0};
	CLEANUP(freep) char *ours = NULL;
	char bytes[1024];
	void *acl = l->from_text(text);
	char *theirs;
	ssize_t n;

	assert_non_null(acl);
	assert_int_equal(l->set_file(path, LIBACL_ACCESS, acl), 0);
	l->release(acl);
	n = getxattr(path, ACL_ACCESS_XATTR, bytes, sizeof(bytes));
	assert_true(n > 0);
	assert_int_equal(acl_text_from_xattr(bytes, (size_t)n, true, &ours, NULL), 0);
	assert_string_equal(ours, text);

	assert_int_equal(acl_text_to_xattr(text, &value, NULL), 0);
	assert_int_equal(removexattr(path, ACL_ACCESS_XATTR), 0);
	assert_int_equal(setxattr(path, ACL_ACCESS_XATTR, value.data, value.len, 0), 0);
	acl = l->get_file(path, LIBACL_ACCESS);
	assert_non_null(acl);
	theirs = l->to_any_text(acl, NULL, ',', LIBACL_NUMERIC_IDS);
	assert_string_equal(theirs, text);
	l->release(theirs);
	l->release(acl);
}

static void test_against_libacl(void **state)
{
	const struct temp_folder *t = *state;
	CLEANUP(freep) char *path = xasprintf("%s/file", t->path);
	struct libacl l;

	temp_folder_write(t, "file", "x");
	if (!bind_libacl(&l))
		SKIP_BECAUSE("there is no libacl");
	if (getxattr(path, ACL_ACCESS_XATTR, NULL, 0) < 0 && errno == EOPNOTSUPP)
		SKIP_BECAUSE("the file system has no ACLs");
	srandom(2);
	for (int i = 0; i < 200; i++) {
		CLEANUP(freep) char *text = random_acl();

		compare_with_libacl(&l, path, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_broken_xattrs),
		cmocka_unit_test(test_random_round_trips),
		TEMP_FOLDER_TEST(test_against_libacl),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
