#include "engine/baseline/yaml-tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

#define LONGEST_QUOTE 60

void tree_clear(struct tree *tree)
{
	if (!tree)
		return;
	arena_clear(&tree->arena);
	*tree = (struct tree){0};
}

const struct tree_node *tree_get(const struct tree_node *mapping, const char *key)
{
	for (size_t i = 0; mapping->kind == TREE_MAPPING && i < mapping->count; i += 2)
		if (str_equal(mapping->items[i].text, key))
			return &mapping->items[i + 1];
	return NULL;
}

int tree_error(const struct tree *tree, const struct tree_node *at, struct error *err,
	       const char *fmt, ...)
{
	CLEANUP(freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	return error_set(err, -EINVAL, "%s:%u:%u: %s", tree->file, at->line, at->column, text);
}

char *tree_describe(const struct tree_node *node)
{
	size_t n = node->count;

	if (node->kind == TREE_LIST)
		return xstrdup("a list");
	if (node->kind == TREE_MAPPING)
		return xstrdup("a mapping");
	if (n <= LONGEST_QUOTE)
		return xasprintf("'%s'", node->text);
	n = LONGEST_QUOTE;
	while (n > 0 && ((unsigned char)node->text[n] & 0xc0) == 0x80)
		n--; /* not within a character */
	return xasprintf("'%.*s...'", (int)n, node->text);
}

static struct strv *collected;

void tree_collect(struct strv *mistakes)
{
	collected = mistakes;
}

size_t tree_collected(void)
{
	return collected ? collected->count : 0;
}

int tree_note(int r, struct error *err)
{
	if (r >= 0 || !collected)
		return r;
	if (err && err->text)
		strv_add(collected, error_text(err));
	error_clear(err);
	return 0;
}
