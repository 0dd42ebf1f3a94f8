#include "tests/cases/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"

#define MAX_BYTES (4U << 20)

int read_whole(const char *file, struct buf *ret, struct error *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : fd_read_all(fd, MAX_BYTES, ret);

	if (fd >= 0)
		close(fd);
	return r < 0 ? error_errno(err, r, "cannot read '%s'", file) : 0;
}

int write_whole(const char *file, const struct buf *bytes, struct error *err)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int r = fd < 0 ? -errno : fd_write_all(fd, bytes->data, bytes->len);

	if (fd >= 0)
		close(fd);
	return r < 0 ? error_errno(err, r, "cannot write '%s'", file) : 0;
}

bool is_directory(const char *file)
{
	struct stat st;

	return lstat(file, &st) == 0 && S_ISDIR(st.st_mode);
}

int make_directories(const char *directory, struct error *err)
{
	const char *slash = strrchr(directory, '/');
	CLEANUP(freep) char *parent = xstrndup(directory, slash ? (size_t)(slash - directory) : 0);
	int r = *parent && !is_directory(parent) ? make_directories(parent, err) : 0;

	if (r == 0 && mkdir(directory, 0755) < 0 && errno != EEXIST)
		r = error_errno(err, -errno, "cannot make '%s'", directory);
	return r;
}

int list_tree(const char *directory, struct strv *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	DIR *dir = opendir(directory);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return errno == ENOENT ? 0
				       : error_errno(err, -errno, "cannot read '%s'", directory);
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			strv_add(&names, entry->d_name);
	closedir(dir);
	strv_sort(&names);
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", directory, names.items[i]);

		strv_add(ret, path);
		r = is_directory(path) ? list_tree(path, ret, err) : 0;
	}
	return r;
}

static int copy_link(const char *from, const char *to, struct error *err)
{
	char target[4096] = "";

	if (readlink(from, target, sizeof(target) - 1) < 0 || symlink(target, to) < 0)
		return error_errno(err, -errno, "cannot copy the link '%s'", from);
	return 0;
}

static int copy_path(const char *from, const char *to, struct error *err)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	struct stat st;
	int r;

	if (lstat(from, &st) < 0)
		return error_errno(err, -errno, "cannot look at '%s'", from);
	if (S_ISDIR(st.st_mode))
		return make_directories(to, err);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, err);
	r = read_whole(from, &bytes, err);
	return r < 0 ? r : write_whole(to, &bytes, err);
}

int copy_tree(const char *from, const char *to, struct error *err)
{
	CLEANUP(strv_clear) struct strv paths = {0};
	int r = list_tree(from, &paths, err);

	for (size_t i = 0; r == 0 && i < paths.count; i++) {
		CLEANUP(freep) char *copy = xasprintf("%s%s", to, paths.items[i] + strlen(from));

		r = copy_path(paths.items[i], copy, err);
	}
	return r;
}

void remove_tree(const char *directory)
{
	CLEANUP(strv_clear) struct strv paths = {0};

	list_tree(directory, &paths, NULL);
	for (size_t i = paths.count; i > 0; i--)
		remove(paths.items[i - 1]);
	rmdir(directory);
}
