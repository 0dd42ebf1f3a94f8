#pragma once

/* What the tests of the journal share: whole files, and where a record begins. */

#include "tests/test.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/fd-io.h"
#include "engine/base/macros.h"

#define SAMPLE_ID "20261122-025819-aaf59f"
#define SAMPLE SAMPLES "/journal-1/" SAMPLE_ID
#define MAGIC_LEN 8
#define HEAD_LEN 12

static inline UNUSED void get_at(int at, const char *path, struct buf *ret)
{
	int fd = openat(at, path, O_RDONLY | O_CLOEXEC);

	buf_clear(ret);
	assert_true(fd >= 0);
	assert_int_equal(fd_read_all(fd, 1 << 20, ret), 0);
	close(fd);
}

/* Where the record of this number begins. */
static inline UNUSED size_t offset_of(const struct buf *b, size_t number)
{
	size_t at = MAGIC_LEN;

	while (number-- > 0) {
		uint32_t len;

		memcpy(&len, b->data + at,
		       sizeof(len)); /* little endian, as all that Docker runs on */
		at += HEAD_LEN + len + 4;
	}
	return at;
}
