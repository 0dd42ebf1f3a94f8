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

/* Two mistakes let systemd read no further: a line that is too long, a section's that does not end as it has to. */
static const char *line_fault(const char *line, size_t length)
{
	size_t begin = 0;

	if (length > MOST_OF_A_LINE)
		return "is too long";
	while (begin < length && (line[begin] == ' ' || line[begin] == '\t'))
		begin++;
	while (length > begin && strchr(" \t\r", line[length - 1]))
		length--;
	return begin < length && line[begin] == '[' && line[length - 1] != ']'
		       ? "begins a section and does not end with ']'"
		       : NULL;
}

/* What a backslash joins to the line before is no section. */
static char *text_fault(const struct buf *text)
{
	const char *at = buf_str(text), *end = at + text->len;
	bool joined = false;

	for (size_t number = 1; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		const char *fault = joined ? NULL : line_fault(at, (size_t)(stop - at));

		if (fault)
			return xasprintf("is read up to line %zu, which %s", number, fault);
		joined = stop > at && stop[-1] == '\\' && (joined || !strchr("#;", *at));
		at = stop + 1;
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

static bool is_older(const struct stat *st, uint64_t usec)
{
	uint64_t changed =
		(uint64_t)st->st_ctim.tv_sec * 1000000 + (uint64_t)st->st_ctim.tv_nsec / 1000;

	return changed + COARSE_USEC < usec;
}

/* What a link leads to may not be there, but has not come or gone since. */
static bool is_as_read(const char *path, uint64_t usec)
{
	struct stat st;

	if (lstat(path, &st) < 0 || !is_older(&st, usec))
		return false;
	return stat(path, &st) < 0 ? errno == ENOENT || errno == ELOOP : is_older(&st, usec);
}

static bool directory_is_as_read(const char *path, uint64_t usec)
{
	struct stat st;

	return stat(path, &st) < 0 ? errno == ENOENT : is_older(&st, usec);
}

static bool directories_are_as_read(const char *unit, const struct strv *dropins, uint64_t usec)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s.d", directories[i], unit);

		if (!directory_is_as_read(path, usec))
			return false;
	}
	for (size_t i = 0; i < dropins->count; i++) {
		CLEANUP(freep) char *path = path_parent(dropins->items[i]);

		if (!directory_is_as_read(path, usec))
			return false;
	}
	return true;
}

bool unit_files_were_read(const char *unit, const char *fragment, const struct strv *dropins,
			  uint64_t read_usec, struct strv *ret_unloadable)
{
	bool any = false;

	if ((fragment && !is_as_read(fragment, read_usec)) ||
	    !directories_are_as_read(unit, dropins, read_usec))
		return false;
	for (size_t i = 0; i < dropins->count; i++)
		if (!is_as_read(dropins->items[i], read_usec))
			return false;
	for (size_t i = 0; i < dropins->count; i++) {
		CLEANUP(freep) char *why = dropin_unloadable(dropins->items[i]);

		if (why)
			strv_addf(ret_unloadable, "%s (it %s)", dropins->items[i], why);
		any |= why != NULL;
	}
	return any;
}
