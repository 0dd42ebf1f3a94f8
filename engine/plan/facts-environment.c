#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/command-line.h"
#include "engine/host/observe.h"
#include "engine/plan/facts-parts.h"

const struct variable *environment_find(const struct environment *env, const char *name)
{
	for (size_t i = 0; i < env->count; i++)
		if (strcmp(env->items[i].name, name) == 0)
			return &env->items[i];
	return NULL;
}

void environment_clear(struct environment *env)
{
	for (size_t i = 0; i < env->count; i++) {
		free(env->items[i].name);
		free(env->items[i].value);
		free(env->items[i].file);
	}
	free(env->items);
	*env = (struct environment){0};
}

static void put(struct environment *env, const char *name, size_t name_len, const char *value,
		const char *file)
{
	struct variable *v = NULL;

	for (size_t i = 0; i < env->count && !v; i++)
		if (strlen(env->items[i].name) == name_len &&
		    strncmp(env->items[i].name, name, name_len) == 0)
			v = &env->items[i];
	if (!v) {
		v = array_append(&env->items, &env->count, sizeof(*v));
		v->name = xstrndup(name, name_len);
	}
	str_replace(&v->value, value);
	str_replace(&v->file, file);
}

/*
 * One value, from behind the = on: quotes hold white space and line ends, a backslash takes
 * the next byte as it is and joins lines. Returns where the line ends.
 */
static const char *read_value(const char *p, struct buf *out)
{
	size_t keep = 0; /* white space at the end, outside of quotes, does not count */
	char quote = '\0';

	p += strspn(p, " \t");
	for (; *p && (quote || *p != '\n'); p++) {
		if (*p == '\\' && quote != '\'' && p[1]) {
			p++;
			if (*p != '\n')
				buf_putc(out, *p);
			keep = out->len;
		} else if (quote ? *p == quote : *p == '"' || *p == '\'') {
			quote = quote ? '\0' : *p;
			keep = out->len;
		} else {
			buf_putc(out, *p);
			if (quote || !strchr(" \t\r", *p))
				keep = out->len;
		}
	}
	if (out->data)
		out->data[out->len = keep] = '\0';
	return p;
}

void environment_parse(const char *text, const char *file, struct environment *ret)
{
	for (const char *p = text; *p;) {
		CLEANUP(buf_clear) struct buf value = {0};
		size_t name;

		p += strspn(p, " \t\r\n");
		name = strcspn(p, "=\n");
		if (*p == '#' || *p == ';' || p[name] != '=') {
			p += strcspn(p, "\n");
			continue;
		}
		const char *start = p;

		p = read_value(p + name + 1, &value);
		while (name && strchr(" \t", start[name - 1]))
			name--;
		put(ret, start, name, buf_str(&value), file);
	}
}

static void read_inline(const struct gather *g, const struct unit_facts *u, struct environment *ret)
{
	CLEANUP(strv_clear) struct strv lines = {0}, files = {0};

	unit_assignments_from(g, u, "Service/Environment", &lines, &files);
	for (size_t i = 0; i < lines.count; i++) {
		CLEANUP(strv_clear) struct strv words = {0};

		if (command_line_split(lines.items[i], &words, NULL) < 0)
			continue;
		for (size_t k = 0; k < words.count; k++) {
			const char *equals = strchr(words.items[k], '=');

			if (equals)
				put(ret, words.items[k], (size_t)(equals - words.items[k]),
				    equals + 1, files.items[i]);
		}
	}
}

/* EnvironmentFile= overrides Environment=, and later files earlier ones (systemd.exec(5)). */
void environment_read(const struct gather *g, const struct unit_facts *u, struct environment *ret)
{
	read_inline(g, u, ret);
	for (size_t i = 0; i < u->environment_files.count; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		if (observe_content(g->root, u->environment_files.items[i], &text, NULL) >= 0)
			environment_parse(buf_str(&text), u->environment_files.items[i], ret);
	}
}
