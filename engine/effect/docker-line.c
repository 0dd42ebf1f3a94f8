#include "engine/effect/docker-line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/command-line.h"
#include "engine/format/daemon-args.h"
#include "engine/format/environment-file.h"
#include "engine/format/format.h"
#include "engine/host/read/observe.h"

struct job {
	const struct root *root;
	const struct facts *facts;
	const struct unit_facts *unit;
	const struct plan *plan;
	size_t k;
	char *line; /* ExecStart= where the plan writes it; NULL: it does not */
	struct strv *ret;
};

static bool edits(const struct change *c, enum scheme scheme, const char *key)
{
	for (size_t i = 0; i < c->edits.count; i++)
		if (c->edits.items[i].subject.scheme == scheme &&
		    (!key || strcmp(c->edits.items[i].subject.key, key) == 0))
			return true;
	return false;
}

static bool is_dropin(const char *path)
{
	return strstr(path, "/docker.service.d/") && ends_with(path, ".conf");
}

static bool is_of_unit(const struct unit_facts *u, const char *path)
{
	return is_dropin(path) || strv_contains(&u->dropins, path) ||
	       strcmp_null(u->fragment, path) == 0;
}

/* A file as the stage has it: written by the plan, or as it is now. */
static int text_at(const struct job *job, const char *path, struct buf *ret)
{
	const struct change *c = plan_find_change(job->plan, path);
	const struct image *image =
		c ? &c->images[job->k < c->nimages ? job->k : c->nimages - 1] : NULL;

	if (image && image->node.kind != NODE_FILE)
		return -ENOENT;
	if (!image || !image->has_content)
		return observe_content(job->root, path, ret, NULL);
	buf_append(ret, image->content.data, image->content.len);
	return 0;
}

static char *value_at(const struct job *job, const char *path, struct subject subject)
{
	CLEANUP(buf_clear) struct buf text = {0};
	char *value = NULL;

	if (text_at(job, path, &text) >= 0)
		format_get(&text, subject, &value, NULL);
	return value;
}

/* The last assignment of ExecStart= in a file; NULL: it has none, or takes it back. */
static char *line_in(const struct job *job, const char *path)
{
	CLEANUP(freep)
	char *value = value_at(job, path, subject_of(SCHEME_UNIT, "Service/ExecStart"));
	const char *last = value ? strrchr(value, '\n') : NULL;

	last = last ? last + 1 : value;
	return last && *last ? xstrdup(last) : NULL;
}

/* Drop-ins are read by their names, wherever they lie, and after the unit itself. */
static char *line_of_unit(const struct job *job)
{
	CLEANUP(strv_clear) struct strv paths = {0};
	const char *best = NULL;
	char *ret = NULL;

	strv_add_all(&paths, &job->unit->dropins);
	for (size_t i = 0; i < job->plan->nchanges; i++)
		if (is_dropin(job->plan->changes[i].path))
			strv_add_once(&paths, job->plan->changes[i].path);
	for (size_t i = 0; i < paths.count; i++) {
		CLEANUP(freep) char *line = line_in(job, paths.items[i]);

		if (!line || (best && strcmp(path_name(paths.items[i]), path_name(best)) < 0))
			continue;
		best = paths.items[i];
		free(ret);
		ret = TAKE_PTR(line);
	}
	return ret || !job->unit->fragment ? ret : line_in(job, job->unit->fragment);
}

static bool line_changes(const struct unit_facts *u, const struct plan *plan)
{
	for (size_t i = 0; i < plan->nchanges; i++)
		if (is_of_unit(u, plan->changes[i].path) &&
		    edits(&plan->changes[i], SCHEME_UNIT, "Service/ExecStart"))
			return true;
	return false;
}

/* Whether the plan writes that variable's value in that file. */
static bool variable_changes(const struct plan *plan, const char *path, const char *name)
{
	const struct change *c = plan_find_change(plan, path);

	return c && (edits(c, SCHEME_KV, name) || edits(c, SCHEME_UNIT, "Service/Environment"));
}

static bool flag_changes(const struct job *job, const struct daemon_flag *f)
{
	if (!f->file)
		return false;
	return f->variable ? variable_changes(job->plan, f->file, f->variable) : job->line != NULL;
}

/* What a word says where systemd puts nothing in; NULL: it does, and the facts have it. */
static char *as_put_in(const char *word)
{
	CLEANUP(buf_clear) struct buf out = {0};

	for (const char *p = word; *p; p++) {
		if (*p == '$' && p[1] != '$')
			return NULL;
		p += (*p == '$' || *p == '%') && p[1] == *p;
		buf_putc(&out, *p);
	}
	return xstrdup(buf_str(&out));
}

/* A flag goes with its value: none of both where one is put in. */
static void add_words(const struct strv *words, size_t from, size_t to, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv all = {0};

	for (size_t i = from; i < to; i++) {
		char *word = as_put_in(words->items[i]);

		if (!word)
			return;
		strv_add_owned(&all, word);
	}
	strv_add_all(ret, &all);
}

/* Behind the words that are read with this one. */
static size_t run_end(const struct daemon_args *args, size_t at)
{
	size_t end = at + 1;

	for (size_t i = 0; i < args->count; i++)
		if (args->items[i].at == at && at + args->items[i].count > end)
			end = at + args->items[i].count;
	return end;
}

/* The words of the line, flags or not, without the program and the name that it is given. */
static int take_line(struct job *job, struct error *err)
{
	CLEANUP(daemon_args_clear) struct daemon_args args = {0};
	CLEANUP(strv_clear) struct strv words = {0};
	int r = command_line_split(job->line, &words, err);
	size_t first;

	if (r < 0)
		return r;
	first = command_line_arguments(&words);
	daemon_args_read(&words, first, &args);
	for (size_t at = first, end; at < words.count; at = end) {
		end = run_end(&args, at);
		add_words(&words, at, end, job->ret);
	}
	return 0;
}

/* What stands in a file of variables, as systemd takes it. */
static void take_quoted(const char *text, struct strv *ret)
{
	CLEANUP(freep) char *value = environment_file_value(text);

	if (value)
		command_line_split_value(value, ret);
}

static void take_in_unit(struct job *job, const char *path, const char *name)
{
	CLEANUP(freep) char *prefix = xasprintf("%s=", name), *word = NULL;
	CLEANUP(freep)
	char *value = value_at(job, path, subject_of(SCHEME_UNIT, "Service/Environment"));
	size_t start, end;

	if (value && command_line_find(value, prefix, &word, &start, &end))
		command_line_split_value(word + strlen(prefix), job->ret);
}

/* The words of a variable that the plan writes. */
static void take_variable(struct job *job, const char *path, const char *name)
{
	CLEANUP(freep) char *value = NULL;

	if (is_of_unit(job->unit, path)) {
		take_in_unit(job, path, name);
		return;
	}
	value = value_at(job, path, subject_of(SCHEME_KV, name));
	if (value)
		take_quoted(value, job->ret);
}

/* Each changed variable once, where the first of its flags stands. */
static bool is_first(const struct docker_facts *d, size_t at)
{
	const struct daemon_flag *f = &d->next_flags[at];

	for (size_t i = 0; i < at; i++)
		if (strcmp_null(d->next_flags[i].file, f->file) == 0 &&
		    strcmp_null(d->next_flags[i].variable, f->variable) == 0)
			return false;
	return true;
}

/* Whether some place in the line takes the variable in. */
static bool line_takes(const struct job *job, const char *name)
{
	CLEANUP(freep) char *braced = xasprintf("${%s}", name), *bare = xasprintf("$%s", name);
	CLEANUP(strv_clear) struct strv words = {0};
	const char *line = job->line ? job->line : job->unit->exec_start;

	return line && command_line_split(line, &words, NULL) >= 0 &&
	       (strv_contains(&words, bare) || strstr(line, braced));
}

static bool has_flag_of(const struct docker_facts *d, const char *name)
{
	for (size_t i = 0; i < d->nnext_flags; i++)
		if (strcmp_null(d->next_flags[i].variable, name) == 0)
			return true;
	return false;
}

/* A variable that has no flags now, and gets some: on the way back. */
static void take_emptied(struct job *job)
{
	for (size_t i = 0; job->unit && i < job->plan->nchanges; i++) {
		const struct change *c = &job->plan->changes[i];
		CLEANUP(strv_clear) struct strv done = {0};

		for (size_t k = 0; k < c->edits.count; k++) {
			struct subject s = c->edits.items[k].subject;

			if (s.scheme == SCHEME_KV && !strv_contains(&done, s.key) &&
			    strv_contains(&job->unit->environment_files, c->path) &&
			    !has_flag_of(&job->facts->docker, s.key) && line_takes(job, s.key)) {
				take_variable(job, c->path, s.key);
				strv_add(&done, s.key);
			}
		}
	}
}

int docker_line(const struct root *root, const struct facts *facts, const struct plan *plan,
		size_t k, struct strv *ret, struct error *err)
{
	const struct docker_facts *d = &facts->docker;
	struct job job = {.root = root, .facts = facts, .plan = plan, .k = k, .ret = ret};
	CLEANUP(freep) char *line = NULL;
	int r = 0;

	job.unit = facts_unit(facts, "docker.service");
	if (job.unit && line_changes(job.unit, plan)) {
		job.line = line = line_of_unit(&job);
		r = line ? take_line(&job, err)
			 : error_set(err, -ENODATA, "dockerd's command line is not known");
	}
	for (size_t i = 0; r == 0 && i < d->nnext_flags; i++) {
		const struct daemon_flag *f = &d->next_flags[i];

		if (!flag_changes(&job, f))
			command_line_split(f->text, ret, NULL);
		else if (f->variable && is_first(d, i))
			take_variable(&job, f->file, f->variable);
	}
	if (r == 0)
		take_emptied(&job);
	return r;
}

bool docker_line_changes(const struct facts *facts, const struct plan *plan)
{
	const struct docker_facts *d = &facts->docker;
	const struct unit_facts *u = facts_unit(facts, "docker.service");

	for (size_t i = 0; i < d->nnext_flags; i++)
		if (d->next_flags[i].file && plan_find_change(plan, d->next_flags[i].file))
			return true;
	for (size_t i = 0; u && i < u->environment_files.count; i++)
		if (plan_find_change(plan, u->environment_files.items[i]))
			return true;
	return u && line_changes(u, plan);
}
