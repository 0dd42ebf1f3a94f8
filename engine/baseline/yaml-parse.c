#include "engine/baseline/yaml-parse.h"

#include <assert.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "engine/base/alloc.h"
#include "engine/baseline/text-check.h"
#include "engine/baseline/yaml-keys.h"

struct anchor {
	const char *name;
	struct tree_node node;
	bool done; /* its node is complete */
};

struct open {
	size_t at; /* of the collection's node in the stack */
	struct anchor *anchor;
};

struct builder {
	yaml_parser_t parser;
	struct tree *tree;
	struct tree_node *stack; /* finished nodes, and the open collections among them */
	size_t count, size;
	struct open open[TREE_MAX_DEPTH];
	size_t depth;
	void *anchors; /* tsearch(3) of struct anchor, which the arena owns */
	size_t aliased;
	bool has_document;
};

static void keep(void *p UNUSED)
{
}

static void builder_clear(struct builder *b)
{
	yaml_parser_delete(&b->parser);
	free(b->stack);
	tdestroy(b->anchors, keep);
}

static struct tree_node node_at(yaml_mark_t mark)
{
	return (struct tree_node){
		.line = (uint32_t)mark.line + 1,
		.column = (uint32_t)mark.column + 1,
		.weight = 1,
	};
}

static void push(struct builder *b, const struct tree_node *node)
{
	if (b->count == b->size) {
		b->size = b->size ? b->size * 2 : 64;
		b->stack = xreallocarray(b->stack, b->size, sizeof(*b->stack));
	}
	b->stack[b->count++] = *node;
}

static int compare_anchors(const void *a, const void *b)
{
	const struct anchor *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Makes the anchor known; its node is filled in when it is complete. */
static int add_anchor(struct builder *b, const char *name, const struct tree_node *node,
		      struct anchor **ret, struct error *err)
{
	struct anchor *anchor = arena_take(&b->tree->arena, sizeof(*anchor));
	struct anchor **slot;

	*anchor = (struct anchor){
		.name = arena_text(&b->tree->arena, name, strlen(name)),
		.node = *node,
	};
	slot = tsearch(anchor, &b->anchors, compare_anchors);
	if (!slot)
		abort(); /* out of memory */
	if (*slot != anchor)
		return tree_error(b->tree, node, err,
				  "repeated anchor '%.60s'; it is first in line %u", name,
				  (*slot)->node.line);
	*ret = anchor;
	return 0;
}

static int refuse_tag(struct builder *b, const yaml_char_t *tag, const struct tree_node *node,
		      struct error *err)
{
	if (!tag)
		return 0;
	return tree_error(b->tree, node, err, "tags such as '%.60s' are not allowed",
			  (const char *)tag);
}

static int add_scalar(struct builder *b, const yaml_event_t *e, struct error *err)
{
	struct tree_node node = node_at(e->start_mark);
	const char *name = (const char *)e->data.scalar.anchor;
	struct anchor *anchor = NULL;
	int r;

	r = refuse_tag(b, e->data.scalar.tag, &node, err);
	if (r < 0)
		return r;
	node.kind = TREE_SCALAR;
	node.plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node.count = (uint32_t)e->data.scalar.length;
	node.weight += node.count;
	node.text = arena_text(&b->tree->arena, e->data.scalar.value, e->data.scalar.length);
	if (strlen(node.text) != node.count)
		return tree_error(b->tree, &node, err, "text with a NUL in it");
	if (name) {
		r = add_anchor(b, name, &node, &anchor, err);
		if (r < 0)
			return r;
		anchor->done = true;
	}
	push(b, &node);
	return 0;
}

static int open_collection(struct builder *b, const yaml_event_t *e, enum tree_kind kind,
			   const yaml_char_t *name, const yaml_char_t *tag, struct error *err)
{
	struct tree_node node = node_at(e->start_mark);
	struct anchor *anchor = NULL;
	int r;

	r = refuse_tag(b, tag, &node, err);
	if (r < 0)
		return r;
	if (b->depth == TREE_MAX_DEPTH)
		return tree_error(b->tree, &node, err, "nested deeper than %d levels",
				  TREE_MAX_DEPTH);
	node.kind = (uint8_t)kind;
	if (name) {
		r = add_anchor(b, (const char *)name, &node, &anchor, err);
		if (r < 0)
			return r;
	}
	b->open[b->depth++] = (struct open){.at = b->count, .anchor = anchor};
	push(b, &node);
	return 0;
}

/* Moves the finished children from the stack into the tree. */
static int close_collection(struct builder *b, struct error *err)
{
	struct open open = b->open[--b->depth];
	struct tree_node *node = &b->stack[open.at];
	const struct tree_node *children = node + 1;
	size_t count = b->count - open.at - 1;
	struct tree_node *items = arena_take(&b->tree->arena, count * sizeof(*items));
	uint8_t height = 0;
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		items[i] = children[i];
		node->weight += children[i].weight;
		if (children[i].height > height)
			height = children[i].height;
	}
	node->height = height + 1;
	node->count = (uint32_t)count;
	node->items = items;
	b->count = open.at + 1;
	if (node->kind == TREE_MAPPING)
		r = tree_check_keys(b->tree, node, items, err);
	if (r == 0 && open.anchor) {
		open.anchor->node = *node;
		open.anchor->done = true;
	}
	return r;
}

static int add_alias(struct builder *b, const yaml_event_t *e, struct error *err)
{
	struct anchor key = {.name = (const char *)e->data.alias.anchor};
	struct anchor **found = tfind(&key, &b->anchors, compare_anchors);
	struct tree_node node = node_at(e->start_mark);
	uint32_t line = node.line, column = node.column;

	if (!found)
		return tree_error(b->tree, &node, err, "unknown anchor '%.60s'", key.name);
	if (!(*found)->done)
		return tree_error(b->tree, &node, err, "alias '%.60s' stands inside its own anchor",
				  key.name);
	b->aliased += (*found)->node.weight;
	if (b->aliased > TREE_MAX_ALIASED)
		return tree_error(b->tree, &node, err, "aliases stand for more than 10 MB");
	if (b->depth + (*found)->node.height > TREE_MAX_DEPTH)
		return tree_error(b->tree, &node, err, "nested deeper than %d levels",
				  TREE_MAX_DEPTH);
	node = (*found)->node;
	node.line = line;
	node.column = column;
	push(b, &node);
	return 0;
}

static int start_document(struct builder *b, const yaml_event_t *e, struct error *err)
{
	struct tree_node here = node_at(e->start_mark);

	if (b->has_document)
		return tree_error(b->tree, &here, err, "a second document starts here");
	b->has_document = true;
	return 0;
}

static int take_event(struct builder *b, const yaml_event_t *e, struct error *err)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return start_document(b, e, err);
	case YAML_SCALAR_EVENT:
		return add_scalar(b, e, err);
	case YAML_ALIAS_EVENT:
		return add_alias(b, e, err);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(b, e, TREE_LIST, e->data.sequence_start.anchor,
				       e->data.sequence_start.tag, err);
	case YAML_MAPPING_START_EVENT:
		return open_collection(b, e, TREE_MAPPING, e->data.mapping_start.anchor,
				       e->data.mapping_start.tag, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_collection(b, err);
	default:
		return 0;
	}
}

static int parser_error(const struct builder *b, struct error *err)
{
	struct tree_node here = node_at(b->parser.problem_mark);

	if (b->parser.error == YAML_MEMORY_ERROR)
		abort();
	return tree_error(b->tree, &here, err, "%s",
			  b->parser.problem ? b->parser.problem : "this is not YAML");
}

static int take_events(struct builder *b, struct error *err)
{
	yaml_event_type_t type;
	int r;

	do {
		CLEANUP(yaml_event_delete) yaml_event_t event = {0};

		if (!yaml_parser_parse(&b->parser, &event))
			return parser_error(b, err);
		type = event.type;
		r = take_event(b, &event, err);
	} while (r == 0 && type != YAML_STREAM_END_EVENT);
	return r;
}

static int build(struct tree *tree, const void *bytes, size_t n, struct error *err)
{
	CLEANUP(builder_clear) struct builder b = {.tree = tree};
	const struct tree_node start = {.line = 1, .column = 1};
	int r;

	if (!yaml_parser_initialize(&b.parser))
		abort();
	yaml_parser_set_input_string(&b.parser, bytes, n);
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	r = take_events(&b, err);
	if (r < 0)
		return r;
	if (b.count == 0)
		return tree_error(tree, &start, err, "document is empty");
	assert(b.count == 1);
	tree->root = b.stack[0];
	if (tree->root.kind == TREE_SCALAR && tree->root.plain && tree->root.count == 0)
		return tree_error(tree, &start, err, "document is empty");
	return 0;
}

bool tree_is_comment(const void *bytes, size_t n)
{
	const char *at = bytes, *end = at + n;
	bool any = false;

	while (at < end) {
		const char *stop;

		while (at < end && strchr(" \t\r\n", *at) && *at)
			at++;
		if (at == end)
			break;
		if (*at != '#')
			return false;
		any = true;
		stop = memchr(at, '\n', (size_t)(end - at));
		at = stop ? stop : end;
	}
	return any;
}

int tree_parse(struct tree *ret, const char *file, const void *bytes, size_t n, struct error *err)
{
	int r;

	*ret = (struct tree){.file = file};
	r = text_check(file, bytes, n, err);
	if (r == 0)
		r = build(ret, n ? bytes : "", n, err); /* libyaml aborts on NULL */
	if (r < 0)
		tree_clear(ret);
	return r;
}
