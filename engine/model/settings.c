/* Settings of dockerd by their keys (facts.h). */

#include "engine/model/facts.h"

#include <stdlib.h>

#include "engine/base/alloc.h"

ENUM_TABLE(setting_source, enum setting_source, SETTING_SOURCE_COUNT, [SOURCE_DEFAULT] = "default",
	   [SOURCE_FLAG] = "flag", [SOURCE_FILE] = "file", [SOURCE_API] = "api",
	   [SOURCE_WITNESS] = "witness", [SOURCE_UNKNOWN] = "unknown");

static void setting_clear(struct setting *s)
{
	free(s->key);
	free(s->value);
	free(s->where);
}

void settings_clear(struct settings *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		setting_clear(&s->items[i]);
	free(s->items);
	map_clear(&s->places, NULL);
	*s = (struct settings){0};
}

static struct setting *find_setting(const struct settings *s, const char *key)
{
	uintptr_t place = (uintptr_t)map_get(&s->places, key);

	return place ? &s->items[place - 1] : NULL;
}

const struct setting *settings_find(const struct settings *s, const char *key)
{
	return find_setting(s, key);
}

struct setting *settings_put(struct settings *s, const char *key, const char *value,
			     enum setting_source source, const char *where)
{
	struct setting *setting = find_setting(s, key);

	if (!setting) {
		setting = array_append(&s->items, &s->count, sizeof(*setting));
		setting->key = xstrdup(key);
		map_put(&s->places, key, (void *)(uintptr_t)s->count);
	}
	str_replace(&setting->value, value);
	str_replace(&setting->where, where);
	setting->source = source;
	return setting;
}

void settings_read_at_start(struct settings *now, const struct settings *next)
{
	for (size_t i = 0; i < now->count; i++) {
		struct setting *s = &now->items[i];
		const struct setting *read = settings_find(next, s->key);

		if (s->source != SOURCE_UNKNOWN)
			continue;
		s->source = read && read->value ? SOURCE_WITNESS : SOURCE_DEFAULT;
		str_replace(&s->value, read ? read->value : NULL);
	}
}
