/*
 * floor-list FILE: what single files cost at the least: for each path, one a line, an openat2()
 * that follows no link, one statx() of what it opened, and the close. Prints how many have a mode
 * with a bit of 022. Nothing of harden's is in it.
 */

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static size_t look(const char *path)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	struct statx st;

	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID,
			    &st) < 0) {
		perror(path);
		exit(1);
	}
	close(fd);
	return (st.stx_mode & 022) != 0;
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;
	size_t size = 0, wrong = 0;
	char *line = NULL;

	if (!f) {
		fprintf(stderr, "usage: floor-list FILE\n");
		return 64;
	}
	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		wrong += look(line);
	}
	printf("%zu\n", wrong);
	free(line);
	fclose(f);
	return 0;
}
