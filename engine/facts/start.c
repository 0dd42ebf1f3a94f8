#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/format/command-line.h"
#include "engine/format/daemon-args.h"
#include "engine/format/daemon-keys.h"
#include "engine/host/read/observe.h"

void words_clear(struct words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->items[i].text);
	free(w->items);
	*w = (struct words){0};
}

static struct word *add_word(struct words *w, const char *text, const struct variable *from)
{
	struct word *word = array_append(&w->items, &w->count, sizeof(*word));

	word->text = xstrdup(text);
	word->file = from ? from->file : NULL;
	word->variable = from ? from->name : NULL;
	return word;
}

/* Whether a value is one word wherever it is put in, and that word is as it is written. */
static bool is_one_word(const char *value)
{
	CLEANUP(strv_clear) struct strv words = {0};

	command_line_split_value(value, &words);
	return words.count == 1 && strcmp(words.items[0], value) == 0;
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
	bool whole = braced(word) == strlen(word);

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
	add_word(ret, buf_str(&out), from)->built = from && !(whole && is_one_word(from->value));
}

/* "$NAME" alone is replaced by the words of its value: none, one or several (systemd.service(5)). */
static void add_split(struct words *ret, const struct variable *v)
{
	CLEANUP(strv_clear) struct strv parts = {0};

	if (!v)
		return;
	command_line_split_value(v->value, &parts);
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

/* Words that are read together: a flag, or several in one word, with the value. */
struct run {
	size_t at, end;
	const struct word *source; /* where all of them stand, as they are; NULL: nowhere */
};

static void add_run(struct facts *f, const struct words *w, const struct run *run,
		    const char *unit_file)
{
	CLEANUP(strv_clear) struct strv args = {0}, keys = {0}, values = {0}, texts = {0};
	const struct word *source = run->source;

	for (size_t i = run->at; i < run->end; i++)
		strv_add(&args, w->items[i].text);
	daemon_flags_parse(&args, &keys, &values, &texts);
	for (size_t i = 0; i < keys.count; i++) {
		struct daemon_flag *flag = facts_add_flag(f);

		flag->key = xstrdup(keys.items[i]);
		flag->value = xstrdup(values.items[i]);
		flag->text = xstrdup(texts.items[i]);
		if (!source)
			continue;
		flag->file = xstrdup_null(source->file ? source->file : unit_file);
		flag->variable = xstrdup_null(source->variable);
	}
}

/* The run that begins with this flag; returns the flag behind it. */
static size_t read_run(const struct words *w, const struct daemon_args *all, size_t i,
		       struct run *ret)
{
	*ret = (struct run){.at = all->items[i].at, .source = &w->items[all->items[i].at]};
	for (; i < all->count && all->items[i].at == ret->at; i++)
		ret->end = ret->at + all->items[i].count;
	for (size_t k = ret->at; k < ret->end; k++)
		if (ret->source &&
		    (w->items[k].built || w->items[k].variable != w->items[ret->at].variable))
			ret->source = NULL;
	return i;
}

static bool same_source(const struct run *a, const struct run *b)
{
	return a->source && b->source && a->source->variable == b->source->variable;
}

/*
 * Flags that follow each other in one source, so that each can be traced back to its file. They are
 * told apart in the whole line: "--label $X" takes what is in X, whatever it looks like there.
 */
static void add_flags(struct facts *f, const struct words *w, const char *unit_file)
{
	CLEANUP(daemon_args_clear) struct daemon_args all = {0};
	CLEANUP(strv_clear) struct strv args = {0};
	struct run run = {0}, next;

	for (size_t i = 0; i < w->count; i++)
		strv_add(&args, w->items[i].text);
	daemon_args_read(&args, command_line_arguments(&args), &all);
	for (size_t i = 0; i < all.count; run = next) {
		i = read_run(w, &all, i, &next);
		if (same_source(&run, &next))
			next.at = run.at;
		else if (run.end)
			add_run(f, w, &run, unit_file);
	}
	if (run.end)
		add_run(f, w, &run, unit_file);
}

/* The settings of all arguments together: a flag and its value may come from two sources. */
static void add_settings(const struct words *w, struct settings *ret)
{
	CLEANUP(strv_clear) struct strv words = {0}, args = {0}, keys = {0}, values = {0};

	for (size_t i = 0; i < w->count; i++)
		strv_add(&words, w->items[i].text);
	for (size_t i = command_line_arguments(&words); i < words.count; i++)
		strv_add(&args, words.items[i]);
	daemon_flags_parse(&args, &keys, &values, NULL);
	for (size_t i = 0; i < keys.count; i++)
		settings_put(ret, keys.items[i], values.items[i], SOURCE_FLAG,
			     "flag of the next start");
}

/* A program is larger than any wrapper that somebody wrote. */
#define MOST_SCRIPT (1U << 20)

static bool is_script(const struct gather *g, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	return path[0] == '/' && observe(g->root, path, 0, &node, NULL, NULL) >= 0 &&
	       node.kind == NODE_FILE && node.size <= MOST_SCRIPT &&
	       observe_content(g->root, path, &text, NULL) >= 0 &&
	       starts_with(buf_str(&text), "#!");
}

/* Not a shell or a wrapper, whose arguments are not dockerd's, whatever it is called. */
static bool is_dockerd(const struct gather *g, const char *program)
{
	return is_dockerds_name(path_name(program)) && !is_script(g, program);
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

/* What a boot reads, where systemd has not read it yet. */
static const struct unit_facts *unit_of_boot(struct gather *g, struct facts *scratch)
{
	struct unit_facts *u = facts_add_unit(scratch, "docker.service");
	CLEANUP(strv_clear) struct strv starts = {0}, files = {0};

	unit_on_disk(g, u);
	unit_assignments_from(g, u, "Service/ExecStart", &starts, &files);
	if (files.count)
		u->exec_start_file = xstrdup(files.items[files.count - 1]);
	return u;
}

/* What was set by hand in systemd is not among it. */
static void take_environment(struct facts *f, const struct environment *env)
{
	for (size_t i = 0; i < env->count; i++)
		if (env->items[i].file)
			strv_add_owned(&f->docker.next_environment,
				       xconcat(env->items[i].name, "=", env->items[i].value, NULL));
}

static const char *program_of(const struct words *w)
{
	return w->items[0].text + strspn(w->items[0].text, "-@:+!");
}

/* What systemd has not read yet, and has by the next start where somebody has it read its units. */
static void take_unread(struct gather *g, const struct unit_facts *loaded)
{
	CLEANUP(facts_clear) struct facts scratch = {0};
	const struct unit_facts *u = loaded->need_daemon_reload ? unit_of_boot(g, &scratch) : NULL;
	CLEANUP(freep) char *unknown = u ? unit_environment_unknown(g, u) : NULL;
	CLEANUP(environment_clear) struct environment env = {0};
	CLEANUP(words_clear) struct words words = {0};

	if (!u || !u->exec_start || unknown)
		return;
	environment_read(g, u, &env);
	words_expand(u->exec_start, &env, &words);
	if (words.count == 0 || !is_dockerd(g, program_of(&words)))
		return;
	g->facts->docker.units_wait = true;
	add_settings(&words, &g->facts->docker.next_unread);
}

static void read_start(struct gather *g, const struct unit_facts *u)
{
	CLEANUP(environment_clear) struct environment env = {0};
	CLEANUP(words_clear) struct words words = {0};
	const char *program;

	environment_read(g, u, &env);
	take_environment(g->facts, &env);
	words_expand(u->exec_start, &env, &words);
	if (words.count == 0)
		return;
	program = program_of(&words);
	if (!is_dockerd(g, program)) {
		g->facts->docker.start_unknown =
			xasprintf("docker.service starts '%s': the flags of dockerd's next start "
				  "cannot be told",
				  program);
		return;
	}
	g->facts->docker.dockerd = xstrdup(program);
	g->facts->docker.start_unknown = unit_environment_unknown(g, u); /* some flags are */
	refuse_manager(g->facts, &words);
	add_flags(g->facts, &words, u->exec_start_file);
	add_settings(&words, &g->facts->docker.next);
}

void gather_next_flags(struct gather *g)
{
	CLEANUP(facts_clear) struct facts scratch = {0};
	bool boots = g->facts->parts & FACTS_NEXT_BOOT;
	const struct unit_facts *u =
		boots ? unit_of_boot(g, &scratch) : facts_unit(g->facts, "docker.service");

	if (u && u->exec_start)
		read_start(g, u);
	if (u && !boots)
		take_unread(g, u);
}
