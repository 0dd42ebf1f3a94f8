#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/command-line.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/environment-file.h"
#include "engine/format/format.h"
#include "engine/format/subject-key.h"
#include "engine/host/read/observe.h"
#include "engine/plan/image.h"
#include "rollback/in-force.h"
#include "rollback/revert-impl.h"

/*
 * Whether dockerd would start with its config file as it is put back. A daemon may have run
 * on with a file that it would not take again: then the file goes back and the daemon stays.
 */
static bool daemon_would_start(const struct reversal *v)
{
	const struct docker_facts *d = &v->facts->docker;
	const struct change *config = revert_config_change(v);
	CLEANUP(strv_clear) struct strv flags = {0};
	const struct image *final;

	if (!config)
		return true;
	final = &config->images[config->nimages - 1];
	for (size_t i = 0; i < d->nnext_flags; i++)
		strv_add(&flags, d->next_flags[i].key);
	return !final->has_content ||
	       daemon_file_check(&final->content, d->version, &flags, NULL, NULL) >= 0;
}

/* dockerd does not start, nor reload, with a config file that somebody broke and that stays. */
static bool keeps_broken_config(const struct reversal *v)
{
	CLEANUP(freep) char *fault = revert_config_fault(v);

	if (fault)
		checks_add(&v->plan->checks, CHECK_WARN, NULL,
			   "dockerd is neither restarted nor reloaded: '%s' stays as it is, and it "
			   "would not take it: %s",
			   v->facts->docker.config_file, fault);
	return fault != NULL;
}

/* The setting's value as a text of the daemon's file has it. */
static bool file_value(const struct buf *text, const char *key, char **ret)
{
	CLEANUP(strv_clear) struct strv keys = {0}, values = {0};

	if (daemon_file_settings(text, NULL, &keys, &values, NULL) < 0)
		return false;
	for (size_t i = 0; i < keys.count; i++)
		if (strcmp(keys.items[i], key) == 0)
			str_replace(ret, values.items[i]);
	return *ret != NULL;
}

static bool is_environment(struct subject subject)
{
	return subject_equal(subject, subject_of(SCHEME_UNIT, "Service/Environment"));
}

/* Of NAME=WORDS in Environment= of a unit: the words of each variable. */
static void parse_environment(const char *value, struct strv *ret_keys, struct strv *ret_values)
{
	CLEANUP(strv_clear) struct strv variables = {0}, words = {0};

	if (command_line_split(value, &variables, NULL) < 0)
		return;
	for (size_t i = 0; i < variables.count; i++) {
		const char *equals = strchr(variables.items[i], '=');

		if (equals)
			command_line_split_value(equals + 1, &words);
	}
	daemon_flags_parse(&words, ret_keys, ret_values, NULL);
}

/* Of a variable in a file of variables. */
static void split_variable(const char *text, struct strv *ret)
{
	CLEANUP(freep) char *value = environment_file_value(text);

	if (value)
		command_line_split_value(value, ret);
}

/* The words of dockerd's command line, or of a variable in it, as settings. */
static void parse_flags(const struct image *image, struct subject subject, struct strv *ret_keys,
			struct strv *ret_values)
{
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(freep) char *value = NULL;

	if (image_value(image, subject, &value, NULL) < 0 || !value)
		return;
	if (is_environment(subject)) {
		parse_environment(value, ret_keys, ret_values);
		return;
	}
	if (subject.scheme == SCHEME_KV)
		split_variable(value, &words);
	else
		command_line_split(strrchr(value, '\n') ? strrchr(value, '\n') + 1 : value, &words,
				   NULL);
	daemon_flags_parse(&words, ret_keys, ret_values, NULL);
}

static bool may_have_flags(struct subject subject)
{
	return subject_equal(subject, subject_of(SCHEME_UNIT, "Service/ExecStart")) ||
	       is_environment(subject) || subject.scheme == SCHEME_KV;
}

static const char *value_in(const struct strv *keys, const struct strv *values, const char *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->items[i], key) == 0)
			return values->items[i];
	return NULL;
}

/* A flag after the rollback: 1 and its value; 0: there is none; -1: the rollback leaves it alone. */
static int planned_flag(const struct reversal *v, const char *key, char **ret)
{
	int found = -1;

	for (size_t i = 0; i < v->plan->nchanges && found < 1; i++) {
		const struct change *c = &v->plan->changes[i];

		for (size_t k = 0; k < c->edits.count && found < 1; k++) {
			CLEANUP(strv_clear) struct strv was = {0}, was_values = {0};
			CLEANUP(strv_clear) struct strv is = {0}, is_values = {0};
			struct subject subject = c->edits.items[k].subject;

			if (!may_have_flags(subject))
				continue;
			parse_flags(&c->images[0], subject, &was, &was_values);
			parse_flags(&c->images[1], subject, &is, &is_values);
			if (value_in(&is, &is_values, key)) {
				*ret = xstrdup(value_in(&is, &is_values, key));
				found = 1;
			} else if (value_in(&was, &was_values, key)) {
				found = 0;
			}
		}
	}
	return found;
}

/* From the file as the rollback leaves it: as planned, else as it is on disk. */
static char *value_in_file(const struct reversal *v, const char *key)
{
	const char *path = v->facts->docker.config_file;
	const struct change *config = revert_config_change(v);
	CLEANUP(buf_clear) struct buf text = {0};
	char *value = NULL;

	if (config && config->images[1].has_content)
		buf_copy(&text, &config->images[1].content);
	else if (!config && path && observe_content(v->root, path, &text, NULL) < 0)
		buf_clear(&text);
	file_value(&text, key, &value);
	return value;
}

/* What the next start sees after the rollback; *ret_flag: by a flag. NULL: the default. */
char *daemon_value_after(const struct reversal *v, const char *key, bool *ret_flag)
{
	const struct setting *next = settings_find(&v->facts->docker.next, key);
	char *value = NULL;
	int flag = planned_flag(v, key, &value);

	*ret_flag = flag > 0 || (flag < 0 && next && next->source == SOURCE_FLAG);
	if (flag > 0)
		return value;
	return *ret_flag ? xstrdup_null(next->value) : value_in_file(v, key);
}

/* What the running daemon has: false when that is not known. */
bool daemon_value_now(const struct reversal *v, const char *key, const char **ret)
{
	bool known = daemon_value_in_force(&v->facts->docker, key, ret);

	return known &&
	       !v->facts->offline; /* what was recorded is turned round, and nothing runs it */
}

bool daemon_value_same(const char *key, const char *a, const char *b)
{
	const struct daemon_key *k = daemon_key_find(key);
	CLEANUP(freep) char *pointer = xasprintf("/%s", key);

	return format_same(subject_of(SCHEME_JSON, pointer),
			   a   ? a
			   : k ? k->def
			       : NULL,
			   b   ? b
			   : k ? k->def
			       : NULL);
}

struct keys {
	struct strv keys, controls; /* each with one that it belongs to */
};

static void keys_clear(struct keys *k)
{
	strv_clear(&k->keys);
	strv_clear(&k->controls);
}

static void add_key(struct keys *k, const char *key, const char *control)
{
	if (strv_contains(&k->keys, key) || !control)
		return;
	strv_add(&k->keys, key);
	strv_add(&k->controls, control);
}

/* Those of the flags that differ before and after an edit. */
static void add_flag_keys(struct keys *ret, const struct change *c, const struct edit *e)
{
	CLEANUP(strv_clear) struct strv was = {0}, was_values = {0};
	CLEANUP(strv_clear) struct strv is = {0}, is_values = {0};

	parse_flags(&c->images[0], e->subject, &was, &was_values);
	parse_flags(&c->images[1], e->subject, &is, &is_values);
	for (size_t i = 0; daemon_key_at(i); i++) {
		const char *key = daemon_key_at(i)->key;

		if (strcmp_null(value_in(&was, &was_values, key), value_in(&is, &is_values, key)) !=
		    0)
			add_key(ret, key, e->control);
	}
}

static void add_edited_keys(const struct reversal *v, struct keys *ret)
{
	const char *config = v->facts->docker.config_file;

	for (size_t i = 0; i < v->plan->nchanges; i++) {
		const struct change *c = &v->plan->changes[i];

		for (size_t k = 0; k < c->edits.count; k++) {
			const struct edit *e = &c->edits.items[k];
			CLEANUP(freep) char *top = subject_json_first(e->subject);

			if (may_have_flags(e->subject))
				add_flag_keys(ret, c, e);
			if (strcmp_null(c->path, config) == 0 && top && daemon_key_find(top))
				add_key(ret, top, e->control);
		}
	}
}

/* The keys that the rollback is about: whose effects it takes back, and whose places it edits. */
static void find_keys(const struct reversal *v, struct keys *ret)
{
	const struct plan *was = &v->root_transaction->plan;

	for (size_t k = 0; k < was->nstages; k++)
		for (size_t i = 0; i < was->stages[k].effects.count; i++) {
			const struct effect *e = &was->stages[k].effects.items[i];

			if (is_daemons(e) && reversal_concerns(v, e->control))
				add_key(ret, e->subject.key, e->control);
		}
	add_edited_keys(v, ret);
}

/* dockerd would refuse it, for what its file says after the rollback, too, or for want of ExecReload=. */
static bool refuses_reload(const struct reversal *v)
{
	const struct docker_facts *d = &v->facts->docker;
	const struct setting *proxy = settings_find(&d->next, "userland-proxy");
	bool by_flag = false;
	CLEANUP(freep) char *after = daemon_value_after(v, "userland-proxy", &by_flag);

	if (!d->no_reload || (after && strcmp(after, "true") == 0 && !by_flag))
		return d->no_reload != NULL;
	return !proxy || proxy->source != SOURCE_FILE || strcmp_null(proxy->value, "true") != 0;
}

/* As it was brought into force; else by a reload where that takes the value, or its default. */
static enum handler handler_for(const struct reversal *v, const char *key, const char *after,
				bool by_flag)
{
	const struct subject subject = subject_of(SCHEME_DOCKER, key);
	const struct recorded r = find_recorded(v, subject);
	const struct daemon_key *k = daemon_key_find(key);
	bool was_flag = strv_contains(&v->facts->docker.now_flags, key);

	if (r.last_toggled &&
	    (r.last_toggled->handler != HANDLER_DOCKER_RELOAD || !refuses_reload(v)))
		return r.last_toggled->handler;
	if (r.last_toggled || refuses_reload(v) || by_flag || was_flag || !k ||
	    k->activation == KEY_RESTART || (!after && !k->def))
		return HANDLER_DOCKER_RESTART;
	return HANDLER_DOCKER_RELOAD;
}

/* 1: added; 0: nothing to do; -1: nobody knows, and it was not the apply's restart that set it. */
static int add_setting(const struct reversal *v, const char *key, const char *control,
		       struct effects *ret)
{
	const struct subject subject = subject_of(SCHEME_DOCKER, key);
	const struct recorded r = find_recorded(v, subject);
	bool by_flag = false, known;
	CLEANUP(freep) char *after = daemon_value_after(v, key, &by_flag);
	const char *now;

	known = daemon_value_now(v, key, &now);
	if (known && daemon_value_same(key, now, after))
		return 0;
	if (!known && !r.last_toggled)
		return -1;
	if (!known)
		now = r.last_toggled->after;
	if (r.first && daemon_value_same(key, after, recorded_target(&r)))
		str_replace(&after, recorded_target(&r)); /* as it was told then */
	if (daemon_value_same(key, now, after))
		return 0;
	effects_add(ret, control, handler_for(v, key, after, by_flag), subject, now, after);
	return 1;
}

static void warn_unknown(const struct reversal *v, const struct strv *keys)
{
	CLEANUP(freep) char *all = strv_join(keys, ", ");
	const char *why = v->facts->docker.not_measured;

	if (keys->count && !v->facts->offline)
		checks_add(&v->plan->checks, CHECK_WARN, NULL,
			   "not known whether dockerd has %s in force%s%s: it is put back for "
			   "its next start, and dockerd is left as it runs",
			   all, why ? ": " : "", why ? why : "");
}

static void warn_stays(const struct reversal *v, const struct effects *found, const char *emptied)
{
	CLEANUP(strv_clear) struct strv keys = {0};
	CLEANUP(freep) char *all = NULL;

	for (size_t i = 0; i < found->count; i++)
		strv_add(&keys, found->items[i].subject.key);
	all = strv_join(&keys, ", ");
	if (emptied)
		checks_add(
			&v->plan->checks, CHECK_WARN, NULL,
			"dockerd is neither restarted nor reloaded: '%s' was emptied and stays "
			"so (%s); %s stay in force until a person fixes the file and restarts it",
			v->facts->docker.config_file, emptied, all);
	else
		checks_add(&v->plan->checks, CHECK_WARN, NULL,
			   "dockerd would not start with its file as it is put back: it runs on "
			   "as it is, and %s stay in force until a person fixes the file and "
			   "restarts it",
			   all);
}

/*
 * dockerd's settings: the difference between what it has in force and what its next start would
 * see. What is not known counts as a difference; a daemon that does not run has nothing in force.
 */
void revert_daemon(const struct reversal *v, struct effects *ret)
{
	CLEANUP(strv_clear) struct strv unknown = {0};
	CLEANUP(freep) char *emptied = NULL;
	CLEANUP(keys_clear) struct keys keys = {0};
	CLEANUP(effects_clear) struct effects found = {0};
	bool beside_broken = keeps_broken_config(v);

	if (!v->facts->offline && docker_is_stopped(v->facts))
		return;
	find_keys(v, &keys);
	for (size_t i = 0; i < keys.keys.count; i++)
		if (add_setting(v, keys.keys.items[i], keys.controls.items[i], &found) < 0)
			strv_add(&unknown, keys.keys.items[i]);
	warn_unknown(v, &unknown);
	revert_drop_had(v, ret, &found);
	if (found.count == 0 || beside_broken)
		return;
	emptied = revert_emptied_fault(v, &found);
	if (emptied || !daemon_would_start(v)) {
		warn_stays(v, &found, emptied);
		return;
	}
	for (size_t i = 0; i < found.count; i++)
		effect_copy(array_append(&ret->items, &ret->count, sizeof(*ret->items)),
			    &found.items[i]);
}
