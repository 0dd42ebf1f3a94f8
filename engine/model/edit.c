#include "engine/model/edit.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

struct edit *edits_add(struct edits *edits, const char *control, const char *path,
		       struct subject subject, const char *before, const char *after)
{
	struct edit *edit = array_append(&edits->items, &edits->count, sizeof(*edit));

	edit->control = xstrdup_null(control);
	edit->path = xstrdup_null(path);
	edit->subject = subject_copy(subject);
	edit->before = xstrdup_null(before);
	edit->after = xstrdup_null(after);
	return edit;
}

const struct edit *edits_first_on(const struct edits *edits, struct subject subject)
{
	for (size_t i = 0; i < edits->count; i++)
		if (subject_equal(edits->items[i].subject, subject))
			return &edits->items[i];
	return NULL;
}

const struct edit *edits_last_on(const struct edits *edits, struct subject subject)
{
	for (size_t i = edits->count; i-- > 0;)
		if (subject_equal(edits->items[i].subject, subject))
			return &edits->items[i];
	return NULL;
}

bool edits_have(const struct edits *edits, const char *control, struct subject subject)
{
	for (size_t i = 0; i < edits->count; i++)
		if (strcmp_null(edits->items[i].control, control) == 0 &&
		    subject_equal(edits->items[i].subject, subject))
			return true;
	return false;
}

void edit_copy(struct edit *to, const struct edit *from)
{
	struct edit copy = {
		.control = xstrdup_null(from->control),
		.path = xstrdup_null(from->path),
		.subject = subject_copy(from->subject),
		.before = xstrdup_null(from->before),
		.after = xstrdup_null(from->after),
		.item = xstrdup_null(from->item),
		.sensitive = from->sensitive,
	};

	edit_clear(to);
	*to = copy;
}

void edit_clear(struct edit *edit)
{
	if (!edit)
		return;
	free(edit->control);
	free(edit->path);
	subject_clear(&edit->subject);
	free(edit->before);
	free(edit->after);
	free(edit->item);
	*edit = (struct edit){0};
}

void edits_clear(struct edits *edits)
{
	if (!edits)
		return;
	for (size_t i = 0; i < edits->count; i++)
		edit_clear(&edits->items[i]);
	free(edits->items);
	*edits = (struct edits){0};
}

bool edit_is_content(const struct edit *edit)
{
	return subject_is_content(edit->subject);
}
