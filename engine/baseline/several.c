#include "engine/baseline/several.h"

#include <errno.h>
#include <string.h>

#include "engine/base/str.h"

static int given_to_both(const struct baseline_name *first, const struct baseline_name *again,
			 struct error *err)
{
	const struct position *p = &first->position, *q = &again->position;

	return error_set_at(err, -EINVAL, q->file,
			    "%s:%zu:%zu: control '%.60s' is in two of the baselines that were "
			    "given; it is first in '%s', line %zu",
			    q->file, q->line, q->column, again->text, p->file, p->line);
}

/* By names that are looked up in sorted lists: baselines may be long. */
static int check_id(const struct baseline *baselines, size_t count, const struct baseline *later,
		    const char *id, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct baseline_name *first = baseline_find_name(&baselines[i], id);

		if (first)
			return given_to_both(first, baseline_find_name(later, id), err);
	}
	return 0;
}

int several_check_ids(const struct baseline *baselines, size_t count, struct error *err)
{
	int r = 0;

	for (size_t i = 1; i < count; i++)
		for (size_t k = 0; r == 0 && k < baselines[i].ncontrols; k++)
			r = check_id(baselines, i, &baselines[i], baselines[i].controls[k].id, err);
	return r;
}

const struct control *several_find(const struct baseline *baselines, size_t count, const char *name,
				   size_t *ret_index)
{
	const struct control *found = NULL;
	size_t matches = 0;

	for (size_t i = 0; i < count && matches < 2; i++) {
		size_t here = baseline_count(&baselines[i], name, &found);

		if (here && ret_index)
			*ret_index = i;
		matches += here;
	}
	return matches == 1 ? found : NULL;
}

void several_find_owners(const struct baseline *baselines, size_t count, const char *number,
			 struct strv *ret)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < baselines[i].ncontrols; k++) {
			const struct control *c = &baselines[i].controls[k];

			for (size_t a = 0; a < c->aliases.count; a++)
				if (starts_with_word(c->aliases.items[a], number, "@"))
					strv_addf(ret, "%s (%s)", c->id, c->aliases.items[a]);
		}
}

void several_offer(const struct baseline *baselines, size_t count, struct nearest *nearest)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < baselines[i].ncontrols; k++)
			nearest_offer(nearest, baselines[i].controls[k].id);
}
