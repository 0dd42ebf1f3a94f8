#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/format/command-line.h"
#include "engine/format/daemon-keys.h"

void words_clear(struct words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->items[i].text);
	free(w->items);
	*w = (struct words){0};
}

static void add_word(struct words *w, const char *text, const struct variable *from)
{
	struct word *word = array_append(&w->items, &w->count, sizeof(*word));

	word->text = xstrdup(text);
	word->file = from ? from->file : NULL;
	word->variable = from ? from->name : NULL;
}

/* The length of "${NAME}" at p, or 0. */
static size_t braced(const char *p)
{
	const char *end = p[0] == '$' && p[1] == '{' ? strchr(p, '}') : NULL;

	return end ? (size_t)(end - p) + 1 : 0;
}

/* "${NAME}" within a word is replaced and does not split; "$$" is a dollar, "%%" a percent sign. */
static void add_braced(struct words *ret, const char *word, const struct environment *env)
{
	CLEANUP(buf_clear) struct buf out = {0};
	const struct variable *from = NULL;

	for (const char *p = word; *p;) {
		size_t n = braced(p);

		if (n) {
			CLEANUP(freep) char *name = xstrndup(p + 2, n - 3);
			const struct variable *v = environment_find(env, name);

			if (v)
				buf_puts(&out, v->value);
			from = v ? v : from;
			p += n;
		} else {
			p += (p[0] == '$' || p[0] == '%') && p[1] == p[0];
			buf_putc(&out, *p++);
		}
	}
	add_word(ret, buf_str(&out), from);
}

/* "$NAME" alone is replaced by the words of its value: none, one or several (systemd.service(5)). */
static void add_split(struct words *ret, const struct variable *v)
{
	CLEANUP(strv_clear) struct strv parts = {0};

	if (!v)
		return;
	if (command_line_split(v->value, &parts, NULL) < 0)
		strv_split(&parts, v->value, " \t\n");
	for (size_t i = 0; i < parts.count; i++)
		add_word(ret, parts.items[i], v);
}

void words_expand(const char *line, const struct environment *env, struct words *ret)
{
	CLEANUP(strv_clear) struct strv words = {0};

	if (command_line_split(line, &words, NULL) < 0)
		strv_split(&words, line, " \t");
	for (size_t i = 0; i < words.count; i++) {
		const char *word = words.items[i];

		if (word[0] == '$' && word[1] && word[1] != '{' && word[1] != '$')
			add_split(ret, environment_find(env, word + 1));
		else
			add_braced(ret, word, env);
	}
}

/* Flags of neighbouring words from one source, so that each can be traced back to its file. */
static void add_flags(struct facts *f, const struct words *w, size_t from, size_t to,
		      const char *unit_file)
{
	CLEANUP(strv_clear) struct strv args = {0}, keys = {0}, values = {0}, texts = {0};
	const struct word *source = &w->items[from];

	for (size_t i = from; i < to; i++)
		strv_add(&args, w->items[i].text);
	daemon_flags_parse(&args, &keys, &values, &texts);
	for (size_t i = 0; i < keys.count; i++) {
		struct daemon_flag *flag = facts_add_flag(f);

		flag->key = xstrdup(keys.items[i]);
		flag->value = xstrdup(values.items[i]);
		flag->text = xstrdup(texts.items[i]);
		flag->file = xstrdup_null(source->file ? source->file : unit_file);
		flag->variable = xstrdup_null(source->variable);
	}
}

/* The settings of all arguments together: a flag and its value may come from two sources. */
static void add_settings(struct facts *f, const struct words *w)
{
	CLEANUP(strv_clear) struct strv args = {0}, keys = {0}, values = {0};

	for (size_t i = 1; i < w->count; i++)
		strv_add(&args, w->items[i].text);
	daemon_flags_parse(&args, &keys, &values, NULL);
	for (size_t i = 0; i < keys.count; i++)
		settings_put(&f->docker.next, keys.items[i], values.items[i], SOURCE_FLAG,
			     "flag of the next start");
}

/* Not a shell or a wrapper, whose arguments are not dockerd's. */
static bool is_dockerd(const char *program)
{
	return starts_with(path_name(program), "dockerd") && !strstr(program, ".sh");
}

/* What was set by hand in systemd is gone with the next boot, and stands in no file. */
static void refuse_manager(struct facts *f, const struct words *w)
{
	for (size_t i = 0; i < w->count && !f->docker.start_unknown; i++)
		if (w->items[i].variable && !w->items[i].file)
			f->docker.start_unknown = xasprintf(
				"dockerd's next start takes $%s from systemd's own environment "
				"(systemctl show-environment), which is another at the next boot",
				w->items[i].variable);
}

void gather_next_flags(struct gather *g)
{
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");
	CLEANUP(environment_clear) struct environment env = {0};
	CLEANUP(words_clear) struct words words = {0};
	const char *program;
	size_t from = 1;

	if (!u || !u->exec_start)
		return;
	environment_read(g, u, &env);
	words_expand(u->exec_start, &env, &words);
	if (words.count == 0)
		return;
	program = words.items[0].text + strspn(words.items[0].text, "-@:+!");
	if (!is_dockerd(program)) {
		g->facts->docker.start_unknown =
			xasprintf("docker.service starts '%s': the flags of dockerd's next start "
				  "cannot be told",
				  program);
		return;
	}
	g->facts->docker.dockerd = xstrdup(program);
	refuse_manager(g->facts, &words);
	for (size_t i = from; i <= words.count; i++) {
		bool end = i == words.count;

		if (i == from || (!end && words.items[i].variable == words.items[from].variable))
			continue;
		add_flags(g->facts, &words, from, i, u->exec_start_file);
		from = i;
	}
	add_settings(g->facts, &words);
}
