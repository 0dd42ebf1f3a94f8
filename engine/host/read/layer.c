#include "engine/host/read/layer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/host/read/fd-path.h"

#define CAPABILITY "security.capability"
#define OPAQUE "trusted.overlay.opaque"

struct walker {
	struct layer_search *search;
	struct layer_files *ret;
	struct buf path; /* of the directory being read, "" for the layer itself */
	unsigned depth;
};

static void walker_clear(struct walker *w)
{
	buf_clear(&w->path);
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int look(int dir, const char *name, struct statx *ret)
{
	if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, ret) < 0)
		return -errno;
	return 0;
}

/* A directory for reading, with O_NOATIME where that is allowed; -ENOTDIR, -ELOOP: it is none. */
static int open_directory(int dir, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	int fd = openat(dir, name, flags | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = openat(dir, name, flags);
	return fd < 0 ? -errno : fd;
}

static bool is_whiteout(const struct statx *stx)
{
	return S_ISCHR(stx->stx_mode) && stx->stx_rdev_major == 0 && stx->stx_rdev_minor == 0;
}

/* Only what can be run gains anything by a capability; for all else one call is saved. */
static bool has_capability(int dir, const char *name, const struct statx *stx)
{
	struct fd_path path;
	int fd;
	bool has;

	if (!(stx->stx_mode & 0111))
		return false;
	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	path = fd_path(fd);
	has = getxattr(path.text, CAPABILITY, NULL, 0) > 0;
	close(fd);
	return has;
}

static bool gives_rights(int dir, const char *name, const struct statx *stx)
{
	return S_ISREG(stx->stx_mode) &&
	       (stx->stx_mode & (S_ISUID | S_ISGID) || has_capability(dir, name, stx));
}

/* A file, or something else that is no directory. One that goes away meanwhile is none. */
static void take_file(struct walker *w, int dir, const char *name, unsigned char type)
{
	struct layer_search *s = w->search;
	const char *path = buf_str(&w->path);
	bool wanted = s->wanted && s->wanted(path), whiteout = false;
	struct statx stx;

	if ((s->rights && (type == DT_REG || type == DT_UNKNOWN)) || (wanted && type == DT_CHR)) {
		if (look(dir, name, &stx) < 0)
			return;
		whiteout = is_whiteout(&stx);
		if (s->rights && gives_rights(dir, name, &stx))
			strv_add(&w->ret->rights, path);
	}
	if (wanted && (!whiteout || s->whiteouts))
		strv_add(&w->ret->wanted, path);
}

static int read_directory(struct walker *w, int fd);

/* Some file systems do not tell the type along with the name. */
static unsigned char type_of(int dir, const struct dirent *entry)
{
	struct statx stx;

	if (entry->d_type != DT_UNKNOWN || look(dir, entry->d_name, &stx) < 0)
		return entry->d_type;
	return (unsigned char)IFTODT(stx.stx_mode);
}

static int take_entry(struct walker *w, int dir, const struct dirent *entry)
{
	size_t length = w->path.len;
	unsigned char type = type_of(dir, entry);
	int r = 0;

	if (w->search->budget == 0)
		return -E2BIG;
	w->search->budget--;
	buf_printf(&w->path, "/%s", entry->d_name);
	if (type == DT_DIR) {
		int fd = open_directory(dir, entry->d_name);

		/* what is not a directory any more was changed while we looked: a container runs */
		if (fd >= 0)
			r = read_directory(w, fd);
		else if (fd != -ENOENT && fd != -ENOTDIR && fd != -ELOOP)
			r = fd;
	} else {
		take_file(w, dir, entry->d_name, type);
	}
	buf_splice(&w->path, length, w->path.len - length, "", 0);
	return r;
}

/* Takes fd over. */
static int read_directory(struct walker *w, int fd)
{
	CLEANUP(close_dir) DIR *dir = fdopendir(fd);
	int r = 0;

	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	if (++w->depth > LAYER_MAX_DEPTH)
		return -E2BIG;
	while (r == 0) {
		struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			r = -errno;
			break;
		}
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = take_entry(w, fd, entry);
	}
	w->depth--;
	return r;
}

/* One directory down from *fd, which is replaced. */
static int step_down(int *fd, const char *name)
{
	int next = open_directory(*fd, name);

	if (next < 0)
		return next;
	close(*fd);
	*fd = next;
	return 0;
}

static int open_layer(const struct root *root, const char *layer, int *ret, struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	int r = root_look(root, layer, &walk, err);

	if (r < 0)
		return r;
	r = walk.fd < 0 ? -ENOENT : fd_reopen_quietly(walk.fd, O_DIRECTORY);
	if (r < 0)
		return error_errno(err, r, "cannot read the layer '%s'", layer);
	*ret = r;
	return 0;
}

int layer_scan(const struct root *root, const char *layer, const char *below,
	       struct layer_search *search, struct layer_files *ret, struct error *err)
{
	CLEANUP(walker_clear) struct walker w = {.search = search, .ret = ret};
	CLEANUP(strv_clear) struct strv parts = {0};
	CLEANUP(close_fd) int fd = -1;
	int r = open_layer(root, layer, &fd, err);

	if (r < 0)
		return r;
	strv_split(&parts, below ? below : "", "/");
	for (size_t i = 0; i < parts.count; i++) {
		r = step_down(&fd, parts.items[i]);
		if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP)
			return 0;
		if (r < 0)
			return error_errno(err, r, "cannot read '%s' of '%s'", below, layer);
		buf_printf(&w.path, "/%s", parts.items[i]);
	}
	r = read_directory(&w, TAKE_FD(fd));
	if (r == -E2BIG)
		return error_set(err, r, "the layers hold too many files, or too deep ones");
	return r < 0 ? error_errno(err, r, "cannot read the layer '%s'", layer) : 0;
}

static bool is_opaque(int fd)
{
	struct fd_path path = fd_path(fd);
	char value = 0;

	return getxattr(path.text, OPAQUE, &value, 1) == 1 && value == 'y';
}

/* Of all but the last part: 1 something stands in the way, 0 nothing does, -ENOENT: nothing is there. */
static int pass(int *fd, const char *name)
{
	int r = step_down(fd, name);

	if (r == -ENOTDIR || r == -ELOOP)
		return 1;
	return r < 0 ? r : is_opaque(*fd);
}

int layer_hides(const struct root *root, const char *layer, const char *path, struct error *err)
{
	CLEANUP(strv_clear) struct strv parts = {0};
	CLEANUP(close_fd) int fd = -1;
	struct statx stx;
	int r = open_layer(root, layer, &fd, err);

	strv_split(&parts, path, "/");
	for (size_t i = 0; r == 0 && i + 1 < parts.count; i++)
		r = pass(&fd, parts.items[i]);
	if (r == 0 && fd >= 0 && parts.count)
		r = look(fd, parts.items[parts.count - 1], &stx) == 0 ? 1 : -errno;
	if (fd >= 0 && r == -ENOENT)
		return 0;
	return r < 0 && fd >= 0
		       ? error_errno_at(err, r, layer, "cannot look at '%s' in '%s'", path, layer)
		       : r;
}

void layer_files_clear(struct layer_files *f)
{
	strv_clear(&f->wanted);
	strv_clear(&f->rights);
}
