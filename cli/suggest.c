#include "cli/suggest.h"

#include <string.h>

#include "engine/base/alloc.h"

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment; three rows of the table are enough. */
size_t edit_distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	CLEANUP(freep) size_t *table = xcalloc(3 * (nb + 1), sizeof(size_t));
	size_t *older = table, *last = table + nb + 1, *row = table + 2 * (nb + 1);

	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *spare = older;

		older = last;
		last = row;
		row = spare;
		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]),
				       least(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], older[j - 2] + 1);
		}
	}
	return row[nb];
}

void suggestion_offer(struct suggestion *s, const char *name)
{
	size_t length = strlen(s->word);
	size_t limit = length < 3 ? 1 : length < 6 ? 2 : length / 3;
	size_t d = edit_distance(s->word, name);

	/* the start of a name is as good as a near miss */
	if (length >= 3 && strncmp(s->word, name, length) == 0)
		d = 1;
	if (d > limit || d >= strlen(name) || (s->best && d >= s->distance))
		return;
	s->best = name;
	s->distance = d;
}
