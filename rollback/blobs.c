#include "rollback/blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/digest.h"
#include "engine/base/fd-io.h"
#include "engine/host/read/root.h"
#include "engine/plan/plan-reveal.h"
#include "rollback/state.h"

#define MAX_BLOB (64U << 20)

static int write_blob(int dir, const char *digest, const struct buf *bytes)
{
	CLEANUP(close_fd)
	int fd = openat(dir, digest, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? 0 : -errno; /* the same content is there already */
	return fd_write_all(fd, bytes->data, bytes->len);
}

int blobs_store(int txn, const struct plan *plan, struct error *err)
{
	CLEANUP(close_fd) int dir = -1;

	if (mkdirat(txn, BLOB_DIR, 0700) < 0 && errno != EEXIST)
		return state_error(err, -errno, txn, BLOB_DIR, "cannot make the directory");
	dir = openat(txn, BLOB_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return state_error(err, -errno, txn, BLOB_DIR,
				   "cannot open the snapshot's directory");
	for (size_t i = 0; i < plan->nchanges; i++) {
		const struct change *c = &plan->changes[i];

		for (size_t k = 0; k < c->nimages; k++) {
			const struct image *image = &c->images[k];
			int r = 0;

			if (image->has_content)
				r = write_blob(dir, image->node.data, &image->content);
			if (r < 0)
				return error_errno_at(err, r, c->path,
						      "cannot keep a snapshot of '%s'", c->path);
		}
	}
	return 0;
}

static int read_blob(int dir, const char *digest, struct buf *ret)
{
	CLEANUP(close_fd)
	int fd = openat(dir, digest, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char hex[DIGEST_HEX_LEN + 1];
	int r;

	if (fd < 0)
		return -errno;
	r = state_check_ours(fd, S_IFREG);
	if (r == 0)
		r = fd_read_all(fd, MAX_BLOB, ret);
	if (r < 0)
		return r;
	digest_hex(ret->data, ret->len, hex);
	return strcmp(hex, digest) == 0 ? 0 : -EBADMSG;
}

/* Digests come from a journal: they name a file, so they must be nothing but a digest. */
static bool is_digest(const char *s)
{
	return strlen(s) == DIGEST_HEX_LEN && strspn(s, "0123456789abcdef") == DIGEST_HEX_LEN;
}

int blobs_load(int txn, struct plan *plan, struct error *err)
{
	CLEANUP(close_fd)
	int dir = openat(txn, BLOB_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0)
		return state_error(err, -errno, txn, BLOB_DIR,
				   "cannot open the snapshot's directory");
	for (size_t i = 0; i < plan->nchanges; i++) {
		struct change *c = &plan->changes[i];

		for (size_t k = 0; k < c->nimages; k++) {
			struct image *image = &c->images[k];
			int r;

			if (image->node.kind != NODE_FILE || !image->node.data)
				continue;
			r = is_digest(image->node.data)
				    ? read_blob(dir, image->node.data, &image->content)
				    : -EBADMSG;
			if (r == -EPERM)
				return error_set_at(err, r, c->path,
						    "the snapshot of '%s' could have been written "
						    "by others",
						    c->path);
			if (r < 0)
				return error_errno_at(err, r, c->path,
						      "the snapshot of '%s' cannot be used",
						      c->path);
			image->has_content = true;
		}
	}
	plan_reveal(plan);
	return 0;
}
