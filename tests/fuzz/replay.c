/*
 * Feeds files to a fuzz target: the kept inputs of a corpus directory, in any build and without a
 * fuzzer. TAP, one line a file.
 *
 *     replay-TARGET FILE|DIRECTORY...
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/base/strv.h"
#include "engine/host/read/root.h"
#include "tests/fuzz/fuzz.h"

#define MAX_FILE (16U << 20)

static void find_files(struct strv *ret, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir) {
		strv_add(ret, path);
		return;
	}
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			strv_addf(ret, "%s/%s", path, entry->d_name);
	closedir(dir);
}

static int feed(const char *path)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(freep) uint8_t *exact = NULL;

	if (fd < 0 || fd_read_all(fd, MAX_FILE, &bytes) < 0)
		return -1;
	exact = xmemdup(bytes.data ? bytes.data : "", bytes.len);
	return LLVMFuzzerTestOneInput(exact, bytes.len);
}

int main(int argc, char **argv)
{
	CLEANUP(strv_clear) struct strv files = {0};
	int failed = 0;

	for (int i = 1; i < argc; i++)
		find_files(&files, argv[i]);
	strv_sort(&files);
	printf("1..%zu\n", files.count + 1);
	for (size_t i = 0; i < files.count; i++) {
		const char *name = strrchr(files.items[i], '/');

		printf("# %s\n", files.items[i]);
		fflush(stdout); /* so that the last line before a crash names its input */
		if (feed(files.items[i]) != 0) {
			printf("not ");
			failed++;
		}
		printf("ok %zu - %s\n", i + 1, name ? name + 1 : files.items[i]);
	}
	printf("%sok %zu - there are inputs\n", files.count ? "" : "not ", files.count + 1);
	return failed || files.count == 0;
}
