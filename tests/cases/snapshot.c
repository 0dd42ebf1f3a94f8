#include "tests/cases/snapshot.h"

#include <acl/libacl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/acl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/base/str.h"

#define OURS "/var/lib/harden"
#define MAX_CONTENT (1U << 20)
#define SHOWN_BYTES 400

void snapshot_clear(struct snapshot *s)
{
	for (size_t i = 0; i < s->count; i++)
		entry_clear(&s->items[i]);
	free(s->items);
	*s = (struct snapshot){0};
}

void snapshot_copy(struct snapshot *to, const struct snapshot *from)
{
	for (size_t i = 0; i < from->count; i++) {
		struct entry *e = array_append(&to->items, &to->count, sizeof(*e));

		*e = from->items[i];
		e->path = xstrdup(e->path);
		e->target = xstrdup_null(e->target);
		e->acl = xstrdup_null(e->acl);
		e->default_acl = xstrdup_null(e->default_acl);
		e->xattrs = (struct strv){0};
		strv_add_all(&e->xattrs, &from->items[i].xattrs);
		e->content = (struct buf){0};
		buf_copy(&e->content, &from->items[i].content);
	}
}

struct entry *snapshot_find(const struct snapshot *s, const char *path)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->items[i].path, path) == 0)
			return &s->items[i];
	return NULL;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static void sort(struct snapshot *s)
{
	if (s->count > 1)
		qsort(s->items, s->count, sizeof(*s->items), compare_paths);
}

struct entry *snapshot_put(struct snapshot *s, const char *path)
{
	struct entry *e = snapshot_find(s, path);

	if (e)
		return e;
	e = array_append(&s->items, &s->count, sizeof(*e));
	e->kind = ENTRY_GONE;
	e->path = xstrdup(path);
	sort(s);
	return snapshot_find(s, path);
}

void snapshot_remove(struct snapshot *s, const char *path)
{
	struct entry *e = snapshot_find(s, path);
	size_t at = e ? (size_t)(e - s->items) : 0;

	if (!e)
		return;
	entry_clear(e);
	memmove(e, e + 1, (--s->count - at) * sizeof(*e));
}

/* The list's long text with numbers; NULL when there is none. */
static char *read_acl(const char *file, acl_type_t type)
{
	acl_t acl = acl_get_file(file, type);
	char *text = acl ? acl_to_any_text(acl, NULL, ',', TEXT_NUMERIC_IDS) : NULL;
	char *copy = xstrdup_null(text);

	acl_free(text);
	acl_free(acl);
	return copy;
}

/* Labels that the system gives by itself are no business of a test. */
static bool is_label(const char *name)
{
	return strcmp(name, "security.selinux") == 0 || strcmp(name, "security.ima") == 0 ||
	       strcmp(name, "security.evm") == 0 || strcmp(name, "security.SMACK64") == 0;
}

static void read_xattr(const char *file, const char *name, struct entry *e)
{
	CLEANUP(buf_clear) struct buf text = {0};
	unsigned char value[4096];
	ssize_t n;

	if (strcmp(name, "system.posix_acl_access") == 0)
		e->acl = read_acl(file, ACL_TYPE_ACCESS);
	else if (strcmp(name, "system.posix_acl_default") == 0)
		e->default_acl = read_acl(file, ACL_TYPE_DEFAULT);
	if (starts_with(name, "system.posix_acl") || is_label(name))
		return;
	n = lgetxattr(file, name, value, sizeof(value));
	buf_printf(&text, "%s=0x", name);
	for (ssize_t i = 0; i < n; i++)
		buf_printf(&text, "%02x", value[i]);
	strv_add(&e->xattrs, buf_str(&text));
}

static void read_xattrs(const char *file, struct entry *e)
{
	char names[4096];
	ssize_t n = llistxattr(file, names, sizeof(names));

	for (const char *name = names; name < names + n; name += strlen(name) + 1)
		read_xattr(file, name, e);
	strv_sort(&e->xattrs);
}

static enum entry_kind kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return ENTRY_DIR;
	case S_IFLNK:
		return ENTRY_LINK;
	case S_IFSOCK:
		return ENTRY_SOCKET;
	case S_IFIFO:
		return ENTRY_FIFO;
	default:
		return ENTRY_FILE;
	}
}

/* Another name of a file that was met before. */
static void find_twin(const struct snapshot *s, struct entry *e, const struct stat *st)
{
	for (size_t i = 0; st->st_nlink > 1 && i < s->count; i++) {
		const struct entry *other = &s->items[i];

		if (other != e && other->kind == ENTRY_FILE && other->ino == e->ino &&
		    other->dev == e->dev) {
			e->kind = ENTRY_HARDLINK;
			str_replace(&e->target, other->path);
		}
	}
}

static int read_bytes(const char *file, struct entry *e)
{
	int fd = open(file, O_RDONLY | O_NOATIME | O_NOFOLLOW | O_CLOEXEC);
	int flags = 0;
	int r = fd < 0 ? -errno : 0;

	if (r == 0 && e->kind == ENTRY_FILE)
		r = fd_read_all(fd, MAX_CONTENT, &e->content);
	if (r == 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0)
		e->flags = (unsigned)flags & (FS_IMMUTABLE_FL | FS_APPEND_FL);
	if (fd >= 0)
		close(fd);
	return r;
}

static int read_entry(struct snapshot *s, struct entry *e, const char *file)
{
	char target[4096] = "";
	struct stat st;

	if (lstat(file, &st) < 0)
		return -errno;
	*e = (struct entry){.kind = kind_of(st.st_mode),
			    .path = e->path,
			    .mode = st.st_mode & 07777,
			    .uid = st.st_uid,
			    .gid = st.st_gid,
			    .atime = st.st_atim,
			    .mtime = st.st_mtim,
			    .ctime = st.st_ctim,
			    .dev = st.st_dev,
			    .ino = st.st_ino};
	if (e->kind == ENTRY_LINK) {
		if (readlink(file, target, sizeof(target) - 1) < 0)
			return -errno;
		e->target = xstrdup(target);
		e->atime = (struct timespec){0}; /* reading it is what changes it */
	}
	read_xattrs(file, e);
	find_twin(s, e, &st);
	return e->kind == ENTRY_FILE || e->kind == ENTRY_DIR ? read_bytes(file, e) : 0;
}

static int take_directory(struct snapshot *s, const char *root, const char *directory,
			  struct error *err);

static int take_path(struct snapshot *s, const char *root, const char *path, struct error *err)
{
	CLEANUP(freep) char *file = xasprintf("%s%s", root, path);
	struct entry *e = array_append(&s->items, &s->count, sizeof(*e));
	bool is_dir;
	int r;

	e->path = xstrdup(path);
	r = read_entry(s, e, file);
	is_dir = e->kind == ENTRY_DIR;
	if (r < 0)
		return error_errno(err, r, "cannot read '%s'", file);
	return is_dir ? take_directory(s, root, path, err) : 0;
}

static int is_no_dot(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Names first and in their order, so that of a file's names the first one is the file. */
static int list_directory(const char *directory, struct strv *ret)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOATIME | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		if (is_no_dot(entry))
			strv_add(ret, entry->d_name);
	closedir(dir);
	strv_sort(ret);
	return 0;
}

static int take_directory(struct snapshot *s, const char *root, const char *directory,
			  struct error *err)
{
	CLEANUP(freep) char *file = xasprintf("%s%s", root, directory);
	CLEANUP(strv_clear) struct strv names = {0};
	int r = list_directory(file, &names);

	if (r < 0)
		return error_errno(err, r, "cannot read '%s'", file);
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", directory, names.items[i]);

		if (strcmp(path, OURS) != 0)
			r = take_path(s, root, path, err);
	}
	return r;
}

int snapshot_take(struct snapshot *ret, const char *root, struct error *err)
{
	int r = take_directory(ret, root, "", err);

	sort(ret);
	return r;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static void compare_times(const struct entry *a, const struct entry *b, enum compare how,
			  struct strv *ret)
{
	bool traces = how == COMPARE_TRACES;

	if ((traces || (how == COMPARE_FILE_TIMES && a->kind == ENTRY_FILE)) &&
	    !same_time(&a->mtime, &b->mtime))
		strv_addf(ret, "%s: its mtime was %lld.%09ld, is %lld.%09ld", a->path,
			  (long long)a->mtime.tv_sec, a->mtime.tv_nsec, (long long)b->mtime.tv_sec,
			  b->mtime.tv_nsec);
	if (traces && !same_time(&a->atime, &b->atime))
		strv_addf(ret, "%s: it was read, its atime tells", a->path);
	if (traces && !same_time(&a->ctime, &b->ctime))
		strv_addf(ret, "%s: it was changed, its ctime tells", a->path);
	if (traces && a->ino != b->ino)
		strv_addf(ret, "%s: it is another inode", a->path);
}

static char *shown(const struct buf *content)
{
	CLEANUP(buf_clear) struct buf b = {0};

	for (size_t i = 0; i < content->len && i < SHOWN_BYTES; i++) {
		char c = content->data[i];

		if (c == '\n')
			buf_puts(&b, "\\n\n   |");
		else if (c >= ' ' && c <= '~')
			buf_putc(&b, c);
		else
			buf_printf(&b, "\\%03o", (unsigned)(unsigned char)c);
	}
	return buf_take(&b);
}

static void compare_entries(const struct entry *a, const struct entry *b, enum compare how,
			    struct strv *ret)
{
	CLEANUP(freep) char *want = entry_line(a);
	CLEANUP(freep) char *have = entry_line(b);

	if (strcmp(want, have) != 0)
		strv_addf(ret, "wanted: %s\n  have: %s", want, have);
	if (!buf_equal(&a->content, &b->content)) {
		CLEANUP(freep) char *was = shown(&a->content);
		CLEANUP(freep) char *is = shown(&b->content);

		strv_addf(ret, "%s, wanted bytes:\n   |%s\n have bytes:\n   |%s", a->path, was, is);
	}
	compare_times(a, b, how, ret);
}

bool snapshot_compare(const struct snapshot *want, const struct snapshot *have, enum compare how,
		      struct strv *ret)
{
	size_t before = ret->count;

	for (size_t i = 0; i < want->count; i++) {
		const struct entry *other = snapshot_find(have, want->items[i].path);

		if (other)
			compare_entries(&want->items[i], other, how, ret);
		else
			strv_addf(ret, "%s is not there", want->items[i].path);
	}
	for (size_t i = 0; i < have->count; i++)
		if (!snapshot_find(want, have->items[i].path))
			strv_addf(ret, "%s should not be there", have->items[i].path);
	return ret->count == before;
}
