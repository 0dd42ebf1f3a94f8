#include "tests/cases/facts-rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/scalar-type.h"
#include "engine/baseline/yaml-tree.h"

bool rows_is_null(const struct tree_node *value)
{
	return value->kind == TREE_SCALAR && scalar_type(value) == SCALAR_NULL;
}

int rows_wrong(const struct tree *tree, const struct tree_node *at, const char *wanted,
	       struct error *err)
{
	CLEANUP(freep) char *what = tree_describe(at);

	return tree_error(tree, at, err, "%s, not %s, is wanted", wanted, what);
}

static int read_text(const struct tree *tree, const struct tree_node *value, char **ret,
		     struct error *err)
{
	if (value->kind != TREE_SCALAR)
		return rows_wrong(tree, value, "a text", err);
	str_replace(ret, rows_is_null(value) ? NULL : value->text);
	return 0;
}

int rows_read_list(const struct tree *tree, const struct tree_node *value, struct strv *ret,
		   struct error *err)
{
	if (value->kind != TREE_LIST)
		return rows_wrong(tree, value, "a list", err);
	strv_clear(ret);
	for (size_t i = 0; i < value->count; i++) {
		if (value->items[i].kind != TREE_SCALAR)
			return rows_wrong(tree, &value->items[i], "a text", err);
		strv_add(ret, value->items[i].text);
	}
	return 0;
}

int rows_read_bool(const struct tree *tree, const struct tree_node *value, bool *ret,
		   struct error *err)
{
	if (value->kind != TREE_SCALAR || scalar_type(value) != SCALAR_BOOL)
		return rows_wrong(tree, value, "true or false", err);
	*ret = value->text[0] == 't' || value->text[0] == 'T';
	return 0;
}

static int read_number(const struct tree *tree, const struct tree_node *value, long *ret,
		       struct error *err)
{
	if (value->kind != TREE_SCALAR || scalar_type(value) != SCALAR_INT)
		return rows_wrong(tree, value, "a number", err);
	*ret = strtol(value->text, NULL, 10);
	return 0;
}

static void put_number(void *slot, enum row_type type, long number)
{
	switch (type) {
	case ROW_INT:
		*(int *)slot = (int)number;
		break;
	case ROW_UNSIGNED:
		*(unsigned *)slot = (unsigned)number;
		break;
	case ROW_LONG:
		*(long *)slot = number;
		break;
	case ROW_INT64:
		*(int64_t *)slot = number;
		break;
	default:
		*(size_t *)slot = (size_t)number;
	}
}

static int read_count(const struct tree *tree, const struct tree_node *value, struct count *ret,
		      struct error *err)
{
	long number = 0;

	if (value->kind == TREE_SCALAR && scalar_type(value) == SCALAR_TEXT) {
		count_unknown(ret, value->text);
		return 0;
	}
	if (read_number(tree, value, &number, err) < 0)
		return -EINVAL;
	count_set(ret, (size_t)number);
	return 0;
}

static int read_bits(const struct tree *tree, const struct tree_node *value, int64_t *ret,
		     struct error *err)
{
	char *end;

	if (value->kind != TREE_SCALAR)
		return rows_wrong(tree, value, "a hexadecimal number", err);
	*ret = (int64_t)strtoull(value->text, &end, 16);
	return *end ? rows_wrong(tree, value, "a hexadecimal number", err) : 0;
}

static int read_row(const struct job *job, const struct row *row, const struct tree_node *value,
		    struct error *err)
{
	void *slot = (char *)job->into + row->offset;
	long number = 0;
	int r;

	switch (row->type) {
	case ROW_TEXT:
		return read_text(job->tree, value, slot, err);
	case ROW_LIST:
		return rows_read_list(job->tree, value, slot, err);
	case ROW_BOOL:
		return rows_read_bool(job->tree, value, slot, err);
	case ROW_COUNT:
		return read_count(job->tree, value, slot, err);
	case ROW_BITS:
		return read_bits(job->tree, value, slot, err);
	default:
		r = read_number(job->tree, value, &number, err);
	}
	if (r == 0)
		put_number(slot, row->type, number);
	return r;
}

int rows_read_mapping(const struct job *job, const struct tree_node *mapping, struct error *err)
{
	int r = 0;

	if (mapping->kind != TREE_MAPPING)
		return rows_wrong(job->tree, mapping, "a mapping", err);
	for (size_t i = 0; r == 0 && i < mapping->count; i += 2) {
		const struct tree_node *key = &mapping->items[i];
		const struct row *row = job->rows;

		while (row->key && strcmp(row->key, key->text) != 0)
			row++;
		if (row->key)
			r = read_row(job, row, key + 1, err);
		else if (job->also)
			r = job->also(job, key, key + 1, err);
		else
			r = tree_error(job->tree, key, err, "unknown key '%s'", key->text);
	}
	return r;
}

int rows_read_items(const struct job *job, const struct tree_node *list, const struct row *rows,
		    int (*also)(const struct job *job, const struct tree_node *key,
				const struct tree_node *value, struct error *err),
		    void *(*add)(void *into), struct error *err)
{
	int r = 0;

	if (list->kind != TREE_LIST)
		return rows_wrong(job->tree, list, "a list", err);
	for (size_t i = 0; r == 0 && i < list->count; i++) {
		const struct job item = {job->tree, rows, add(job->into), also};

		r = rows_read_mapping(&item, &list->items[i], err);
	}
	return r;
}
