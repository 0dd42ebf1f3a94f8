#include "engine/baseline/yaml-keys.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

#define FEW_PAIRS 8

static int repeated_key(const struct tree *tree, const struct tree_node *first,
			const struct tree_node *again, struct error *err)
{
	CLEANUP(freep) char *what = tree_describe(again);

	return tree_error(tree, again, err, "repeated key %s; it is first in line %u", what,
			  first->line);
}

/* Sorts keys by their text, equal ones by their place. */
static int compare_keys(const void *a, const void *b)
{
	const struct tree_node *x = *(const struct tree_node *const *)a;
	const struct tree_node *y = *(const struct tree_node *const *)b;
	int r = strcmp(x->text, y->text);

	return r ? r : (x > y) - (x < y);
}

static int check_many_keys(const struct tree *tree, const struct tree_node *mapping,
			   struct error *err)
{
	size_t n = mapping->count / 2;
	CLEANUP(freep) const struct tree_node **keys = xcalloc(n, sizeof(*keys));
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		keys[i] = &mapping->items[i * 2];
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < n; i++)
		if (strcmp(keys[i - 1]->text, keys[i]->text) == 0 &&
		    (!found || keys[i] < keys[found]))
			found = i;
	return found ? repeated_key(tree, keys[found - 1], keys[found], err) : 0;
}

static int check_few_keys(const struct tree *tree, const struct tree_node *mapping,
			  struct error *err)
{
	for (size_t i = 2; i < mapping->count; i += 2)
		for (size_t j = 0; j < i; j += 2)
			if (str_equal(mapping->items[i].text, mapping->items[j].text))
				return repeated_key(tree, &mapping->items[j], &mapping->items[i],
						    err);
	return 0;
}

int tree_check_keys(const struct tree *tree, const struct tree_node *mapping, struct error *err)
{
	for (size_t i = 0; i < mapping->count; i += 2) {
		const struct tree_node *key = &mapping->items[i];

		if (key->kind != TREE_SCALAR)
			return tree_error(tree, key, err, "a key must be text, not a %s",
					  key->kind == TREE_LIST ? "list" : "mapping");
		if (key->plain && str_equal(key->text, "<<"))
			return tree_error(tree, key, err, "merge keys ('<<') are not allowed");
	}
	if (mapping->count / 2 <= FEW_PAIRS)
		return check_few_keys(tree, mapping, err);
	return check_many_keys(tree, mapping, err);
}
