#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/enum-table.h"
#include "engine/base/str.h"
#include "tests/cases/snapshot.h"

ENUM_TABLE_DECLARE(entry_kind, enum entry_kind);
ENUM_TABLE(entry_kind, enum entry_kind, ENTRY_KIND_COUNT, [ENTRY_FILE] = "file",
	   [ENTRY_DIR] = "dir", [ENTRY_LINK] = "link", [ENTRY_HARDLINK] = "hardlink",
	   [ENTRY_SOCKET] = "socket", [ENTRY_FIFO] = "fifo", [ENTRY_GONE] = "gone");

void entry_clear(struct entry *e)
{
	free(e->path);
	free(e->target);
	free(e->acl);
	free(e->default_acl);
	strv_clear(&e->xattrs);
	buf_clear(&e->content);
	*e = (struct entry){0};
}

static void put_escaped(struct buf *b, const char *text)
{
	for (; *text; text++)
		if (strchr(" \t\n\\", *text))
			buf_printf(b, "\\%03o", (unsigned)(unsigned char)*text);
		else
			buf_putc(b, *text);
}

static void put_word(struct buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	buf_printf(b, " %s=", name);
	put_escaped(b, value);
}

char *entry_line(const struct entry *e)
{
	CLEANUP(buf_clear) struct buf b = {0};

	if (e->kind == ENTRY_GONE) {
		buf_puts(&b, "gone ");
		put_escaped(&b, e->path);
		return buf_take(&b);
	}
	buf_printf(&b, "%s %04o %u %u ", entry_kind_to_string(e->kind), (unsigned)e->mode, e->uid,
		   e->gid);
	put_escaped(&b, e->path);
	put_word(&b, "target", e->target);
	put_word(&b, "acl", e->acl);
	put_word(&b, "default-acl", e->default_acl);
	for (size_t i = 0; i < e->xattrs.count; i++)
		buf_printf(&b, " %s", e->xattrs.items[i]);
	if (e->flags)
		buf_printf(&b, " flags=%s%s", e->flags & FS_IMMUTABLE_FL ? "i" : "",
			   e->flags & FS_APPEND_FL ? "a" : "");
	return buf_take(&b);
}

static char *unescape(const char *text)
{
	CLEANUP(buf_clear) struct buf b = {0};

	while (*text) {
		if (*text == '\\' && strspn(text + 1, "01234567") >= 3) {
			const char octal[] = {text[1], text[2], text[3], '\0'};

			buf_putc(&b, (char)strtoul(octal, NULL, 8));
			text += 4;
		} else {
			buf_putc(&b, *text++);
		}
	}
	return buf_take(&b);
}

static int parse_number(const char *text, int base, unsigned *ret)
{
	char *end;
	unsigned long value = strtoul(text, &end, base);

	if (!*text || *end || value > 0xfffffffe)
		return -EINVAL;
	*ret = (unsigned)value;
	return 0;
}

static int parse_word(struct entry *e, const char *word)
{
	const char *equals = strchr(word, '=');
	CLEANUP(freep) char *name = equals ? xstrndup(word, (size_t)(equals - word)) : NULL;
	CLEANUP(freep) char *value = equals ? unescape(equals + 1) : NULL;

	if (!name)
		return -EINVAL;
	if (strcmp(name, "target") == 0)
		e->target = TAKE_PTR(value);
	else if (strcmp(name, "acl") == 0)
		e->acl = TAKE_PTR(value);
	else if (strcmp(name, "default-acl") == 0)
		e->default_acl = TAKE_PTR(value);
	else if (strcmp(name, "flags") == 0)
		e->flags = (strchr(value, 'i') ? FS_IMMUTABLE_FL : 0) |
			   (strchr(value, 'a') ? FS_APPEND_FL : 0);
	else if (strchr(name, '.') && starts_with(value, "0x"))
		strv_add(&e->xattrs, word);
	else
		return -EINVAL;
	return 0;
}

/* The words in front of the path's: KIND MODE UID GID. */
static int parse_head(struct entry *e, const struct strv *words)
{
	int kind = entry_kind_from_string(words->items[0]);
	unsigned mode = 0;

	if (kind < 0)
		return kind;
	e->kind = (enum entry_kind)kind;
	if (kind == ENTRY_GONE)
		return words->count == 2 ? 1 : -EINVAL;
	if (words->count < 5 || parse_number(words->items[1], 8, &mode) < 0 ||
	    parse_number(words->items[2], 10, &e->uid) < 0 ||
	    parse_number(words->items[3], 10, &e->gid) < 0)
		return -EINVAL;
	e->mode = mode;
	return 4;
}

int entry_parse(struct entry *ret, const char *line, struct error *err)
{
	CLEANUP(strv_clear) struct strv words = {0};
	struct entry e = {0};
	int at, r;

	strv_split(&words, line, " \t");
	r = at = parse_head(&e, &words);
	for (size_t i = (size_t)at + 1; r >= 0 && i < words.count; i++)
		r = parse_word(&e, words.items[i]);
	if (r >= 0) {
		e.path = unescape(words.items[at]);
		r = e.path[0] == '/' ? 0 : -EINVAL;
	}
	if (r < 0) {
		entry_clear(&e);
		return error_set(err, -EINVAL, "'%s' is not a line of a tree", line);
	}
	strv_sort(&e.xattrs);
	*ret = e;
	return 0;
}
