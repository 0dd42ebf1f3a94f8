#include "engine/baseline/nearest.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One row of the table of optimal string alignment, from the two rows above it. */
static void fill_row(const char *a, const char *b, size_t i, const size_t *above2,
		     const size_t *above, size_t *row)
{
	size_t n = strlen(b);

	row[0] = i;
	for (size_t j = 1; j <= n; j++) {
		size_t cost = above[j - 1] + (a[i - 1] != b[j - 1]);

		cost = smaller(cost, smaller(above[j], row[j - 1]) + 1);
		if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
			cost = smaller(cost, above2[j - 2] + 1);
		row[j] = cost;
	}
}

size_t name_distance(const char *a, const char *b)
{
	size_t rows[3][NEAREST_MAX + 1] = {{0}};
	size_t la = strnlen(a, NEAREST_MAX + 1), lb = strnlen(b, NEAREST_MAX + 1);

	if (la > NEAREST_MAX || lb > NEAREST_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= la; i++)
		fill_row(a, b, i, rows[(i + 1) % 3], rows[(i - 1) % 3], rows[i % 3]);
	return rows[la % 3][lb];
}

/* How much of a name may be wrong: of a short one a letter or two, never more than three. */
static size_t limit_of(const char *given)
{
	size_t length = strlen(given);

	if (length < 3)
		return 1;
	return length < 9 ? 2 : 3;
}

void nearest_offer(struct nearest *n, const char *name)
{
	size_t distance = name_distance(n->given, name);
	size_t length = strlen(n->given);

	/* the start of a name is as good as a near miss */
	if (length >= 3 && starts_with(name, n->given))
		distance = 1;
	if (distance > limit_of(n->given) || distance >= strlen(name))
		return;
	if (n->best && n->distance <= distance)
		return;
	n->best = name;
	n->distance = distance;
}

char *nearest_hint(const struct nearest *n, const char *otherwise)
{
	if (n->best)
		return xasprintf("; did you mean '%s%s'?", n->sign ?: "", n->best);
	return otherwise ? xasprintf("; %s", otherwise) : xstrdup("");
}
