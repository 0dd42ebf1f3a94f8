/* What is left of what was made to hold a value, when the value goes. */

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/subject-key.h"
#include "engine/format/unit-scan.h"
#include "engine/plan/image-follow.h"

/* What held it goes as well, where that holds nothing else. */
static int drop_empty_object(const struct image *base, const struct image *ours,
			     struct subject subject, struct image *result, struct error *err)
{
	CLEANUP(freep)
	char *pointer = subject.scheme == SCHEME_JSON ? json_pointer_parent(subject.key) : NULL;
	struct subject parent = subject_of(SCHEME_JSON, pointer);
	CLEANUP(freep) char *was = NULL, *mine = NULL, *now = NULL;
	CLEANUP(edits_clear) struct edits one = {0};
	int r;

	if (!pointer)
		return 0;
	r = image_value(base, parent, &was, err);
	if (r >= 0)
		r = image_value(ours, parent, &mine, err);
	if (r < 0 || !was || mine)
		return r;
	r = image_value(result, parent, &now, err);
	if (r < 0 || !now || strcmp(now, "{}") != 0)
		return r;
	r = image_apply_edit(result, edits_add(&one, NULL, "", parent, now, NULL), err);
	return r < 0 ? r : drop_empty_object(base, ours, parent, result, err); /* what held it */
}

static void drop_empty_section(const struct image *base, const struct image *ours,
			       struct subject subject, struct image *result)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *section = NULL;
	const char *name;

	if (!subject_key_split(subject.key, &section, &name) || !result->has_content ||
	    !unit_has_section(&base->content, section) ||
	    (ours->has_content && unit_has_section(&ours->content, section)))
		return;
	buf_copy(&text, &result->content);
	unit_drop_empty_section(&text, section);
	if (!buf_equal(&text, &result->content))
		image_set_content(result, text.data, text.len);
}

int image_drop_empty(const struct image *base, const struct image *ours, struct subject subject,
		     struct image *result, struct error *err)
{
	if (subject.scheme == SCHEME_UNIT)
		drop_empty_section(base, ours, subject, result);
	return drop_empty_object(base, ours, subject, result, err);
}

static bool is_heading(const char *line)
{
	size_t n = strlen(line);

	return n > 1 && line[0] == '[' && line[n - 1] == ']';
}

bool image_is_blank(const struct image *image)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(buf_clear) struct buf dense = {0};

	if (image->node.kind != NODE_FILE || !image->has_content ||
	    memchr(buf_str(&image->content), '\0', image->content.len))
		return false;
	strv_split(&lines, buf_str(&image->content), "\r\n");
	for (size_t i = 0; i < lines.count; i++)
		for (const char *c = is_heading(lines.items[i]) ? "" : lines.items[i]; *c; c++)
			if (!strchr(" \t", *c))
				buf_putc(&dense, *c);
	return dense.len == 0 || strcmp(buf_str(&dense), "{}") == 0;
}
