#include "engine/host/read/tree.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/host/read/acl-text.h"
#include "engine/host/read/fd-path.h"
#include "engine/host/read/observe.h"

#define BUFFER ((size_t)256 * 1024)
#define NOWHERE SIZE_MAX

/* A name of a directory that is being read. */
struct name {
	uint64_t head; /* its first bytes: most names are told apart by them */
	size_t at; /* in tree.names */
	unsigned char type;
};

struct level {
	int fd; /* -1: given up for a time */
	dev_t dev;
	ino_t ino;
	size_t path_len;
	size_t first, next; /* of its names */
	size_t names_len; /* of what was there before them */
	bool no_acls; /* the file system knows none */
};

/* What grows here is kept and used again: nothing is allocated for a file. */
struct tree {
	const struct tree_visitor *visitor;
	struct level *levels;
	size_t nlevels;
	struct buf path;
	struct buf names; /* of all directories on the way, each with its NUL */
	struct buf list; /* the same as struct name */
	char *buffer;
	int home; /* the working directory as it was; -1: we are there */
	size_t here; /* the level that we are in */
	bool complete;
};

static void tree_clear(struct tree *t)
{
	for (size_t i = 0; i < t->nlevels; i++)
		close_fd(&t->levels[i].fd);
	if (t->home >= 0 && fchdir(t->home) < 0)
		(void)t->home; /* go_to() has tried: it was taken out meanwhile, and nobody needs it */
	close_fd(&t->home);
	free(t->levels);
	free(t->buffer);
	buf_clear(&t->path);
	buf_clear(&t->names);
	buf_clear(&t->list);
}

static struct name *names_of(const struct tree *t)
{
	return (struct name *)(void *)t->list.data;
}

static size_t count_of(const struct tree *t)
{
	return t->list.len / sizeof(struct name);
}

static void tell_failure(struct tree *t, int r)
{
	CLEANUP(error_clear) struct error why = {0};
	const char *path = t->path.len ? buf_str(&t->path) : "/";

	t->complete = false;
	error_errno_at(&why, r, path, "cannot list '%s'", path);
	t->visitor->failed(t->visitor->context, &why);
}

static void show(struct tree *t, const struct node *node)
{
	t->visitor->entry(t->visitor->context, t->path.len ? buf_str(&t->path) : "/", node);
}

/* What cannot be looked at; what is gone meanwhile is not there. */
static void show_unknown(struct tree *t, int r)
{
	const struct node node = {.kind = NODE_UNKNOWN, .error = r};

	if (r == -ENOENT)
		return;
	t->complete = false;
	show(t, &node);
}

/* --- names ------------------------------------------------------------------------------ */

static uint64_t head_of(const char *name, size_t n)
{
	uint64_t head = 0;

	memcpy(&head, name, n < sizeof(head) ? n : sizeof(head));
	return be64toh(head);
}

static void add_name(struct tree *t, const struct dirent64 *e)
{
	size_t n = strlen(e->d_name);
	const struct name name = {head_of(e->d_name, n), t->names.len, e->d_type};

	if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
		return;
	buf_append(&t->names, e->d_name, n + 1);
	buf_append(&t->list, &name, sizeof(name));
}

static int compare_names(const void *a, const void *b, void *names)
{
	const struct name *x = a, *y = b;

	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	return strcmp((const char *)names + x->at, (const char *)names + y->at);
}

static int read_names(struct tree *t, int fd)
{
	size_t first = count_of(t);

	for (;;) {
		ssize_t n = getdents64(fd, t->buffer, BUFFER);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *e = (const void *)(t->buffer + at);

			add_name(t, e);
			at += e->d_reclen;
		}
	}
	if (count_of(t) > first)
		qsort_r(names_of(t) + first, count_of(t) - first, sizeof(struct name),
			compare_names, t->names.data);
	return 0;
}

/* --- directories ------------------------------------------------------------------------ */

static void forget_names(struct tree *t, const struct level *l)
{
	t->names.len = l->names_len;
	t->list.len = l->first * sizeof(struct name);
}

/* So that no tree is too deep for the descriptors that we may have. */
static void give_up_far_ones(struct tree *t)
{
	if (t->nlevels > TREE_MAX_OPEN)
		close_fd(&t->levels[t->nlevels - 1 - TREE_MAX_OPEN].fd);
}

static void push(struct tree *t, int fd, const struct node *node)
{
	struct level l = {.fd = fd,
			  .dev = node->dev,
			  .ino = node->ino,
			  .path_len = t->path.len,
			  .first = count_of(t),
			  .next = count_of(t),
			  .names_len = t->names.len};
	int r = read_names(t, fd);

	if (r < 0) {
		forget_names(t, &l);
		close_fd(&fd);
		tell_failure(t, r);
		return;
	}
	*(struct level *)array_append(&t->levels, &t->nlevels, sizeof(l)) = l;
	give_up_far_ones(t);
}

/* Shows what is behind an O_PATH descriptor, and goes into it where it is a directory. */
static void enter(struct tree *t, int fd)
{
	CLEANUP(node_clear) struct node node = {0};
	int r = observe_fd(fd, 0, &node, NULL), opened;

	if (r < 0) {
		show_unknown(t, r);
		return;
	}
	t->complete &= node.kind != NODE_UNKNOWN;
	show(t, &node);
	if (node.kind != NODE_DIR)
		return;
	opened = fd_reopen_quietly(fd, O_DIRECTORY);
	if (opened < 0)
		tell_failure(t, opened);
	else
		push(t, opened, &node);
}

/* What is above now must be the directory that it was. */
static int open_above(const struct level *above, int below)
{
	CLEANUP(close_fd) int fd = openat(below, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return below < 0 ? -ESTALE : -errno;
	if (st.st_dev != above->dev || st.st_ino != above->ino)
		return -ESTALE;
	return fd_reopen_quietly(fd, O_DIRECTORY);
}

/* A directory that was given up for a time; where there is no way back, the rest of it is lost. */
static void open_again(struct tree *t, struct level *above, int below)
{
	int fd = open_above(above, below);

	if (fd >= 0) {
		above->fd = fd;
	} else if (above->next < count_of(t)) {
		buf_splice(&t->path, above->path_len, t->path.len - above->path_len, NULL, 0);
		tell_failure(t, fd);
		above->next = count_of(t);
	}
}

static void pop(struct tree *t)
{
	struct level *l = &t->levels[t->nlevels - 1];

	forget_names(t, l);
	if (t->here == t->nlevels - 1)
		t->here = NOWHERE;
	if (t->nlevels > 1 && l[-1].fd < 0)
		open_again(t, &l[-1], l->fd);
	close_fd(&l->fd);
	t->nlevels--;
}

/* --- entries ---------------------------------------------------------------------------- */

/* Makes a directory the working directory; not where there were no way back. */
static int go_to(struct tree *t, size_t level)
{
	if (t->here == level)
		return 0;
	if (t->home < 0) {
		t->home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (t->home < 0 || fchdir(t->home) < 0) {
			close_fd(&t->home);
			return -EACCES;
		}
	}
	if (fchdir(t->levels[level].fd) < 0)
		return -errno;
	t->here = level;
	return 0;
}

/*
 * Whether more than the mode may say who has rights: then it is looked at from a descriptor. A directory
 * without access lists speaks for its own file system alone, and an entry for itself.
 */
static bool may_have_acl(struct tree *t, struct level *l, const char *name, dev_t dev)
{
	if (!t->visitor->file_acls || (l->no_acls && dev == l->dev))
		return false;
	if (go_to(t, t->nlevels - 1) < 0 || lgetxattr(name, ACL_ACCESS_XATTR, NULL, 0) >= 0)
		return true;
	if (errno != EOPNOTSUPP)
		return errno != ENODATA;
	l->no_acls = lgetxattr(".", ACL_ACCESS_XATTR, NULL, 0) < 0 && errno == EOPNOTSUPP;
	return !l->no_acls || dev != l->dev;
}

static void open_entry(struct tree *t, const struct level *l, const char *name)
{
	CLEANUP(close_fd) int fd = openat(l->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		show_unknown(t, -errno);
	else
		enter(t, fd);
}

static bool is_wanted(const struct tree *t, const char *name)
{
	return !t->visitor->wants || t->visitor->wants(t->visitor->context, name);
}

/* What is no directory, as far as the name's type tells. */
static void look(struct tree *t, struct level *l, const char *name)
{
	const unsigned mask = STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID;
	struct statx stx;
	struct node node;

	if (statx(l->fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, mask, &stx) < 0) {
		show_unknown(t, -errno);
		return;
	}
	node = (struct node){.kind = observe_kind(stx.stx_mode),
			     .mode = stx.stx_mode & 07777,
			     .uid = stx.stx_uid,
			     .gid = stx.stx_gid};
	if (node.kind == NODE_DIR)
		open_entry(t, l, name);
	else if (node.kind == NODE_SYMLINK)
		show(t, &node);
	else if (!is_wanted(t, name))
		return;
	else if (may_have_acl(t, l, name, makedev(stx.stx_dev_major, stx.stx_dev_minor)))
		open_entry(t, l, name);
	else
		show(t, &node);
}

static void take(struct tree *t, struct level *l, const struct name *entry)
{
	static const struct node link = {.kind = NODE_SYMLINK};
	const char *name = t->names.data + entry->at;

	buf_splice(&t->path, l->path_len, t->path.len - l->path_len, "/", 1);
	buf_puts(&t->path, name);
	if (entry->type == DT_DIR)
		open_entry(t, l, name);
	else if (entry->type == DT_LNK)
		show(t, &link);
	else if (entry->type == DT_UNKNOWN || is_wanted(t, name))
		look(t, l, name);
}

/* `l` and the entry are not valid any more after one of them was taken: their arrays grow. */
static void walk(struct tree *t)
{
	while (t->nlevels) {
		struct level *l = &t->levels[t->nlevels - 1];

		if (l->next == count_of(t)) {
			pop(t);
			continue;
		}
		take(t, l, &names_of(t)[l->next++]);
	}
}

bool observe_tree(const struct root *r, const char *path, const struct tree_visitor *visitor)
{
	CLEANUP(tree_clear)
	struct tree t = {.visitor = visitor, .home = -1, .here = NOWHERE, .complete = true};
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	CLEANUP(error_clear) struct error why = {0};

	if (root_look(r, path, &w, &why) < 0) {
		visitor->failed(visitor->context, &why);
		return false;
	}
	buf_puts(&t.path, strcmp(path, "/") == 0 ? "" : path);
	if (w.fd < 0) {
		tell_failure(&t, -ENOENT);
		return false;
	}
	t.buffer = xcalloc(1, BUFFER);
	enter(&t, w.fd);
	walk(&t);
	return t.complete;
}
