#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "tests/bench/bench.h"

#define FILES_OF_ONE ((size_t)100) /* in a directory, and directories in one */

static void must(const char *path, bool done)
{
	if (done)
		return;
	fprintf(stderr, "bench: cannot make '%s': %s\n", path, strerror(errno));
	exit(1);
}

bool in_path(const char *program)
{
	CLEANUP(strv_clear) struct strv directories = {0};
	const char *path = getenv("PATH");

	if (strchr(program, '/'))
		return access(program, X_OK) == 0;
	/* those of administrators, whoever asks */
	strv_split(&directories, path ? path : "", ":");
	strv_add(&directories, "/usr/sbin");
	for (size_t i = 0; i < directories.count; i++) {
		CLEANUP(freep) char *file = xasprintf("%s/%s", directories.items[i], program);

		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}

void make_text(const char *path, const struct buf *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(path, fd >= 0 && fd_write_all(fd, text->data, text->len) == 0);
	close(fd);
}

static char *directory_of(const char *directory, size_t file)
{
	size_t number = file / FILES_OF_ONE;

	return xasprintf("%s/d%zu/d%02zu", directory, number / FILES_OF_ONE, number % FILES_OF_ONE);
}

bool has_room(const char *directory, size_t files)
{
	struct statvfs s;

	return statvfs(directory, &s) < 0 || s.f_files == 0 || s.f_favail / 5 > files;
}

char *tree_path(const char *directory, size_t file)
{
	CLEANUP(freep) char *above = directory_of(directory, file);

	return xasprintf("%s/f%02zu", above, file % FILES_OF_ONE);
}

static void make_directory(const char *path)
{
	must(path, mkdir(path, 0755) == 0 || errno == EEXIST);
}

static void make_file(const char *directory, size_t file, mode_t mode)
{
	CLEANUP(freep) char *path = tree_path(directory, file);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	must(path, fd >= 0 && fchmod(fd, mode) == 0 && write(fd, "x\n", 2) == 2);
	close(fd);
}

void make_tree(const char *directory, size_t files, size_t wrong)
{
	make_directory(directory);
	for (size_t i = 0; i < files; i++) {
		if (i % FILES_OF_ONE == 0) {
			CLEANUP(freep) char *below = directory_of(directory, i);
			CLEANUP(freep) char *above = xstrdup(below);

			*strrchr(above, '/') = '\0';
			make_directory(above);
			make_directory(below);
		}
		make_file(directory, i, wrong && i % wrong == 0 ? 0666 : 0644);
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	if (remove(path) < 0)
		fprintf(stderr, "bench: cannot remove '%s': %s\n", path, strerror(errno));
	return 0;
}

void remove_tree(const char *path)
{
	nftw(path, remove_one, 64, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
