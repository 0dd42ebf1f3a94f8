/*
 * Units that run and go down with a handler, and settings that the kernel writes along with it: noted before it,
 * so that who comes after a crash knows them.
 */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/format/json-util.h"
#include "rollback/executor-impl.h"
#include "rollback/transaction-directory.h"

/* What a handler takes along. */
struct along {
	struct strv up; /* units that run */
	uint64_t *
		since; /* likewise: when the last handler began that lists it, by CLOCK_MONOTONIC; 0: not known */
	size_t nsince;
	struct strv names, values; /* the kernel's settings */
};

static void along_clear(struct along *a)
{
	strv_clear(&a->up);
	free(a->since);
	strv_clear(&a->names);
	strv_clear(&a->values);
}

static bool is_any(const struct along *a)
{
	return a->up.count > 0 || a->names.count > 0;
}

static void put_along(json_t *j, const struct along *a)
{
	CLEANUP(freep) char *boot_id = current_boot_id();

	if (a->up.count)
		json_put(j, "up", json_text_list(&a->up));
	if (a->names.count) {
		json_t *settings = json_object();

		for (size_t i = 0; i < a->names.count; i++)
			json_put(settings, a->names.items[i], json_text(a->values.items[i]));
		json_put(j, "settings", settings);
	}
	if (!boot_id)
		return;
	json_put(j, "boot_id", json_text(boot_id));
	json_put(j, "mono_usec", json_integer((json_int_t)clock_usec(CLOCK_MONOTONIC)));
}

static json_t *record_of(size_t k, enum handler handler)
{
	json_t *j = json_object();

	json_put(j, "stage", json_integer((json_int_t)k));
	json_put(j, "handler", json_string(handler_to_string(handler)));
	return j;
}

static int note(struct executor *x, enum record_type type, const json_t *j, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};

	json_dump_to(j, JSON_COMPACT, &text);
	return journal_note(&x->journal, type, buf_str(&text), err);
}

static int ask(struct executor *x, size_t k, enum handler handler, bool down, struct along *ret,
	       struct error *err)
{
	const struct effector_ops *ops = x->effector->ops;
	CLEANUP(effects_clear) struct effects effects = {0};
	struct error why = {0};
	int r;

	effects_towards(&x->mover.plan->stages[k], handler, down, &effects);
	if (ops->writes_along)
		ops->writes_along(x->effector, handler, &effects, &ret->names, &ret->values);
	r = ops->takes_along ? ops->takes_along(x->effector, handler, &effects, &ret->up, &why) : 0;
	if (r == -ENOENT) { /* no systemd has any */
		error_clear(&why);
		return 0;
	}
	error_move(err, &why);
	return r;
}

int executor_begin(struct executor *x, size_t k, enum handler handler, bool down, struct error *err)
{
	CLEANUP(json_decrefp) json_t *j = record_of(k, handler);
	CLEANUP(along_clear) struct along along = {0};
	int r = ask(x, k, handler, down, &along, err);

	if (r >= 0 && is_any(&along))
		put_along(j, &along);
	if (r >= 0 && (!down || is_any(&along)))
		r = note(x, RECORD_EFFECT_BEGIN, j, err);
	if (r >= 0 && is_any(&along))
		x->open[k] |= HANDLER_BIT(handler);
	if (r >= 0 && !down)
		x->begun[k] |= HANDLER_BIT(handler);
	return r;
}

int executor_end(struct executor *x, size_t k, enum handler handler, struct error *err)
{
	CLEANUP(json_decrefp) json_t *j = record_of(k, handler);

	x->open[k] &= ~HANDLER_BIT(handler);
	return note(x, RECORD_EFFECT_END, j, err);
}

void executor_end_down(struct executor *x, size_t k, enum handler handler)
{
	CLEANUP(json_decrefp) json_t *j = record_of(k, handler);
	CLEANUP(along_clear) struct along along = {0};

	if (!(x->open[k] & HANDLER_BIT(handler)) || ask(x, k, handler, true, &along, NULL) < 0)
		return;
	x->open[k] &= ~HANDLER_BIT(handler);
	json_put(j, "up", json_text_list(&along.up));
	note(x, RECORD_EFFECT_END, j, NULL); /* a way back does not hang on it */
}

/* Whether the record says that the handler of that other one ended. */
static bool ends(const struct record *record, const json_t *begin, json_t **ret)
{
	if (record->type != RECORD_EFFECT_END)
		return false;
	*ret = json_loads(record->payload, 0, NULL);
	return json_equal(json_object_get(*ret, "stage"), json_object_get(begin, "stage")) &&
	       json_equal(json_object_get(*ret, "handler"), json_object_get(begin, "handler"));
}

/*
 * Whether the handler of that record ended well. On the way up all that it took down runs again then; on the way
 * back what that end says does (ret_back): what is down later of those was somebody's word.
 */
static bool has_ended(const struct records *records, size_t begin, const json_t *what,
		      struct strv *ret_back)
{
	bool ended = false, all = false;

	for (size_t i = begin + 1; i < records->count && !all; i++) {
		CLEANUP(json_decrefp) json_t *j = NULL;

		if (!ends(&records->items[i], what, &j))
			continue;
		ended = true;
		all = !json_object_get(j, "up");
		json_take_strings(json_object_get(j, "up"), ret_back);
	}
	if (all)
		json_take_strings(json_object_get(what, "up"), ret_back);
	return ended;
}

/* What ran in another boot went down with that; those that do not say which are of the run's own. */
static bool is_of_boot(const struct executor *x, const json_t *begin, const char *boot_id)
{
	const char *of = json_string_value(json_object_get(begin, "boot_id"));

	return of ? strcmp_null(of, boot_id) == 0 : !x->mover.other_boot;
}

/* What was there before the first of several that were broken off: the later ones found what that had made. */
static void take_settings(const json_t *begin, struct along *ret)
{
	json_t *settings = json_object_get(begin, "settings");
	const char *name;
	json_t *value;

	json_object_foreach(settings, name, value)
	{
		if (strv_contains(&ret->names, name) || !json_is_string(value))
			continue;
		strv_add(&ret->names, name);
		strv_add(&ret->values, json_string_value(value));
	}
}

static void mark_open(struct executor *x, const json_t *begin)
{
	json_int_t stage = json_integer_value(json_object_get(begin, "stage"));
	const char *name = json_string_value(json_object_get(begin, "handler"));
	int handler = name ? handler_from_string(name) : -1;

	if (stage >= 0 && (size_t)stage < x->mover.plan->nstages && handler >= 0 &&
	    json_object_get(begin, "boot_id"))
		x->open[stage] |= HANDLER_BIT(handler);
}

static void add_up(struct along *a, const char *unit, uint64_t since)
{
	for (size_t i = 0; i < a->up.count; i++)
		if (strcmp(a->up.items[i], unit) == 0) {
			a->since[i] = since;
			return;
		}
	strv_add(&a->up, unit);
	*(uint64_t *)array_append(&a->since, &a->nsince, sizeof(*a->since)) = since;
}

/* What of a handler that began is not as before yet. */
static void take_open(struct executor *x, const struct records *records, size_t i,
		      const json_t *begin, struct along *ret)
{
	CLEANUP(strv_clear) struct strv up = {0}, back = {0};
	bool ended = has_ended(records, i, begin, &back);
	json_int_t since = json_integer_value(json_object_get(begin, "mono_usec"));

	json_take_strings(json_object_get(begin, "up"), &up);
	for (size_t k = 0; k < up.count; k++)
		if (!strv_contains(&back, up.items[k]))
			add_up(ret, up.items[k], since > 0 ? (uint64_t)since : 0);
	if (ended)
		return;
	mark_open(x, begin);
	take_settings(begin, ret);
}

void executor_tell_ran(struct executor *x, const struct records *records)
{
	const struct effector_ops *ops = x->effector->ops;
	CLEANUP(freep) char *boot_id = current_boot_id();
	CLEANUP(along_clear) struct along ran = {0};

	for (size_t i = 0; i < records->count; i++) {
		CLEANUP(json_decrefp) json_t *j = NULL;

		if (records->items[i].type != RECORD_EFFECT_BEGIN)
			continue;
		j = json_loads(records->items[i].payload, 0, NULL);
		if (is_of_boot(x, j, boot_id))
			take_open(x, records, i, j, &ran);
	}
	if (ops->ran_before)
		ops->ran_before(x->effector, &ran.up, ran.since);
	if (ops->wrote_along)
		ops->wrote_along(x->effector, &ran.names, &ran.values);
}

void executor_start_again(struct executor *x, struct strv *ret_left)
{
	const struct effector_ops *ops = x->effector->ops;
	struct starts *s = &x->effector->starts;
	struct error why = {0};

	/* where something is left already, whoever comes next is told of them by the journal, too */
	if (ret_left->count > 0 || !ops->start_again)
		return;
	s->failed = false;
	if (ops->start_again(x->effector, &why) < 0)
		strv_add(ret_left, error_text(&why));
	x->mover.met_foreign |= s->failed;
	error_clear(&why);
}
