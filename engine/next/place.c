#include "engine/next/place.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-place.h"
#include "engine/format/schemes/json-text.h"
#include "engine/model/docker-paths.h"

static size_t line_at(const char *text, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

size_t next_line_with(const struct view *v, const char *file, const char *text)
{
	CLEANUP(buf_clear) struct buf all = {0};
	const char *at;

	if (!file || view_content(v, file, &all, NULL) < 0)
		return 0;
	at = strstr(buf_str(&all), text);
	return at ? line_at(buf_str(&all), (size_t)(at - buf_str(&all))) : 0;
}

static char *place_of_flag(const struct view *v, const char *key, size_t *ret_line)
{
	const struct docker_facts *d = &v->facts->docker;

	for (size_t i = 0; i < d->nnext_flags; i++) {
		const struct daemon_flag *f = &d->next_flags[i];

		if (strcmp(f->key, key) != 0 || !f->file)
			continue;
		*ret_line = next_line_with(v, f->file, f->text);
		if (*ret_line == 0 && f->variable)
			*ret_line = next_line_with(v, f->file, f->variable);
		return xstrdup(f->file);
	}
	return NULL;
}

char *next_place_of_key(const struct view *v, const char *key, size_t *ret_line)
{
	const struct docker_facts *d = &v->facts->docker;
	CLEANUP(buf_clear) struct buf text = {0};

	*ret_line = 0;
	if (d->config_file && view_content(v, d->config_file, &text, NULL) >= 0)
		*ret_line = daemon_line_of_key(&text, key);
	return *ret_line ? xstrdup(d->config_file) : place_of_flag(v, key, ret_line);
}

char *next_text(const struct docker_facts *d, const char *key)
{
	const struct setting *s = settings_find(&d->next, key);

	return s && s->value ? json_value_to_string(s->value) : NULL;
}

bool next_is(const struct docker_facts *d, const char *key, const char *value)
{
	const struct setting *s = settings_find(&d->next, key);

	return s && strcmp_null(s->value, value) == 0;
}

char *next_data_root(const struct docker_facts *d)
{
	char *root = next_text(d, "data-root");

	if (!root)
		root = next_text(d, "graph"); /* its name until 23.0 */
	return root ? root : xstrdup(DOCKER_DEFAULT_ROOT);
}
