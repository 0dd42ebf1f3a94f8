#include "tests/cases/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/acl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "tests/cases/files.h"

/* What every host has; the state directory goes below /var/lib. */
static const char *const always_there[] = {"/etc", "/var/lib"};

/* 2021-03-04 05:06:07.123456789 UTC; last read a second before */
static const struct timespec long_ago[] = {{1614834366, 987654321}, {1614834367, 123456789}};

char *sandbox_file(const struct sandbox *s, const char *path)
{
	return xasprintf("%s%s", s->path, path);
}

int tree_read(const char *file, struct snapshot *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	int r = read_whole(file, &text, err);

	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	strv_split(&lines, buf_str(&text), "\n");
	for (size_t i = 0; i < lines.count; i++) {
		struct entry *e;

		if (lines.items[i][0] == '#')
			continue;
		e = array_append(&ret->items, &ret->count, sizeof(*e));
		r = entry_parse(e, lines.items[i], err);
		if (r < 0) {
			ret->count--;
			return error_wrap(err, r, "'%s'", file);
		}
	}
	return 0;
}

static int set_xattr(const char *file, const char *word)
{
	CLEANUP(freep) char *name = xstrndup(word, strcspn(word, "="));
	CLEANUP(buf_clear) struct buf value = {0};
	const char *hex = word + strlen(name) + 3;
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		buf_putc(&value, (char)byte);
	return lsetxattr(file, name, buf_str(&value), value.len, 0) < 0 ? -errno : 0;
}

static int set_acl(const char *file, acl_type_t type, const char *text)
{
	acl_t acl = text ? acl_from_text(text) : NULL;
	int r = 0;

	if (text && (!acl || acl_set_file(file, type, acl) < 0))
		r = -errno;
	acl_free(acl);
	return r;
}

static int create(const struct sandbox *s, const struct entry *e, const char *file)
{
	CLEANUP(freep) char *twin = sandbox_file(s, e->target ? e->target : "");
	int r = 0;

	switch (e->kind) {
	case ENTRY_FILE:
		r = mknod(file, S_IFREG | 0644, 0);
		break;
	case ENTRY_DIR:
		r = mkdir(file, 0755);
		break;
	case ENTRY_LINK:
		r = symlink(e->target, file);
		break;
	case ENTRY_HARDLINK:
		r = link(twin, file);
		break;
	case ENTRY_SOCKET:
		r = mknod(file, S_IFSOCK | 0600, 0);
		break;
	case ENTRY_FIFO:
		r = mkfifo(file, 0600);
		break;
	case ENTRY_GONE:
	case ENTRY_KIND_COUNT:
		return -EINVAL;
	}
	return r < 0 && errno != EEXIST ? -errno : 0;
}

static int set_attributes(const struct entry *e, const char *file)
{
	int r = lchown(file, e->uid, e->gid) < 0 ? -errno : 0;

	if (r == 0 && e->kind != ENTRY_LINK)
		r = chmod(file, e->mode) < 0 ? -errno : 0;
	if (r == 0)
		r = set_acl(file, ACL_TYPE_ACCESS, e->acl);
	if (r == 0)
		r = set_acl(file, ACL_TYPE_DEFAULT, e->default_acl);
	for (size_t i = 0; r == 0 && i < e->xattrs.count; i++)
		r = set_xattr(file, e->xattrs.items[i]);
	return r;
}

/* In the order of the tree file: directories before what is in them. */
static int make_entries(const struct sandbox *s, const struct snapshot *tree, struct error *err)
{
	for (size_t i = 0; i < tree->count; i++) {
		const struct entry *e = &tree->items[i];
		CLEANUP(freep) char *file = sandbox_file(s, e->path);
		int r = create(s, e, file);

		if (r == 0 && e->kind != ENTRY_HARDLINK)
			r = set_attributes(e, file);
		if (r < 0)
			return error_errno(err, r, "cannot make '%s'", e->path);
	}
	return 0;
}

static int make_old(const char *directory, struct error *err)
{
	CLEANUP(strv_clear) struct strv paths = {0};
	int r = list_tree(directory, &paths, err);

	strv_add(&paths, directory);
	for (size_t i = 0; r == 0 && i < paths.count; i++)
		if (utimensat(AT_FDCWD, paths.items[i], long_ago, AT_SYMLINK_NOFOLLOW) < 0)
			r = error_errno(err, -errno, "cannot set the times of '%s'",
					paths.items[i]);
	return r;
}

/* Exactly these of the two flags; others, which say how the file is stored, stay. */
int set_flags(const char *file, unsigned flags)
{
	int fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME | O_CLOEXEC);
	unsigned all = 0;
	int r = fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &all) < 0 ? -errno : 0;

	all = (all & ~(unsigned)(FS_IMMUTABLE_FL | FS_APPEND_FL)) | flags;
	if (r == 0 && ioctl(fd, FS_IOC_SETFLAGS, &all) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r == -ENOTTY ? -EOPNOTSUPP : r;
}

/* Last of all: what is immutable can no more be given its age. */
static int make_flags(const struct sandbox *s, const struct snapshot *tree, struct error *err)
{
	for (size_t i = 0; i < tree->count; i++) {
		const struct entry *e = &tree->items[i];
		CLEANUP(freep) char *file = sandbox_file(s, e->path);
		int r = e->flags ? set_flags(file, e->flags) : 0;

		if (r < 0)
			return error_errno(err, r, "cannot set the flags of '%s'", e->path);
	}
	return 0;
}

static int make_always(const struct sandbox *s, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(always_there); i++) {
		CLEANUP(freep) char *directory = sandbox_file(s, always_there[i]);

		r = make_directories(directory, err);
	}
	return r;
}

static int fill(struct sandbox *s, const char *case_directory, struct error *err)
{
	CLEANUP(snapshot_clear) struct snapshot tree = {0};
	CLEANUP(freep) char *contents = xasprintf("%s/before", case_directory);
	CLEANUP(freep) char *list = xasprintf("%s/before.tree", case_directory);
	int r = make_always(s, err);

	if (r == 0)
		r = copy_tree(contents, s->path, err);
	if (r == 0)
		r = tree_read(list, &tree, err);
	if (r == 0)
		r = make_entries(s, &tree, err);
	if (r == 0)
		r = make_old(s->path, err);
	return r == 0 ? make_flags(s, &tree, err) : r;
}

int sandbox_make(struct sandbox *s, const char *case_directory, struct error *err)
{
	const char *base = getenv("TMPDIR");
	int r;

	s->path = xasprintf("%s/harden-case-XXXXXX", base && *base ? base : "/tmp");
	if (!mkdtemp(s->path)) {
		r = error_errno(err, -errno, "cannot make a temporary directory");
		free(TAKE_PTR(s->path));
		return r;
	}
	r = chmod(s->path, 0755) < 0 ? error_errno(err, -errno, "cannot open '%s'", s->path) : 0;
	if (r == 0)
		r = fill(s, case_directory, err);
	return r == 0 ? root_open(&s->root, s->path, err) : r;
}

void sandbox_remove(struct sandbox *s)
{
	CLEANUP(strv_clear) struct strv paths = {0};

	if (s->root.fd >= 0)
		root_close(&s->root);
	s->root.fd = -1;
	if (!s->path)
		return;
	list_tree(s->path, &paths, NULL);
	for (size_t i = 0; i < paths.count; i++)
		set_flags(paths.items[i], 0);
	for (size_t i = paths.count; i > 0; i--)
		remove(paths.items[i - 1]);
	rmdir(s->path);
	free(TAKE_PTR(s->path));
}
