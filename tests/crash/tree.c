#include "tests/crash/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/fd-io.h"
#include "engine/base/str.h"
#include "engine/host/read/root.h"

#define NOT_OLD 1500000000 /* what is made by a run is younger */
#define STAGED ".harden-"

/* nftw() has no argument for its function. */
static struct strv *lines;
static size_t prefix;
static int failure;

static void put_hex(struct buf *b, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%02x", (unsigned char)bytes[i]);
}

static void put_xattrs(struct buf *b, const char *path)
{
	char names[1024], value[1024];
	ssize_t n = llistxattr(path, names, sizeof(names));
	CLEANUP(strv_clear) struct strv sorted = {0};

	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(names + at) + 1)
		strv_add(&sorted, names + at);
	strv_sort(&sorted);
	for (size_t i = 0; i < sorted.count; i++) {
		ssize_t len = lgetxattr(path, sorted.items[i], value, sizeof(value));

		buf_printf(b, " %s=", sorted.items[i]);
		put_hex(b, value, len < 0 ? 0 : (size_t)len);
	}
}

static void put_flags(struct buf *b, const char *path)
{
	const unsigned interesting = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
	struct statx stx;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0, &stx) == 0 &&
	    stx.stx_attributes & interesting)
		buf_printf(b, " flags=%llx", (unsigned long long)stx.stx_attributes & interesting);
}

static int put_content(struct buf *b, const char *path)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	CLEANUP(buf_clear) struct buf content = {0};
	int r = fd < 0 ? -errno : fd_read_all(fd, 1 << 20, &content);

	buf_puts(b, " content=");
	for (size_t i = 0; r == 0 && i < content.len; i++) {
		unsigned char c = (unsigned char)content.data[i];

		if (c >= ' ' && c < 127 && c != '\\')
			buf_putc(b, (char)c);
		else
			buf_printf(b, "\\%02x", c);
	}
	return r;
}

static void put_target(struct buf *b, const char *path)
{
	char target[256];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	buf_puts(b, " -> ");
	buf_append(b, target, n < 0 ? 0 : (size_t)n);
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	CLEANUP(buf_clear) struct buf b = {0};
	const char *name = path + prefix;
	int r = 0;

	if (!*name || strcmp(name, "/var/lib/harden") == 0 || starts_with(name, "/var/lib/harden/"))
		return 0;
	buf_printf(&b, "%s %06o %u:%u", name, st->st_mode, st->st_uid, st->st_gid);
	put_flags(&b, path);
	put_xattrs(&b, path);
	if (S_ISLNK(st->st_mode))
		put_target(&b, path);
	if (!S_ISDIR(st->st_mode) && st->st_mtim.tv_sec < NOT_OLD)
		buf_printf(&b, " time=%lld.%ld", (long long)st->st_mtim.tv_sec,
			   st->st_mtim.tv_nsec);
	if (S_ISREG(st->st_mode))
		r = put_content(&b, path);
	if (r < 0)
		failure = r;
	strv_add(lines, buf_str(&b));
	return 0;
}

int tree_read(const char *directory, struct strv *ret)
{
	lines = ret;
	prefix = strlen(directory);
	failure = 0;
	if (nftw(directory, visit, 32, FTW_PHYS) < 0)
		return -errno;
	strv_sort(ret);
	return failure;
}

static bool is_staged(const char *line)
{
	const char *end = strchr(line, ' ');
	const char *at = strstr(line, STAGED);

	return at && at < end;
}

size_t tree_drop_staged(struct strv *v)
{
	size_t dropped = 0;

	for (size_t i = v->count; i > 0; i--) {
		if (!is_staged(v->items[i - 1]))
			continue;
		strv_remove(v, i - 1);
		dropped++;
	}
	return dropped;
}

char *tree_difference(const struct strv *a, const struct strv *b)
{
	for (size_t i = 0; i < a->count || i < b->count; i++) {
		const char *x = i < a->count ? a->items[i] : "(nothing)";
		const char *y = i < b->count ? b->items[i] : "(nothing)";

		if (strcmp(x, y) != 0)
			return xasprintf("has '%s', not '%s'", y, x);
	}
	return NULL;
}
