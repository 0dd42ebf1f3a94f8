#include "tests/cases/golden.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "tests/cases/files.h"
#include "tests/cases/sandbox.h"

static bool give_up(struct error *err, struct strv *notes)
{
	strv_add(notes, error_text(err));
	error_clear(err);
	return false;
}

/* The lines at which two texts part, side by side enough to see what happened. */
static void show_difference(const char *file, const struct buf *want, const struct buf *have,
			    struct strv *notes)
{
	const char *a = buf_str(want), *b = buf_str(have);
	size_t line = 1;

	while (*a && *a == *b) {
		const char *end_a = strchrnul(a, '\n'), *end_b = strchrnul(b, '\n');

		if (end_a - a != end_b - b || strncmp(a, b, (size_t)(end_a - a)) != 0)
			break;
		a = *end_a ? end_a + 1 : end_a;
		b = *end_b ? end_b + 1 : end_b;
		line++;
	}
	strv_addf(notes, "%s differs from line %zu on; from there it should be\n%s\nand is\n%s",
		  file, line, *a ? a : "(the end)", *b ? b : "(the end)");
}

static bool rewrite_text(const char *file, const struct buf *have, struct strv *notes)
{
	struct error err = {0};

	if (have->len == 0) {
		unlink(file);
		return true;
	}
	return write_whole(file, have, &err) == 0 || give_up(&err, notes);
}

bool golden_text(const struct test_case *c, const char *name, const struct buf *have,
		 struct strv *notes)
{
	CLEANUP(freep) char *file = case_file(c, name);
	CLEANUP(buf_clear) struct buf want = {0};
	struct error err = {0};
	int r;

	if (case_rewrites())
		return rewrite_text(file, have, notes);
	r = read_whole(file, &want, &err);
	if (r < 0 && r != -ENOENT)
		return give_up(&err, notes);
	error_clear(&err);
	if (buf_equal(&want, have))
		return true;
	show_difference(file, &want, have, notes);
	return false;
}

static void put_new(struct snapshot *s, const char *path, bool is_dir)
{
	struct entry *e = snapshot_put(s, path);

	if (e->kind != ENTRY_GONE)
		return;
	e->kind = is_dir ? ENTRY_DIR : ENTRY_FILE;
	e->mode = is_dir ? 0755 : 0644;
}

/* Lays after/ over what was before. */
static int lay_contents(const char *directory, struct snapshot *s, struct error *err)
{
	CLEANUP(strv_clear) struct strv files = {0};
	int r = list_tree(directory, &files, err);

	for (size_t i = 0; r == 0 && i < files.count; i++) {
		const char *path = files.items[i] + strlen(directory);
		bool is_dir = is_directory(files.items[i]);

		put_new(s, path, is_dir);
		if (is_dir)
			continue;
		buf_clear(&snapshot_find(s, path)->content);
		r = read_whole(files.items[i], &snapshot_find(s, path)->content, err);
	}
	return r;
}

static int lay_lines(const char *file, struct snapshot *s, struct error *err)
{
	CLEANUP(snapshot_clear) struct snapshot tree = {0};
	int r = tree_read(file, &tree, err);

	for (size_t i = 0; r == 0 && i < tree.count; i++) {
		struct entry *from = &tree.items[i], *to;

		if (from->kind == ENTRY_GONE) {
			snapshot_remove(s, from->path);
			continue;
		}
		to = snapshot_put(s, from->path);
		buf_copy(&from->content, &to->content);
		entry_clear(to);
		*to = *from;
		*from = (struct entry){0};
	}
	return r;
}

static int read_expected(const struct test_case *c, const struct snapshot *before,
			 struct snapshot *ret, struct error *err)
{
	CLEANUP(freep) char *directory = case_file(c, "after");
	CLEANUP(freep) char *file = case_file(c, "after.tree");
	int r;

	snapshot_copy(ret, before);
	r = lay_contents(directory, ret, err);
	return r == 0 ? lay_lines(file, ret, err) : r;
}

/* Whether the path is what lay_contents() makes of it by itself. */
static bool is_plain(const struct entry *was, const struct entry *is)
{
	CLEANUP(freep) char *line = entry_line(is);
	CLEANUP(freep) char *had = was ? entry_line(was) : xasprintf("file 0644 0 0 %s", is->path);

	return strcmp(line, had) == 0;
}

static int write_path(const char *directory, const struct entry *was, const struct entry *is,
		      struct buf *tree, struct error *err)
{
	bool bytes = is->kind == ENTRY_FILE && (!was || !buf_equal(&was->content, &is->content));
	CLEANUP(freep) char *file = xasprintf("%s%s", directory, is->path);
	CLEANUP(freep) char *parent = xstrndup(file, (size_t)(strrchr(file, '/') - file));
	CLEANUP(freep) char *line = entry_line(is);
	int r = bytes ? make_directories(parent, err) : 0;

	if (!is_plain(was, is))
		buf_printf(tree, "%s\n", line);
	return bytes && r == 0 ? write_whole(file, &is->content, err) : r;
}

static int rewrite_tree(const struct test_case *c, const struct snapshot *before,
			const struct snapshot *have, struct strv *notes, struct error *err)
{
	CLEANUP(freep) char *directory = case_file(c, "after");
	CLEANUP(freep) char *file = case_file(c, "after.tree");
	CLEANUP(buf_clear) struct buf tree = {0};
	int r = 0;

	remove_tree(directory);
	for (size_t i = 0; r == 0 && i < have->count; i++)
		r = write_path(directory, snapshot_find(before, have->items[i].path),
			       &have->items[i], &tree, err);
	for (size_t i = 0; i < before->count; i++)
		if (!snapshot_find(have, before->items[i].path))
			buf_printf(&tree, "gone %s\n", before->items[i].path);
	return r == 0 && !rewrite_text(file, &tree, notes) ? -EIO : r;
}

bool golden_tree(const struct test_case *c, const struct snapshot *before,
		 const struct snapshot *have, struct strv *notes)
{
	CLEANUP(snapshot_clear) struct snapshot want = {0};
	struct error err = {0};

	if (case_rewrites() && rewrite_tree(c, before, have, notes, &err) < 0)
		return give_up(&err, notes);
	if (read_expected(c, before, &want, &err) < 0)
		return give_up(&err, notes);
	return snapshot_compare(&want, have, COMPARE_STATE, notes);
}

bool golden_no_tree(const struct test_case *c, struct strv *notes)
{
	CLEANUP(freep) char *directory = case_file(c, "after");
	CLEANUP(freep) char *file = case_file(c, "after.tree");

	if (case_rewrites()) {
		remove_tree(directory);
		unlink(file);
	}
	if (!is_directory(directory) && access(file, F_OK) < 0)
		return true;
	strv_add(notes, "nothing is applied, yet the case says what is there afterwards");
	return false;
}
