#include "modules/daemon/next.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/command-line.h"
#include "engine/format/environment-file.h"
#include "engine/format/format.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/subject-key.h"

#define MARK_SINCE "23.0"
#define DROPIN "/etc/systemd/system/docker.service.d/zz-harden.conf" /* zz: read last */

static void source_clear(struct flag_source *s)
{
	free(s->path);
	subject_clear(&s->subject);
	free(s->before);
	free(s->line);
	free(s->head);
	free(s->tail);
	free(s->variable);
	strv_clear(&s->flags);
}

void daemon_next_clear(struct daemon_next *n)
{
	buf_clear(&n->text);
	free(n->file_value);
	free(n->pointer);
	free(n->flag_value);
	for (size_t i = 0; i < n->nsources; i++)
		source_clear(&n->sources[i]);
	free(n->sources);
	free(n->trouble);
	free(n->untouched);
	*n = (struct daemon_next){0};
}

/*
 * dockerd flattens an object whose key it does not know: {"x": {"icc": false}} sets icc. So a
 * key that is not at the top may still be in the file.
 */
static char *find_nested(const struct buf *text, const char *key)
{
	CLEANUP(strv_clear) struct strv keys = {0};

	if (json_text_owners(text, key, &keys, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < keys.count; i++)
		if (!daemon_key_find(keys.items[i]))
			return json_pointer(keys.items[i], key);
	return NULL;
}

/*
 * A file that dockerd takes and that is not edited here, such as one with equal keys: what it says
 * is measured as dockerd of this version reads it. False: dockerd does not take it either.
 */
static bool read_as_dockerd(struct daemon_next *n, const struct view *v, const char *key,
			    const struct error *why)
{
	const char *version = v->facts->docker.version;
	CLEANUP(strv_clear) struct strv keys = {0}, values = {0};

	if (!version || daemon_file_settings(&n->text, version, &keys, &values, NULL) < 0)
		return false;
	n->pointer = json_pointer(key, NULL);
	n->untouched = xstrdup(error_text(why));
	for (size_t i = 0; i < keys.count; i++)
		if (strcmp(keys.items[i], key) == 0)
			str_replace(&n->file_value, values.items[i]);
	return true;
}

/* With a byte order mark that dockerd of this version takes for a mistake. */
static bool begins_with_mark(const struct daemon_next *n, const struct view *v)
{
	const char *version = v->facts->docker.version;

	return n->text.len >= 3 && memcmp(n->text.data, "\xef\xbb\xbf", 3) == 0 && version &&
	       engine_version_compare(version, MARK_SINCE) < 0;
}

/*
 * It says nothing about what dockerd would read there: an ordinary user asks, a limit was met, it moves, or
 * a link that is not followed here (-ELOOP) leads to it.
 */
static bool is_about_us(int r)
{
	static const int codes[] = {EACCES, EPERM, ELOOP,  EMFILE, ENFILE,
				    ENOMEM, EIO,   ESTALE, EINTR};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (r == -codes[i])
			return true;
	return false;
}

static int read_file(struct daemon_next *n, const struct view *v, const char *key,
		     struct error *err)
{
	CLEANUP(error_clear) struct error why = {0};
	char *nested;
	int r = view_content(v, n->path, &n->text, &why);

	if (r < 0 && r != -ENOENT)
		return error_set(err, is_about_us(r) ? r : -EBADMSG, "%s", error_text(&why));
	error_clear(&why);
	r = json_text_check(&n->text, &why);
	if (r == 0 && begins_with_mark(n, v))
		return error_set_at(err, -EBADMSG, n->path,
				    "'%s' is not what dockerd takes: a byte order mark, which it "
				    "takes since engine " MARK_SINCE,
				    n->path);
	if (r < 0 && read_as_dockerd(n, v, key, &why))
		return 0;
	if (r < 0)
		return error_set_at(err, is_about_us(r) ? r : -EBADMSG, n->path,
				    "'%s' is not what dockerd takes: %s", n->path,
				    error_text(&why));
	n->pointer = json_pointer(key, NULL);
	if (n->text.len == 0 || json_text_get(&n->text, n->pointer, &n->file_value, NULL) == 1)
		return 0;
	nested = find_nested(&n->text, key);
	if (nested) {
		free(n->pointer);
		n->pointer = nested;
		json_text_get(&n->text, nested, &n->file_value, NULL);
	}
	return 0;
}

static int read_value(const struct view *v, const char *path, struct subject subject, char **ret,
		      struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int r = view_content(v, path, &text, err);

	return r < 0 ? r : format_get(&text, subject, ret, err);
}

/* The last line of ExecStart= runs; what is before it stays as it is. */
static void split_assignments(struct flag_source *s, const char *value)
{
	const char *last = strrchr(value, '\n');

	last = last ? last + 1 : value;
	s->head = xstrndup(value, (size_t)(last - value));
	s->line = xstrdup(last);
	s->tail = xstrdup("");
}

/* Quotes around a variable's value are not part of the words. */
static void split_quotes(struct flag_source *s, const char *value)
{
	size_t n = strlen(value);
	bool quoted = n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n - 1] == value[0];

	s->head = xstrndup(value, quoted);
	s->line = xstrndup(value + quoted, n - 2 * (size_t)quoted);
	s->tail = xstrndup(value, quoted);
}

/*
 * ExecStart= of a unit or drop-in below /etc is changed there. One that a package brought is
 * left alone: a drop-in of ours, read last, clears it and gives the changed line.
 */
static int load_unit(struct flag_source *s, const struct view *v, const char *file,
		     struct error *err)
{
	const struct subject exec_start = subject_of(SCHEME_UNIT, "Service/ExecStart");
	CLEANUP(freep) char *value = NULL;
	int r;

	s->kind = LINE_OF_COMMAND;
	s->subject = subject_copy(exec_start);
	s->path = xstrdup(starts_with(file, "/etc/") ? file : DROPIN);
	r = read_value(v, s->path, exec_start, &s->before, NULL);
	if (r == 1) {
		split_assignments(s, s->before);
		return 0;
	}
	if (r < 0 && r != -ENOENT)
		return error_set_at(err, r, s->path, "cannot read '%s'", s->path);
	r = read_value(v, file, exec_start, &value, err);
	if (r < 0)
		return r;
	if (r == 0)
		return error_set_at(err, -ENOTSUP, file, "'%s' has no ExecStart=", file);
	split_assignments(s, value);
	str_replace(&s->head, "\n");
	return 0;
}

/* A unit or drop-in, not a file of variables. */
static bool is_unit_file(const char *path)
{
	static const char *const ends[] = {".service", ".conf"};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (stem_length(path, ends[i]) > 0)
			return strstr(path, "/systemd/") != NULL;
	return false;
}

/* A line is changed by the rules of ExecStart=: only one that these and those of a variable read alike. */
static int check_words(const struct flag_source *s, const struct daemon_flag *f, const char *value,
		       struct error *err)
{
	CLEANUP(strv_clear) struct strv have = {0}, want = {0};

	if (value)
		command_line_split_value(value, &want);
	if (value && command_line_split(s->line, &have, NULL) >= 0 && strv_equal(&have, &want))
		return 0;
	return error_set_at(err, -ENOTSUP, f->file,
			    "quotes or backslashes in %s of '%s' are more than harden changes",
			    f->variable, f->file);
}

/*
 * NAME=VALUE in Environment= of a unit: one word among others, in one of several lines. All that
 * stands before and behind it in the whole setting stays as it is written; it alone is quoted anew.
 */
static int load_environment(struct flag_source *s, const struct view *v,
			    const struct daemon_flag *f, struct error *err)
{
	CLEANUP(freep) char *prefix = xasprintf("%s=", f->variable), *word = NULL;
	size_t start = 0, end = 0;
	int r;

	s->kind = LINE_OF_ENVIRONMENT;
	s->path = xstrdup(f->file);
	s->subject = subject_copy(subject_of(SCHEME_UNIT, "Service/Environment"));
	if (!starts_with(f->file, "/etc/"))
		return error_set_at(err, -ENOTSUP, f->file,
				    "%s is set in '%s', which a package brought", f->variable,
				    f->file);
	r = read_value(v, f->file, s->subject, &s->before, err);
	if (r < 0)
		return r;
	if (r == 0 || !command_line_find(s->before, prefix, &word, &start, &end))
		return error_set_at(err, -ENOTSUP, f->file, "'%s' does not set %s", f->file,
				    f->variable);
	s->head = xstrndup(s->before, start);
	s->line = xstrdup(word + strlen(prefix));
	s->tail = xstrdup(s->before + end);
	s->variable = xstrdup(f->variable);
	return check_words(s, f, s->line, err);
}

static int load_variable(struct flag_source *s, const struct view *v, const struct daemon_flag *f,
			 struct error *err)
{
	CLEANUP(freep) char *value = NULL;
	int r;

	s->kind = LINE_OF_FILE;
	s->path = xstrdup(f->file);
	s->subject = subject_copy(subject_of(SCHEME_KV, f->variable));
	r = read_value(v, f->file, s->subject, &s->before, err);
	if (r < 0)
		return r;
	if (r == 0)
		return error_set_at(err, -ENOTSUP, f->file, "'%s' does not set %s", f->file,
				    f->variable);
	if (s->before[0] && s->before[strlen(s->before) - 1] == '\\')
		return error_set_at(err, -ENOTSUP, f->file, "%s in '%s' goes on over several lines",
				    f->variable, f->file);
	split_quotes(s, s->before);
	value = environment_file_value(s->before);
	return check_words(s, f, value, err);
}

static bool has_source(const struct daemon_next *n, const struct flag_source *s)
{
	for (size_t i = 0; i < n->nsources; i++)
		if (strcmp(n->sources[i].path, s->path) == 0 &&
		    subject_equal(n->sources[i].subject, s->subject))
			return true;
	return false;
}

static int add_source(struct daemon_next *n, const struct view *v, const struct daemon_flag *f,
		      const struct daemon_key *k, struct error *err)
{
	struct flag_source s = {0};
	int r;

	if (!f->file)
		return error_set(err, -ENOTSUP, "where '%s' comes from is not known", f->text);
	if (!f->variable)
		r = load_unit(&s, v, f->file, err);
	else if (is_unit_file(f->file))
		r = load_environment(&s, v, f, err);
	else
		r = load_variable(&s, v, f, err);
	if (r >= 0)
		r = flags_find(s.line, s.kind, k, &s.flags, err);
	if (r < 0 || has_source(n, &s)) {
		source_clear(&s);
		return r;
	}
	*(struct flag_source *)array_append(&n->sources, &n->nsources, sizeof(s)) = s;
	return 0;
}

/* What the flags of all sources together give the key, as dockerd reads them. */
static char *parse_flags(const struct daemon_next *n, const char *key)
{
	CLEANUP(strv_clear) struct strv flags = {0};

	for (size_t i = 0; i < n->nsources; i++)
		strv_add_all(&flags, &n->sources[i].flags);
	return flags_value(&flags, key);
}

/* A flag that is not changed here is measured as dockerd reads all its words together. */
static char *measured_flag(const struct docker_facts *d, const struct daemon_flag *f)
{
	const struct setting *s = settings_find(&d->next, f->key);

	return xstrdup_null(s && s->source == SOURCE_FLAG ? s->value : f->value);
}

static void read_flags(struct daemon_next *n, const struct view *v, const char *key)
{
	const struct docker_facts *docker = &v->facts->docker;
	const struct daemon_key *k = daemon_key_find(key);

	for (size_t i = 0; i < docker->nnext_flags; i++) {
		const struct daemon_flag *f = &docker->next_flags[i];
		CLEANUP(error_clear) struct error why = {0};
		int r;

		if (strcmp(f->key, key) != 0)
			continue;
		r = k && k->flag ? add_source(n, v, f, k, &why)
				 : error_set(&why, -ENOTSUP, "'%s' is not known", f->text);
		if (r < 0 && !n->trouble)
			n->trouble = xstrdup(error_text(&why));
		if (r < 0) {
			free(n->flag_value);
			n->flag_value = measured_flag(docker, f);
		}
	}
	if (!n->trouble)
		n->flag_value = parse_flags(n, key);
}

int daemon_next_read(struct daemon_next *ret, const struct view *v, const char *key,
		     struct error *err)
{
	int r;

	ret->path = v->facts->docker.config_file ? v->facts->docker.config_file
						 : "/etc/docker/daemon.json";
	r = read_file(ret, v, key, err);
	if (r < 0)
		return r;
	read_flags(ret, v, key);
	return 0;
}

bool daemon_next_blocks(int code)
{
	return code == -EBADMSG;
}

const char *daemon_next_value(const struct daemon_next *n)
{
	return n->flag_value ? n->flag_value : n->file_value;
}

char *daemon_next_effective(const struct view *v, const char *key)
{
	CLEANUP(daemon_next_clear) struct daemon_next next = {0};
	const struct daemon_key *k = daemon_key_find(key);
	const char *value;

	if (daemon_next_read(&next, v, key, NULL) < 0)
		return NULL;
	value = daemon_next_value(&next);
	if (!value || json_is(value, "null"))
		value = k ? k->def : NULL;
	return xstrdup_null(value);
}
