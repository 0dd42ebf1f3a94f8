#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/base/fd-io.h"
#include "rollback/blobs.h"
#include "rollback/transaction-directory.h"

/*
 * A transaction's directory whose files hold anything: two lines with the digests that the journal
 * has of a file's images ("=": the right one), then the bytes of every file in the directory.
 */
#define FAKE_DIRECTORY 1000000 /* closing it does no harm */

static struct buf file_bytes;

/* A file with the bytes, as the real code opens one for each name. */
static int open_file(void)
{
	static int file = -1;

	if (file < 0)
		file = memfd_create("file", MFD_CLOEXEC);
	FUZZ_ASSERT(fchmod(file, 0600) == 0);
	FUZZ_ASSERT(ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0);
	FUZZ_ASSERT(fd_write_all(file, file_bytes.data, file_bytes.len) == 0);
	FUZZ_ASSERT(lseek(file, 0, SEEK_SET) == 0);
	return fcntl(file, F_DUPFD_CLOEXEC, 0);
}

/* Only names in the directory itself are opened, and never through a link. */
static int fuzz_openat(int dir, const char *name, int flags, ...)
{
	FUZZ_ASSERT(*name && !strchr(name, '/') && strcmp(name, ".") && strcmp(name, ".."));
	FUZZ_ASSERT(flags & O_NOFOLLOW && !(flags & (O_WRONLY | O_RDWR | O_CREAT)));
	return flags & O_DIRECTORY ? FAKE_DIRECTORY : open_file();
}

/* The real code with the input in place of the directory. */
#define openat fuzz_openat
#include "rollback/blobs.c"
#include "rollback/transaction-directory.c"

static void add_image(struct change *c, const char *digest)
{
	struct image *image = array_append(&c->images, &c->nimages, sizeof(*image));

	image->node.kind = NODE_FILE;
	image->node.data = strcmp(digest, "=") == 0 ? digest_new(file_bytes.data, file_bytes.len)
						    : xstrdup(digest);
}

/* A blob is used when its bytes are those that its name says, and else not at all. */
static void check_blobs(const char *first, const char *second)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct change *c = plan_add_change(&plan, "/etc/a");
	int r;

	add_image(c, first);
	add_image(c, second);
	r = blobs_load(FAKE_DIRECTORY, &plan, &err);
	FUZZ_ASSERT(r >= 0 || err.text);
	for (size_t i = 0; i < c->nimages; i++) {
		CLEANUP(freep) char *digest = NULL;

		if (!c->images[i].has_content)
			continue;
		digest = digest_new(c->images[i].content.data, c->images[i].content.len);
		FUZZ_ASSERT(strcmp(digest, c->images[i].node.data) == 0);
	}
	FUZZ_ASSERT(r < 0 || (c->images[0].has_content && c->images[1].has_content));
}

/* The list of staged files: whole names, in their order, absolute ones only. */
static void check_staged(void)
{
	CLEANUP(strv_clear) struct strv staged = {0};
	CLEANUP(error_clear) struct error err = {0};
	size_t at = 0;

	FUZZ_ASSERT(transaction_read_staged(FAKE_DIRECTORY, &staged, &err) >= 0);
	for (size_t i = 0; i < staged.count; i++) {
		const char *path = staged.items[i];
		const char *found =
			memmem(file_bytes.data + at, file_bytes.len - at, path, strlen(path) + 1);

		FUZZ_ASSERT(path[0] == '/' && found);
		at = (size_t)(found - file_bytes.data) + strlen(path) + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(freep) char *first = fuzz_line(&data, &size);
	CLEANUP(freep) char *second = fuzz_line(&data, &size);

	buf_clear(&file_bytes);
	fuzz_text(&file_bytes, data, size);
	check_blobs(first, second);
	check_staged();
	buf_clear(&file_bytes);
	return 0;
}
