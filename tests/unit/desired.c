#include "tests/unit/desired.h"

#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"

static const struct field *find_field(const struct module *m, const char *key, size_t n)
{
	for (const struct field *f = m->fields; f->key; f++)
		if (strncmp(f->key, key, n) == 0 && !f->key[n])
			return f;
	fail_msg("%s has no field '%.*s'", m->name, (int)n, key);
	return NULL;
}

static void set_field(const struct field *f, void *slot, const char *value)
{
	switch (f->type) {
	case FIELD_STRING:
	case FIELD_JSON:
		str_replace(slot, value);
		break;
	case FIELD_STRING_LIST:
		strv_split(slot, value, ",");
		break;
	case FIELD_BOOL:
		*(bool *)slot = strcmp(value, "true") == 0;
		break;
	case FIELD_INT:
		*(long *)slot = strtol(value, NULL, 10);
		break;
	case FIELD_MODE:
		*(long *)slot = strtol(value, NULL, 8);
		break;
	case FIELD_ENUM:
		*(int *)slot = f->parse(value);
		assert_true(*(int *)slot >= 0);
		break;
	}
}

static void set_default(const struct field *f, void *slot)
{
	if (f->type == FIELD_INT || f->type == FIELD_MODE)
		*(long *)slot = f->def;
	else if (f->type == FIELD_ENUM)
		*(int *)slot = (int)f->def;
}

void *desired_new(const struct module *m, const char *text)
{
	CLEANUP(strv_clear) struct strv words = {0};
	char *desired = xcalloc(1, m->desired_size);

	for (const struct field *f = m->fields; f->key; f++)
		set_default(f, desired + f->offset);
	strv_split(&words, text, " ");
	for (size_t i = 0; i < words.count; i++) {
		size_t n = strcspn(words.items[i], "=");
		const struct field *f = find_field(m, words.items[i], n);

		assert_int_equal(words.items[i][n], '=');
		set_field(f, desired + f->offset, words.items[i] + n + 1);
	}
	return desired;
}

void desired_guard_clear(struct desired_guard *g)
{
	module_free_desired(g->module, g->desired);
}
