/* Units that run and go down with a handler: noted before it, so that who comes after a crash knows them. */

#include <errno.h>
#include <jansson.h>

#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "rollback/executor-impl.h"
#include "rollback/transaction-directory.h"

static int note(struct executor *x, enum record_type type, size_t k, enum handler handler,
		const struct strv *up, struct error *err)
{
	CLEANUP(json_decrefp) json_t *j = json_object();
	CLEANUP(buf_clear) struct buf text = {0};

	json_put(j, "stage", json_integer((json_int_t)k));
	json_put(j, "handler", json_string(handler_to_string(handler)));
	if (up && up->count) {
		CLEANUP(freep) char *boot_id = current_boot_id();

		json_put(j, "up", json_text_list(up));
		if (boot_id)
			json_put(j, "boot_id", json_text(boot_id));
	}
	json_dump_to(j, JSON_COMPACT, &text);
	return journal_note(&x->journal, type, buf_str(&text), err);
}

static int ask(struct executor *x, size_t k, enum handler handler, bool down, struct strv *ret,
	       struct error *err)
{
	const struct effector_ops *ops = x->effector->ops;
	CLEANUP(effects_clear) struct effects effects = {0};
	struct error why = {0};
	int r;

	if (!ops->takes_along)
		return 0;
	effects_towards(&x->mover.plan->stages[k], handler, down, &effects);
	r = ops->takes_along(x->effector, handler, &effects, ret, &why);
	if (r == -ENOENT) { /* no systemd has any */
		error_clear(&why);
		return 0;
	}
	error_move(err, &why);
	return r;
}

int executor_begin(struct executor *x, size_t k, enum handler handler, bool down, struct error *err)
{
	CLEANUP(strv_clear) struct strv up = {0};
	int r = ask(x, k, handler, down, &up, err);

	if (r >= 0 && (!down || up.count))
		r = note(x, RECORD_EFFECT_BEGIN, k, handler, &up, err);
	if (r >= 0 && !down)
		x->begun[k] |= HANDLER_BIT(handler);
	return r;
}

int executor_end(struct executor *x, size_t k, enum handler handler, struct error *err)
{
	return note(x, RECORD_EFFECT_END, k, handler, NULL, err);
}

/* Whether the handler of that record ended well: then all that it took down runs again. */
static bool has_ended(const struct records *records, size_t begin, const json_t *what)
{
	bool ended = false;

	for (size_t i = begin + 1; i < records->count && !ended; i++) {
		CLEANUP(json_decrefp) json_t *j = NULL;

		if (records->items[i].type != RECORD_EFFECT_END)
			continue;
		j = json_loads(records->items[i].payload, 0, NULL);
		ended = json_equal(json_object_get(j, "stage"), json_object_get(what, "stage")) &&
			json_equal(json_object_get(j, "handler"), json_object_get(what, "handler"));
	}
	return ended;
}

/* What ran in another boot went down with that; those that do not say which are of the run's own. */
static bool is_of_boot(const struct executor *x, const json_t *begin, const char *boot_id)
{
	const char *of = json_string_value(json_object_get(begin, "boot_id"));

	return of ? strcmp_null(of, boot_id) == 0 : !x->mover.other_boot;
}

void executor_tell_ran(struct executor *x, const struct records *records)
{
	CLEANUP(freep) char *boot_id = current_boot_id();
	CLEANUP(strv_clear) struct strv ran = {0};

	for (size_t i = 0; i < records->count; i++) {
		CLEANUP(json_decrefp) json_t *j = NULL;

		if (records->items[i].type != RECORD_EFFECT_BEGIN)
			continue;
		j = json_loads(records->items[i].payload, 0, NULL);
		if (is_of_boot(x, j, boot_id) && !has_ended(records, i, j))
			json_take_strings(json_object_get(j, "up"), &ran);
	}
	if (x->effector->ops->ran_before)
		x->effector->ops->ran_before(x->effector, &ran);
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
