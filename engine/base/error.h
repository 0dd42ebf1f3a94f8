#pragma once

/*
 * Errors. A function that can fail returns 0 or positive on success and a negative errno on
 * failure, and takes `struct error *err` last (NULL allowed). The callee that finds the
 * failure fills `err`; a caller passes it on, or wraps it with what it was about to do:
 *
 *     control 'daemon.icc': cannot open '/etc/docker': Permission denied
 *
 * Messages are lower case, without a full stop, with the subject in single quotes. Only cli/
 * prints them. A struct error starts zeroed and is released by error_clear().
 */

#include "engine/base/macros.h"

struct error {
	int code; /* negative errno */
	char *text; /* the message; NULL when no error was set */
	char *control; /* whose fault it is, as far as is known; NULL */
	char *path; /* what it is about, as far as is known; NULL */
};

/* Fills err (replacing what was there) and returns code. */
int error_set(struct error *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* As error_set(), with ": " and the errno's own words behind the message. */
int error_errno(struct error *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Both for what is about a path: it is said apart from the words, as by error_about(). */
int error_set_at(struct error *err, int code, const char *path, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
int error_errno_at(struct error *err, int code, const char *path, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* Puts "prefix: " before the message that is there; returns the code of err, or `code` without err. */
int error_wrap(struct error *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The words of an errno, negative or not. Never "Success". */
const char *error_reason(int code);

/* Whose fault the error is that is there, unless that was said already; returns `code`. */
int error_blame(struct error *err, int code, const char *control);

/* Likewise which path it is about: who found it knows best, and said so first. */
int error_about(struct error *err, int code, const char *path);

/* The message, or the words of the code when there is none. Never NULL; lives as long as err. */
const char *error_text(const struct error *err);

void error_move(struct error *to, struct error *from);
void error_clear(struct error *err);
