#include "engine/host/ask/unit-files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/fd-io.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/host/read/root.h"

#define MOST_BYTES (4U << 20)
#define MOST_OF_A_LINE (1U << 20) /* systemd takes no longer one */
#define COARSE_USEC 10000 /* so much behind the clock the time of a change may be */

static const char *const directories[] = {"/etc/systemd/system", "/run/systemd/system",
					  "/usr/local/lib/systemd/system",
					  "/usr/lib/systemd/system"};

static bool goes_on(const char *line, size_t length)
{
	size_t n = 0;

	while (n < length && line[length - 1 - n] == '\\')
		n++;
	return n % 2 == 1;
}

/* What a line begins with and ends with, joined with those before it by a backslash. */
struct statement {
	size_t number; /* of its first line */
	char head, last; /* that are no blanks; NUL: there is none */
};

static void add_line(struct statement *s, const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (strchr(" \t\r", line[i]))
			continue;
		s->head = s->head ? s->head : line[i];
		s->last = line[i];
	}
}

static bool is_comment(const char *line, size_t length)
{
	size_t i = 0;

	while (i < length && strchr(" \t", line[i]))
		i++;
	return i < length && strchr("#;", line[i]);
}

/*
 * Two mistakes let systemd read no further: a line that is too long, and a section's that does not end as it has to.
 * The second is found by engine/format/unit-scan.h as well, which is above this layer: a test holds them together.
 */
static char *text_fault(const struct buf *text)
{
	const char *at = buf_str(text), *end = at + text->len;
	struct statement s = {0};
	bool joined = false;

	for (size_t number = 1; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *next = newline ? newline + 1 : end;
		size_t length = (size_t)((newline ? newline : end) - at);

		if (length > MOST_OF_A_LINE)
			return xasprintf("is read up to line %zu, which is too long", number);
		length -= newline && length > 0 && at[length - 1] == '\r';
		if (!is_comment(at, length)) {
			s = joined ? s : (struct statement){.number = number};
			joined = goes_on(at, length);
			add_line(&s, at, length - joined);
		}
		at = next;
		if ((!joined || at == end) && s.head == '[' && s.last != ']')
			return xasprintf("is read up to line %zu, which begins a section and does "
					 "not end with ']'",
					 s.number);
	}
	return NULL;
}

static char *file_fault(const char *path)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CLEANUP(buf_clear) struct buf text = {0};

	return fd >= 0 && fd_read_all(fd, MOST_BYTES, &text) >= 0 ? text_fault(&text) : NULL;
}

char *dropin_unloadable(const char *path)
{
	struct stat link, st;
	const char *why = NULL;

	if (lstat(path, &link) < 0)
		return NULL; /* it is gone, which is a change */
	if (stat(path, &st) < 0)
		why = errno == ENOENT  ? "is a link that leads nowhere"
		      : errno == ELOOP ? "is a link that leads to itself"
				       : NULL;
	else if (S_ISDIR(st.st_mode))
		why = "is a directory";
	else if (S_ISREG(st.st_mode))
		return file_fault(path);
	return xstrdup_null(why);
}

static bool is_older(const struct stat *st, const struct moment *read)
{
	uint64_t changed =
		(uint64_t)st->st_ctim.tv_sec * 1000000 + (uint64_t)st->st_ctim.tv_nsec / 1000;

	return clock_compare(changed + COARSE_USEC, read) == CLOCK_BEFORE;
}

/* What a link leads to may not be there, but has not come or gone since. */
static bool is_as_read(const char *path, const struct moment *read)
{
	struct stat st;

	if (lstat(path, &st) < 0 || !is_older(&st, read))
		return false;
	return stat(path, &st) < 0 ? errno == ENOENT || errno == ELOOP : is_older(&st, read);
}

static bool directory_is_as_read(const char *path, const struct moment *read)
{
	struct stat st;

	return stat(path, &st) < 0 ? errno == ENOENT : is_older(&st, read);
}

static bool directories_are_as_read(const char *unit, const struct strv *dropins,
				    const struct moment *read)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s.d", directories[i], unit);

		if (!directory_is_as_read(path, read))
			return false;
	}
	for (size_t i = 0; i < dropins->count; i++) {
		CLEANUP(freep) char *path = path_parent(dropins->items[i]);

		if (!directory_is_as_read(path, read))
			return false;
	}
	return true;
}

bool unit_files_were_read(const char *unit, const char *fragment, const struct strv *dropins,
			  const struct moment *read, struct strv *ret_unloadable)
{
	bool any = false;

	if ((fragment && !is_as_read(fragment, read)) ||
	    !directories_are_as_read(unit, dropins, read))
		return false;
	for (size_t i = 0; i < dropins->count; i++)
		if (!is_as_read(dropins->items[i], read))
			return false;
	for (size_t i = 0; i < dropins->count; i++) {
		CLEANUP(freep) char *why = dropin_unloadable(dropins->items[i]);

		if (why)
			strv_addf(ret_unloadable, "%s (it %s)", dropins->items[i], why);
		any |= why != NULL;
	}
	return any;
}
