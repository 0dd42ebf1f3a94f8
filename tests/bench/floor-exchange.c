/*
 * floor-exchange DIRECTORY N: what replacing N files so that a power cut loses none of them costs at
 * the least: all are staged, one syncfs(), all are exchanged with what stood there, one syncfs().
 * Nothing is journaled, and nothing of harden's is in it. The old files stay beside; harden removes them, and
 * ext4 then takes long over every new file for some minutes, of the floor too (docs/decisions/group-commit.md).
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char text[] =
	"# what a small file of settings holds\nsetting = a value of some length\n";

static void must(const char *what, long result)
{
	if (result >= 0)
		return;
	perror(what);
	exit(1);
}

static void put(int at, size_t i)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "f%zu", i);
	fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	must(name, fd);
	must(name, write(fd, text, strlen(text)));
	close(fd);
}

static void exchange(int from, int to, size_t i)
{
	char name[32];

	snprintf(name, sizeof(name), "f%zu", i);
	must(name, renameat2(from, name, to, name, RENAME_EXCHANGE));
}

/* The files that are replaced; those of a run before serve again. */
static int place(int above, size_t n)
{
	int made = mkdirat(above, "files", 0755), fd = openat(above, "files", O_DIRECTORY);

	must("files", made < 0 && errno != EEXIST ? -1 : fd);
	for (size_t i = 0; made == 0 && i < n; i++)
		put(fd, i);
	return fd;
}

int main(int argc, char **argv)
{
	int above = argc == 3 ? open(argv[1], O_DIRECTORY | O_CLOEXEC) : -1, stage, files;
	size_t n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	char name[32];

	if (above < 0) {
		fprintf(stderr, "usage: floor-exchange DIRECTORY N\n");
		return 64;
	}
	files = place(above, n);
	snprintf(name, sizeof(name), "stage.%d", (int)getpid());
	must(name, mkdirat(above, name, 0700));
	stage = openat(above, name, O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < n; i++)
		put(stage, i);
	must("syncfs", syncfs(stage));
	for (size_t i = 0; i < n; i++)
		exchange(stage, files, i);
	must("syncfs", syncfs(stage));
	return 0;
}
