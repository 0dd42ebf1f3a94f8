#pragma once

/*
 * What the fuzz targets share. Each target is one file with LLVMFuzzerTestOneInput(), for
 * libFuzzer (campaign) or for replay.c, which feeds it the kept inputs as an ordinary test.
 *
 * A target does not only look for crashes: FUZZ_ASSERT() states what must hold for any input.
 */

#include <stddef.h>
#include <stdint.h>

#include "engine/base/buf.h"

/* The name that libFuzzer calls; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program in a way that a fuzzer and a test notice. */
__attribute__((noreturn)) void fuzz_fail(const char *file, int line, const char *what);

#define FUZZ_ASSERT(what)                                                                          \
	do {                                                                                       \
		if (!(what))                                                                       \
			fuzz_fail(__FILE__, __LINE__, #what);                                      \
	} while (0)

/* The input as text, in a buffer of its own so that a sanitizer sees each byte read behind it. */
void fuzz_text(struct buf *ret, const uint8_t *data, size_t size);

/* The bytes up to the first newline as a string (the caller frees it); data and size move behind it. */
char *fuzz_line(const uint8_t **data, size_t *size);

/*
 * An input of an edit target: a line with the key, a line with the value (a byte 1 in it stands
 * for a newline), and the text. Checks for that scheme: a refused edit leaves the text alone;
 * what was set can be read back; setting it again changes nothing; an edit of a key that was
 * not there only adds, at one place, and so does taking it away again; an edit of one that was
 * there leaves all lines without it alone; what was taken away is gone.
 */
struct fuzz_edit {
	char *subject, *value;
	struct buf before, after;
	struct buf undone; /* the key set and taken away again */
	int was_there; /* 1, 0, or negative: unreadable */
	int set; /* what setting it returned */
};

void fuzz_edit_run(struct fuzz_edit *e, const char *scheme, const uint8_t *data, size_t size);
void fuzz_edit_clear(struct fuzz_edit *e);

/* For schemes in which setting a new key and taking it away again gives the old bytes, always. */
void fuzz_edit_check_undone(const struct fuzz_edit *e);
