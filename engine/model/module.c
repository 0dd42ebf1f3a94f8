#include "engine/model/module.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"

void field_clear(const struct field *field, void *desired)
{
	void *slot = (char *)desired + field->offset;

	switch (field->type) {
	case FIELD_STRING:
	case FIELD_JSON:
		freep(slot);
		break;
	case FIELD_STRING_LIST:
		strv_clear(slot);
		break;
	case FIELD_BOOL:
	case FIELD_INT:
	case FIELD_MODE:
	case FIELD_ENUM:
		break;
	}
}

void module_free_desired(const struct module *module, void *desired)
{
	if (!desired)
		return;
	for (const struct field *field = module->fields; field->key; field++)
		field_clear(field, desired);
	free(desired);
}

const struct module *module_find(const struct module *const *table, const char *name)
{
	for (; *table; table++)
		if (str_equal((*table)->name, name))
			return *table;
	return NULL;
}
