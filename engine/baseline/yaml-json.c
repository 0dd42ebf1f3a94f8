#include "engine/baseline/yaml-json.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/baseline/scalar-type.h"
#include "engine/baseline/yaml-parse.h"
#include "engine/baseline/yaml-tree.h"

static void put_string(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			buf_putc(b, '\\');
		if (c == '\n')
			buf_puts(b, "\\n");
		else if (c == '\t')
			buf_puts(b, "\\t");
		else if (c < ' ' || c == 0x7f)
			buf_printf(b, "\\u%04x", c);
		else
			buf_putc(b, *s);
	}
	buf_putc(b, '"');
}

/* 0o17 and 0x1f, which JSON does not have, in decimal. */
static int put_based(const struct tree *tree, const struct tree_node *node, struct buf *b,
		     struct error *err)
{
	unsigned long long value;

	errno = 0;
	value = strtoull(node->text + 2, NULL, node->text[1] == 'x' ? 16 : 8);
	if (errno)
		return tree_error(tree, node, err, "'%.60s' is too large a number", node->text);
	buf_printf(b, "%llu", value);
	return 0;
}

/* JSON wants a digit on both sides of the dot, no plus sign and no leading zero. */
static int put_number(const struct tree *tree, const struct tree_node *node, struct buf *b,
		      struct error *err)
{
	const char *s = node->text;
	size_t dot;

	if (s[0] == '0' && (s[1] == 'o' || s[1] == 'x'))
		return put_based(tree, node, b, err);
	if (*s == '-')
		buf_putc(b, '-');
	s += *s == '-' || *s == '+';
	if (s[0] == '0' && isdigit((unsigned char)s[1]))
		return tree_error(tree, node, err,
				  "'%.60s' is a number with a leading zero; put it in quotes if it "
				  "is text",
				  node->text);
	dot = strcspn(s, ".");
	if (dot == 0)
		buf_putc(b, '0');
	if (!s[dot] || isdigit((unsigned char)s[dot + 1])) {
		buf_puts(b, s);
		return 0;
	}
	buf_append(b, s, dot + 1);
	buf_putc(b, '0');
	buf_puts(b, s + dot + 1);
	return 0;
}

static int put_scalar(const struct tree *tree, const struct tree_node *node, struct buf *b,
		      struct error *err)
{
	bool meant;

	if (scalar_is_old_bool(node, &meant))
		return tree_error(tree, node, err, "write %s, or put '%s' in quotes if it is text",
				  meant ? "true" : "false", node->text);
	switch (scalar_type(node)) {
	case SCALAR_NULL:
		buf_puts(b, "null");
		return 0;
	case SCALAR_BOOL:
		buf_puts(b, node->text[0] == 't' || node->text[0] == 'T' ? "true" : "false");
		return 0;
	case SCALAR_INT:
	case SCALAR_FLOAT:
		return put_number(tree, node, b, err);
	case SCALAR_NO_NUMBER:
		return tree_error(tree, node, err, "JSON has no number '%s'", node->text);
	case SCALAR_TEXT:
		break;
	}
	put_string(b, node->text);
	return 0;
}

/* The depth is bounded: the tree has no node deeper than TREE_MAX_DEPTH. */
static int put_value(const struct tree *tree, const struct tree_node *node, struct buf *b,
		     struct error *err)
{
	bool mapping = node->kind == TREE_MAPPING;
	int r = 0;

	if (node->kind == TREE_SCALAR)
		return put_scalar(tree, node, b, err);
	buf_putc(b, mapping ? '{' : '[');
	for (size_t i = 0; r == 0 && i < node->count; i++) {
		if (i)
			buf_putc(b, mapping && i % 2 ? ':' : ',');
		if (mapping && i % 2 == 0)
			put_string(b, node->items[i].text);
		else
			r = put_value(tree, &node->items[i], b, err);
	}
	buf_putc(b, mapping ? '}' : ']');
	return r;
}

int tree_to_json(const struct tree *tree, const struct tree_node *node, char **ret,
		 struct error *err)
{
	CLEANUP(buf_clear) struct buf b = {0};
	int r = put_value(tree, node, &b, err);

	if (r == 0)
		*ret = buf_take(&b);
	return r;
}
