#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"
#include "engine/format/schemes/schemes.h"
#include "engine/format/secret.h"
#include "engine/format/subject-key.h"
#include "engine/format/unit-scan.h"

/*
 * unit:SECTION/KEY. Taking the last key of a section away leaves the section's heading: nobody
 * can tell whether it was there before.
 */

struct unit_key {
	char *section, *key;
};

static void unit_key_clear(struct unit_key *k)
{
	free(k->section);
	free(k->key);
}

static int open_text(const struct buf *text, const char *key, struct unit_key *ret_key,
		     struct unit_scan *ret, struct error *err)
{
	const char *name;
	int r;

	if (!subject_key_split(key, &ret_key->section, &name) || strpbrk(key, "=[]#;\\ \t\r\n"))
		return error_set(err, -EINVAL, "not a section and a key: '%s'", key);
	r = text_lines_check(text, err);
	if (r < 0)
		return r;
	ret_key->key = xstrdup(name);
	unit_scan(text, ret_key->section, ret_key->key, ret);
	return 0;
}

int unit_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err)
{
	CLEANUP(unit_scan_clear) struct unit_scan scan = {0};
	CLEANUP(unit_key_clear) struct unit_key name = {0};
	CLEANUP(buf_clear) struct buf value = {0};
	int r = open_text(text, key, &name, &scan, err);

	if (r < 0 || scan.count == 0)
		return r;
	for (size_t i = 0; i < scan.count; i++) {
		if (i)
			buf_putc(&value, '\n');
		buf_puts(&value, scan.items[i].value);
	}
	*ret_value = buf_take(&value);
	return 1;
}

/* The lines of a value, empty ones too, without blanks around them. */
static int split_value(const char *key, const char *value, struct strv *ret, struct error *err)
{
	for (const char *at = value;;) {
		size_t n = strcspn(at, "\n"), len = n, skip = strspn(at, " \t");

		skip = skip < n ? skip : n;
		while (len > skip && strchr(" \t\r", at[len - 1]))
			len--;
		if (len > skip && at[len - 1] == '\\')
			return secret_refuse(subject_of(SCHEME_UNIT, key), value,
					     "a value that ends in a backslash", err);
		strv_add_n(ret, at + skip, len - skip);
		if (!at[n])
			return 0;
		at += n + 1;
	}
}

static void insert_assignment(struct buf *text, size_t at, const char *key, const char *value)
{
	CLEANUP(freep) char *line = xasprintf("%s=%s", key, value);

	text_line_insert(text, at, line);
}

static void replace_assignment(struct buf *text, const struct unit_assignment *a, const char *value)
{
	buf_splice(text, a->value_start, a->lines.end - a->value_start, value, strlen(value));
}

/*
 * Brings the assignments to the wanted values: those at both ends that are right already stay
 * as they are written. Works from the end of the text to its start, so that places hold.
 */
static void merge(struct buf *text, const char *key, const struct unit_scan *scan,
		  const struct strv *wanted)
{
	size_t head = 0, have = scan->count, want = wanted->count;

	while (head < have && head < want &&
	       strcmp(scan->items[head].value, wanted->items[head]) == 0)
		head++;
	while (have > head && want > head &&
	       strcmp(scan->items[have - 1].value, wanted->items[want - 1]) == 0) {
		have--;
		want--;
	}
	for (; want > have; want--) {
		size_t at = have ? scan->items[have - 1].lines.next : scan->items[0].lines.start;

		insert_assignment(text, at, key, wanted->items[want - 1]);
	}
	for (; have > want; have--)
		text_line_set(text, &scan->items[have - 1].lines, NULL);
	for (; have > head; have--)
		if (strcmp(scan->items[have - 1].value, wanted->items[have - 1]) != 0)
			replace_assignment(text, &scan->items[have - 1], wanted->items[have - 1]);
}

/*
 * The last line takes the line end before it along when it has none itself; where that one ended
 * a continued line, it has to stay.
 */
static void keep_finished(struct buf *text, const struct unit_key *name)
{
	CLEANUP(unit_scan_clear) struct unit_scan scan = {0};

	unit_scan(text, name->section, name->key, &scan);
	if (scan.unfinished)
		buf_puts(text, text_line_end(text));
}

/* Inserting at one place from last to first gives the wanted order. */
static void insert_all(struct buf *text, size_t at, const struct unit_key *name,
		       const struct strv *wanted)
{
	for (size_t i = wanted->count; i > 0; i--)
		insert_assignment(text, at, name->key, wanted->items[i - 1]);
}

static void add_section(struct buf *text, const struct unit_key *name, const struct strv *wanted)
{
	CLEANUP(freep) char *heading = xasprintf("[%s]", name->section);

	if (text->len)
		text_line_insert(text, text->len, "");
	text_line_insert(text, text->len, heading);
	for (size_t i = 0; i < wanted->count; i++)
		insert_assignment(text, text->len, name->key, wanted->items[i]);
}

int unit_text_set(struct buf *text, const char *key, const char *value, struct error *err)
{
	CLEANUP(unit_scan_clear) struct unit_scan scan = {0};
	CLEANUP(unit_key_clear) struct unit_key name = {0};
	CLEANUP(strv_clear) struct strv wanted = {0};
	int r = open_text(text, key, &name, &scan, err);

	if (r == 0 && value)
		r = split_value(key, value, &wanted, err);
	if (r == 0 && value && scan.unfinished)
		r = error_set(err, -EBADMSG, "the last line ends in a backslash, as if it went on");
	/* what is put in front of the line is in force */
	if (r == 0 && wanted.count && scan.cut && !scan.count && !scan.has_section)
		r = error_set(
			err, -EBADMSG,
			"line %zu begins a section and does not end with ']': systemd reads no "
			"further",
			scan.cut);
	if (r < 0)
		return r;
	if (scan.count) {
		merge(text, name.key, &scan, &wanted);
		if (!scan.unfinished)
			keep_finished(text, &name);
	} else if (scan.has_section) {
		insert_all(text, scan.section_end, &name, &wanted);
	} else if (wanted.count) {
		add_section(text, &name, &wanted);
	}
	return 0;
}
