#include "engine/baseline/control-name.h"

#include <stddef.h>
#include <string.h>

#define ID_PART "abcdefghijklmnopqrstuvwxyz0123456789-"
#define ALIAS_NUMBER ID_PART "ABCDEFGHIJKLMNOPQRSTUVWXYZ."
#define ALIAS_MAP ID_PART "."

bool control_id_is_valid(const char *id)
{
	size_t parts = 0;

	for (;;) {
		size_t n = strspn(id, ID_PART);

		if (n == 0)
			return false;
		parts++;
		id += n;
		if (*id == '\0')
			return parts >= 2;
		if (*id++ != '.')
			return false;
	}
}

bool control_alias_is_valid(const char *alias)
{
	size_t number = strspn(alias, ALIAS_NUMBER);
	const char *map;

	if (number == 0 || alias[number] != '@')
		return false;
	map = alias + number + 1;
	return *map && !map[strspn(map, ALIAS_MAP)];
}
