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

/* Marks it as one that is to go, where that it is there again can be noted. */
static int refuse_repeated(const struct tree *tree, const struct tree_node *first,
			   struct tree_node *again, struct error *err)
{
	int r = tree_note(repeated_key(tree, first, again, err), err);

	if (r == 0)
		again->text = NULL;
	return r;
}

static int check_many_keys(const struct tree *tree, struct tree_node *items, size_t n,
			   struct error *err)
{
	CLEANUP(freep) struct tree_node **keys = xcalloc(n, sizeof(*keys));
	struct tree_node *first, *again = NULL, *of_again = NULL;

	for (size_t i = 0; i < n; i++)
		keys[i] = &items[i * 2];
	qsort(keys, n, sizeof(*keys), compare_keys);
	first = keys[0];
	for (size_t i = 1; i < n; i++) {
		if (strcmp(first->text, keys[i]->text) != 0) {
			first = keys[i];
		} else if (refuse_repeated(tree, first, keys[i], err) < 0) {
			error_clear(err); /* the one that stands first is told */
			if (!again || keys[i] < again)
				again = keys[i], of_again = first;
		}
	}
	return again ? repeated_key(tree, of_again, again, err) : 0;
}

static int check_few_keys(const struct tree *tree, struct tree_node *items, size_t n,
			  struct error *err)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = 0; j < i; j++) {
			struct tree_node *first = &items[j * 2], *key = &items[i * 2];
			int r;

			if (!first->text || !str_equal(key->text, first->text))
				continue;
			r = refuse_repeated(tree, first, key, err);
			if (r < 0)
				return r;
			break;
		}
	return 0;
}

static void drop_marked(struct tree_node *mapping, struct tree_node *items)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < mapping->count; i += 2) {
		if (!items[i].text)
			continue;
		items[kept++] = items[i];
		items[kept++] = items[i + 1];
	}
	mapping->count = kept;
}

int tree_check_keys(const struct tree *tree, struct tree_node *mapping, struct tree_node *items,
		    struct error *err)
{
	size_t n = mapping->count / 2;
	int r;

	for (size_t i = 0; i < n; i++) {
		const struct tree_node *key = &items[i * 2];

		if (key->kind != TREE_SCALAR)
			return tree_error(tree, key, err, "a key must be text, not a %s",
					  key->kind == TREE_LIST ? "list" : "mapping");
		if (key->plain && str_equal(key->text, "<<"))
			return tree_error(tree, key, err, "merge keys ('<<') are not allowed");
	}
	r = n <= FEW_PAIRS ? check_few_keys(tree, items, n, err)
			   : check_many_keys(tree, items, n, err);
	if (r == 0)
		drop_marked(mapping, items);
	return r;
}
