#include "modules/daemon/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/command-line.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/subject-key.h"

/* Whether a wanted member is right as it is. */
static bool member_fits(const struct daemon_want *want, const char *have, const char *value)
{
	if (daemon_accepts_any(want))
		return json_shaped_like(value, have);
	return have && json_value_same(have, value);
}

/* An object with the wanted members in it, all others as they are. */
static char *merged(const struct daemon_want *want, const char *have)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(strv_clear) struct strv values = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	if (!json_is(have, "object") || !json_is(want->value, "object"))
		return xstrdup_null(want->value);
	buf_puts(&text, have);
	json_members(want->value, &names, &values);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *pointer = json_pointer(names.items[i], NULL);
		CLEANUP(freep) char *member = json_member(have, names.items[i]);

		if (!member_fits(want, member, values.items[i]))
			json_text_set(&text, pointer, values.items[i], NULL);
	}
	return buf_take(&text);
}

/* All flags of the key go; the last source gets those of the wanted value. */
static int change_flags(const struct daemon_next *n, const struct daemon_want *want,
			const char *value, struct delta *delta, struct error *err)
{
	const struct daemon_key *k = daemon_key_find(want->key);
	CLEANUP(strv_clear) struct strv new = {0};
	CLEANUP(strv_clear) struct strv none = {0};

	flags_make(k, value, &new);
	for (size_t i = 0; i < n->nsources; i++) {
		const struct flag_source *s = &n->sources[i];
		CLEANUP(freep) char *line = NULL;
		CLEANUP(freep) char *after = NULL;
		int r = flags_replace(s->line, s->kind, k, i + 1 == n->nsources ? &new : &none,
				      &line, err);

		if (r < 0)
			return r;
		if (s->variable) {
			CLEANUP(freep) char *word = xasprintf("%s=%s", s->variable, line);
			CLEANUP(freep) char *quoted = command_line_quote(word);

			after = xasprintf("%s%s%s", s->head, quoted, s->tail);
		} else {
			after = xasprintf("%s%s%s", s->head, line, s->tail);
		}
		if (strcmp_null(s->before, after) == 0)
			continue;
		delta_edit(delta, s->path, s->subject, after);
		if (s->kind != LINE_OF_FILE)
			effect_bring(delta_effect(delta, HANDLER_SYSTEMD_RELOAD,
						  subject_of(SCHEME_UNIT, "docker.service"), NULL,
						  "read again"),
				     s->path, s->subject);
	}
	return 0;
}

static void edit_file(const struct daemon_next *n, const char *pointer, const char *after,
		      struct delta *delta)
{
	delta_edit(delta, n->path, subject_of(SCHEME_JSON, pointer), after);
}

/* One edit for each member that is not as wanted, so that each can be undone by itself. */
static void change_members(const struct daemon_next *n, const struct daemon_want *want,
			   struct delta *delta)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(strv_clear) struct strv values = {0};

	json_members(want->value, &names, &values);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *have = json_member(n->file_value, names.items[i]);
		CLEANUP(freep) char *token = json_pointer(names.items[i], NULL);
		CLEANUP(freep) char *pointer = xasprintf("%s%s", n->pointer, token);

		if (!member_fits(want, have, values.items[i]))
			edit_file(n, pointer, values.items[i], delta);
	}
}

static void change_file(const struct daemon_next *n, const struct daemon_want *want,
			struct delta *delta)
{
	bool fits = !n->file_value || json_is(n->file_value, "object");

	if (json_is(want->value, "object") && fits)
		change_members(n, want, delta);
	else
		edit_file(n, n->pointer, want->value, delta);
}

int daemon_next_change(const struct daemon_next *n, const struct daemon_want *want,
		       struct delta *delta, char **ret_value, bool *ret_by_flag, struct error *err)
{
	bool flag_ok = n->flag_value &&
		       daemon_value_accepted(want, daemon_key_find(want->key), n->flag_value);
	int r = 0;

	*ret_by_flag = n->flag_value != NULL;
	*ret_value = flag_ok ? xstrdup(n->flag_value) : merged(want, daemon_next_value(n));
	if (!daemon_next_value(n) && !want->value)
		return error_set(err, -ENOTSUP, "the baseline gives no value for '%s'", want->key);
	if (n->untouched && (!n->flag_value || n->file_value))
		return error_set_at(
			err, -ENOTSUP, n->path,
			"harden does not edit '%s', which dockerd takes all the same: %s", n->path,
			n->untouched);
	if (!n->flag_value) {
		change_file(n, want, delta);
		return 0;
	}
	if (n->trouble)
		return error_set(err, -ENOTSUP, "%s", n->trouble);
	if (!flag_ok)
		r = change_flags(n, want, *ret_value, delta, err);
	if (n->file_value) /* never in both: dockerd would refuse to start */
		edit_file(n, n->pointer, NULL, delta);
	return r;
}
