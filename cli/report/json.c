#include "cli/report/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/report/undo-sum.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/format/gap-json.h"
#include "engine/format/json-util.h"
#include "engine/format/secret.h"
#include "engine/plan/plan-json.h"

json_t *json_answer(const char *command)
{
	json_t *j = json_object();

	json_put(j, "format_version", json_string(OUTPUT_FORMAT_VERSION));
	json_put(j, "harden_version", json_string(HARDEN_VERSION));
	json_put(j, "command", json_string(command));
	return j;
}

static void hide_secrets(json_t *j, const char *key);

/* The string without its secrets, to stand in its place; NULL when it has none. */
static json_t *without_secrets(json_t *j, const char *key)
{
	const char *text = json_string_value(j);
	CLEANUP(freep) char *shown = secret_show(key, text);

	if (text && strcmp(shown, text) != 0)
		return json_string(shown);
	hide_secrets(j, key);
	return NULL;
}

/* What the object's values belong to: {"key": "splunk-token", "value": ...}; NULL: nothing named. */
static const char *owner_of(const json_t *object)
{
	static const char *const names[] = {"key", "subject"};
	const char *owner = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names) && !owner; i++)
		owner = json_string_value(json_object_get(object, names[i]));
	return owner;
}

/* Of the members that hold what a setting is, was, or shall be. */
static bool is_value(const char *member)
{
	static const char *const names[] = {"value", "before", "after", "applied",
					    "now",   "first",  "second"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(member, names[i]) == 0)
			return true;
	return false;
}

static void hide_secrets(json_t *j, const char *key)
{
	json_t *item, *shown;
	const char *member, *owner = owner_of(j);
	size_t i;
	void *next;

	json_array_foreach(j, i, item) if ((shown = without_secrets(item, key)))
		json_array_set_new(j, i, shown);
	json_object_foreach_safe(j, next, member, item)
	{
		shown = without_secrets(item, owner && is_value(member) ? owner : NULL);
		if (shown)
			json_object_set_new(j, member, shown);
	}
}

int json_write(json_t *answer)
{
	CLEANUP(buf_clear) struct buf text = {0};

	hide_secrets(answer, NULL);
	json_dump_to(answer, JSON_INDENT(2) | JSON_ENSURE_ASCII, &text);
	buf_putc(&text, '\n');
	json_decref(answer);
	return terminal_write_raw(&text);
}

int json_write_error(const char *command, const char *message, const struct strv *messages,
		     const struct error *failure, int code)
{
	json_t *answer = json_answer(command ? command : ""), *error = json_object();

	json_put(error, "message", json_text(message ? message : "the command failed"));
	json_put(error, "messages", json_text_list(messages));
	json_put(error, "path", json_text(failure->path));
	json_put(error, "control", json_text(failure->control));
	json_put(answer, "error", error);
	json_put(answer, "exit_code", json_integer(code));
	return json_write(answer);
}

json_t *json_plan(const struct plan *plan)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (plan_to_json(plan, true, &text, NULL) < 0)
		return json_null();
	return json_loadb(text.data, text.len, 0, NULL);
}

void json_put_undoing(json_t *answer, const struct plan *plan)
{
	CLEANUP(undo_sum_clear) struct undo_sum u = {0};

	undo_sum_of(plan, &u);
	json_put(answer, "not_undone", json_text_list(&u.lost));
	json_put(answer, "undone_exactly", json_text_list(&u.exactly));
	json_put(answer, "undone_not_exactly", json_text_list(&u.not_exactly));
}

json_t *json_summary(const struct plan_summary *sum)
{
	json_t *j = json_object();

	json_put(j, "add", json_integer((json_int_t)sum->add));
	json_put(j, "change", json_integer((json_int_t)sum->change));
	json_put(j, "remove", json_integer((json_int_t)sum->remove));
	json_put(j, "held_back", json_integer((json_int_t)sum->held));
	json_put(j, "refused", json_integer((json_int_t)sum->refused));
	json_put(j, "waived", json_integer((json_int_t)sum->waived));
	json_put(j, "by_hand", json_integer((json_int_t)sum->by_hand));
	json_put(j, "not_measured", json_integer((json_int_t)sum->not_measured));
	json_put(j, "pending", json_integer((json_int_t)sum->pending));
	json_put(j, "critical", json_integer((json_int_t)sum->critical));
	json_put(j, "reloads", json_integer((json_int_t)sum->reloads));
	json_put(j, "restarts", json_integer((json_int_t)sum->restarts));
	return j;
}

char *time_text(uint64_t usec)
{
	time_t seconds = (time_t)(usec / 1000000);
	char text[sizeof("-2147483648-01-01T00:00:00Z")];
	struct tm tm;

	/* 0: what says when it began cannot be read */
	if (!usec || !gmtime_r(&seconds, &tm) || strftime(text, sizeof(text), "%FT%TZ", &tm) == 0)
		return xstrdup("?");
	return xstrdup(text);
}

json_t *json_transaction(const struct transaction_summary *t, bool with_plan)
{
	CLEANUP(freep) char *started = time_text(t->started_usec);
	CLEANUP(freep) char *until = time_text(t->until_usec);
	bool waits = t->state == TRANSACTION_WAITING;
	json_t *j = json_object();

	json_put(j, "id", json_text(t->id));
	json_put(j, "state", json_string(transaction_state_to_string(t->state)));
	json_put(j, "kind", json_text(t->kind));
	json_put(j, "of", json_text(t->of));
	json_put(j, "only", json_text(t->only));
	json_put(j, "bisect", json_text(t->bisect));
	json_put(j, "rolled_back_by", json_text(t->rolled_back_by));
	json_put(j, "started", json_string(started));
	json_put(j, "by", actor_to_json(&t->by));
	json_put(j, "decided_by", actor_to_json(&t->decided_by));
	json_put(j, "note", json_text(t->note));
	json_put(j, "gap", gaps_to_json(&t->gaps));
	json_put(j, "waits_until", waits ? json_string(until) : json_null());
	json_put(j, "seconds_left",
		 waits ? json_integer((json_int_t)((t->left_usec + 999999) / 1000000))
		       : json_null());
	if (with_plan)
		json_put(j, "plan", json_plan(&t->plan));
	return j;
}

static json_t *facets_to_json(const struct facets *f)
{
	json_t *j = json_object();

	json_put(j, "description", json_text(f->description));
	json_put(j, "rationale", json_text(f->rationale));
	json_put(j, "audit", json_text(f->audit));
	json_put(j, "result", json_text(f->result));
	json_put(j, "remediation", json_text(f->remediation));
	json_put(j, "impact", json_text(f->impact));
	json_put(j, "default", json_text(f->default_value));
	json_put(j, "references", json_text(f->references));
	return j;
}

json_t *json_control(const struct control *c)
{
	json_t *j = json_object(), *resources = json_array();

	json_put(j, "id", json_text(c->id));
	json_put(j, "title", json_text(c->title));
	json_put(j, "level", json_integer(c->level));
	json_put(j, "severity", json_string(severity_to_string(c->severity)));
	json_put(j, "class", json_string(control_class_to_string(c->class)));
	json_put(j, "apply", json_string(control_apply_to_string(c->apply)));
	json_put(j, "hold", json_text(c->hold));
	json_put(j, "per_minute", c->per_minute > 0 ? json_integer(c->per_minute) : json_null());
	json_put(j, "aliases", json_text_list(&c->aliases));
	json_put(j, "facets", facets_to_json(&c->facets));
	for (size_t i = 0; i < c->nresources; i++)
		json_array_append_new(resources, json_text(c->resources[i].address));
	json_put(j, "resources", resources);
	return j;
}
