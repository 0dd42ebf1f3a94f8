#include "tests/unit/acl-value.h"

#include <grp.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

/* Set: every file has the attribute `served_name` with these bytes. */
static const struct buf *served;
static const char *served_name = ACL_ACCESS_XATTR;
unsigned acl_values_read, acl_names_asked;
unsigned acl_too_small;

static ssize_t serve(const void *bytes, size_t n, void *ret, size_t size)
{
	if (size && (size < n || acl_too_small > 0)) {
		acl_too_small -= acl_too_small > 0;
		errno = ERANGE;
		return -1;
	}
	if (size)
		memcpy(ret, bytes, n);
	return (ssize_t)n;
}

ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
{
	acl_values_read++;
	if (!served)
		return syscall(SYS_getxattr, path, name, value, size);
	return serve(served->data, served->len, value, size);
}

ssize_t listxattr(const char *path, char *list, size_t size)
{
	size_t n = strlen(served_name) + 1;

	if (!served)
		return syscall(SYS_listxattr, path, list, size);
	if (size)
		memcpy(list, served_name, n);
	return (ssize_t)n;
}

struct passwd *getpwnam(const char *name)
{
	acl_names_asked++;
	return NULL;
}

struct group *getgrnam(const char *name)
{
	acl_names_asked++;
	return NULL;
}

void acl_put_little(struct buf *to, uint32_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		buf_putc(to, (char)(value >> 8 * i & 0xff));
}

void acl_put_entry(struct buf *to, unsigned tag, unsigned perm, uint32_t id)
{
	if (to->len == 0)
		acl_put_little(to, 2, 4);
	acl_put_little(to, tag, 2);
	acl_put_little(to, perm, 2);
	acl_put_little(to, id, 4);
}

void acl_put_entries(struct buf *to, const struct raw_entry *entries)
{
	for (; entries->tag; entries++)
		acl_put_entry(to, entries->tag, entries->perm, entries->id);
}

int acl_read_value(const struct buf *bytes, const char *name, struct node *node, struct error *err)
{
	int r;

	served = bytes;
	served_name = name;
	acl_values_read = 0;
	r = node_read_xattrs(STDIN_FILENO, node, err);
	served = NULL;
	return r;
}

char *acl_round_trip(const char *text, bool access)
{
	CLEANUP(acl_freep) acl_t acl = NULL;
	CLEANUP(error_clear) struct error err = {0};
	char *again = NULL;

	if (acl_text_to_acl(text, &acl, &err) < 0)
		fail_msg("%s", error_text(&err));
	if (acl_text_from_acl(acl, access, &again, &err) < 0)
		fail_msg("%s: %s", text, error_text(&err));
	return again;
}

static void add_entry(struct buf *text, struct buf *bytes, const char *name, unsigned tag,
		      uint32_t id)
{
	unsigned perm = (unsigned)random() % 8;

	buf_printf(text, "%s%s:", text->len ? "," : "", name);
	if (id != NO_ID)
		buf_printf(text, "%u", id);
	buf_printf(text, ":%c%c%c", perm & 4 ? 'r' : '-', perm & 2 ? 'w' : '-',
		   perm & 1 ? 'x' : '-');
	acl_put_entry(bytes, tag, perm, id);
}

static void add_named(struct buf *text, struct buf *bytes, const char *name, unsigned tag)
{
	uint32_t id = 0;

	for (unsigned i = (unsigned)random() % 4; i > 0; i--) {
		id += 1 + (uint32_t)random() % 70000;
		add_entry(text, bytes, name, tag, id);
	}
}

void acl_make_random(struct buf *text, struct buf *bytes)
{
	add_entry(text, bytes, "user", 1, NO_ID);
	add_named(text, bytes, "user", 2);
	add_entry(text, bytes, "group", 4, NO_ID);
	add_named(text, bytes, "group", 8);
	add_entry(text, bytes, "mask", 0x10, NO_ID);
	add_entry(text, bytes, "other", 0x20, NO_ID);
}
