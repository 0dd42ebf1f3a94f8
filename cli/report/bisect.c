#include "cli/report/bisect.h"

#include "cli/bisect/search.h"
#include "cli/report/summary.h"
#include "cli/reselect.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/format/json-util.h"

#define COLUMN 10

void bisect_most(const struct plan *plan, size_t *ret_tries, size_t *ret_restarts)
{
	size_t planned = 0;

	for (size_t i = 0; i < plan->nfindings; i++)
		planned += plan->findings[i].state == FINDING_PLANNED;
	*ret_tries = search_most(planned);
	/* there and back, each */
	*ret_restarts = *ret_tries ? plan_summarize(plan).restarts * 2 * (*ret_tries + 1) : 0;
}

static bool is_told(const struct options *o)
{
	return o->format == FORMAT_TEXT && !o->quiet;
}

/* "12 tries, and 26 restarts of dockerd in all" */
static char *most_text(size_t tries, size_t restarts)
{
	return restarts
		       ? xasprintf("%zu tries, and %zu restarts of dockerd in all", tries, restarts)
		       : xasprintf("%zu tries, without a restart of dockerd", tries);
}

void bisect_announce(const struct context *c)
{
	CLEANUP(freep) char *most = NULL, *stops = NULL, *line = NULL;
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(c->o);
	size_t tries, restarts;

	bisect_most(&c->plan, &tries, &restarts);
	if (!is_told(c->o) || tries == 0)
		return;
	most = most_text(tries, restarts);
	stops = c->plan.stopped.count ? stopped_verb(&c->plan.stopped) : NULL;
	line = xasprintf("where the host is not well with it, it is put back, and parts of it are "
			 "tried for the cause, each put back as well: at most %s%s%s. What does no "
			 "harm is kept",
			 most, stops ? ", of which each " : "", stops ? stops : "");
	buf_puts(&b, "Bisect    ");
	wrap_text(&b, &s, COLUMN, line);
	terminal_write(&b);
}

void bisect_tell_failed(const struct execution *x)
{
	const struct bisect *found = x->found;
	CLEANUP(freep) char *most = most_text(found->most_tries, found->most_restarts);
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(x->c->o);

	if (!is_told(x->c->o))
		return;
	buf_puts(&b, "Not well: ");
	wrap_text(&b, &s, COLUMN, found->failure ? found->failure : "for an unknown reason");
	if (found->most_tries && !x->failed_trial)
		buf_printf(&b, "Put back. Parts of it are tried for the cause: at most %s.\n",
			   most);
	else if (found->most_tries)
		buf_printf(&b, "Nothing was changed. Dockerd is asked about parts of it.\n");
	terminal_write(&b);
}

void bisect_tell_try(const struct options *o, const struct bisect *found)
{
	static const char *const words[] = {[BISECT_WELL] = "well",
					    [BISECT_BROKEN] = "not well",
					    [BISECT_UNTOLD] = "not known"};
	const struct bisect_try *t = &found->tries[found->ntries - 1];
	CLEANUP(freep) char *controls = strv_join(&t->controls, ", "), *line = NULL;
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(o);

	if (!is_told(o))
		return;
	line = xasprintf("%zu of %zu controls: %s (%s)%s%s", t->controls.count, found->controls,
			 words[t->result], controls, t->failure ? ": " : "",
			 t->failure ? t->failure : "");
	buf_printf(&b, "  try %zu: ", found->ntries);
	wrap_text(&b, &s, 4, line);
	terminal_write(&b);
}

/* "a", "a and b", "a, b and c" */
static char *list_text(const struct strv *items, const char *last)
{
	CLEANUP(strv_clear) struct strv but_last = {0};
	CLEANUP(freep) char *list = NULL;

	if (items->count < 2)
		return xstrdup(items->count ? items->items[0] : "");
	for (size_t i = 0; i + 1 < items->count; i++)
		strv_add(&but_last, items->items[i]);
	list = strv_join(&but_last, ", ");
	return xasprintf("%s %s %s", list, last, items->items[items->count - 1]);
}

static void put_culprit(struct buf *b, const struct style *s, const struct bisect_culprit *c)
{
	CLEANUP(freep) char *controls = list_text(&c->controls, c->exact ? "and" : "or");
	CLEANUP(freep) char *line = NULL;

	buf_puts(b, "Because of: ");
	ink_text(b, s, INK_HEAD, controls);
	buf_puts(b, !c->exact ? ", one or more of them: there were no tries left to tell which\n"
		    : c->controls.count > 1 ? ", only together\n"
					    : "\n");
	if (!c->failure)
		return;
	line = xasprintf("with %s: %s", c->controls.count > 1 ? "them" : "it", c->failure);
	buf_puts(b, "  . ");
	wrap_text(b, s, 4, line);
}

static void put_command(struct buf *b, const struct style *s, const char *what, const char *command,
			const char *rest)
{
	buf_puts(b, what);
	ink_text(b, s, INK_PLAIN, command);
	buf_putc(b, ' ');
	ink_text(b, s, INK_PLAIN, rest);
	buf_putc(b, '\n');
}

static void put_next(struct buf *b, const struct style *s, const struct execution *x)
{
	const struct bisect *found = x->found;
	CLEANUP(freep) char *apply = options_command(x->c->o, "apply");
	CLEANUP(freep) char *skip = reselect_without(x->c, &found->out);

	if (found->out.count == 0)
		return;
	if (found->kept_any || found->end == BISECT_FOUND)
		put_command(b, s, "What it is, and what it takes: ", "harden explain",
			    found->out.items[0]);
	put_command(b, s,
		    found->kept_any              ? "Leave it out for good: a waiver, or "
		    : found->end == BISECT_FOUND ? "Leave it out: "
						 : "Try the rest: ",
		    apply, skip);
}

/* How it ended where no more is known, or where that is not all. */
static void put_end(struct buf *b, const struct style *s, const struct bisect *found, bool is_open)
{
	CLEANUP(freep) char *line = NULL;

	if (found->end == BISECT_NOT_THE_CHANGE)
		line = xasprintf("Not the change: %s. Nothing of it is kept; see to the host first",
				 found->why ? found->why : "?");
	else if (found->end == BISECT_LIMIT)
		line = xstrdup("There were no tries left to keep the rest: nothing of it is kept");
	else if (found->end == BISECT_STOPPED)
		line = xasprintf(
			"The search for the cause was ended%s%s; %snothing goes on by itself",
			found->why ? ": " : "", found->why ? found->why : "",
			is_open ? "" : "nothing of it is kept, and ");
	if (line)
		wrap_text(b, s, 0, line);
}

void bisect_put(struct buf *b, const struct style *s, const struct execution *x)
{
	const struct bisect *found = x->found;
	CLEANUP(freep) char *out = list_text(&found->out, "and");

	for (size_t i = 0; i < found->nculprits; i++)
		put_culprit(b, s, &found->culprits[i]);
	if (found->kept_any) {
		buf_printf(b, "Left out: ");
		wrap_text(b, s, COLUMN, out);
		buf_printf(b, "%s: %zu of %zu controls.\n",
			   x->result.state == TRANSACTION_WAITING ? "Waits to be confirmed"
								  : "In force",
			   found->kept.count, found->controls);
	}
	put_end(b, s, found,
		x->result.state == TRANSACTION_STUCK || x->result.state == TRANSACTION_IN_DOUBT);
	put_next(b, s, x);
}

char *bisect_text(const struct bisect *found)
{
	CLEANUP(freep) char *out = list_text(&found->out, "and");

	return xasprintf("not all was applied; left out: %s", out);
}

static json_t *culprits_to_json(const struct bisect *found)
{
	json_t *all = json_array();

	for (size_t i = 0; i < found->nculprits; i++) {
		const struct bisect_culprit *c = &found->culprits[i];
		json_t *j = json_object();

		json_put(j, "controls", json_text_list(&c->controls));
		json_put(j, "exact", json_boolean(c->exact));
		json_put(j, "left_out", json_text_list(&c->out));
		json_put(j, "failure", json_text(c->failure));
		json_array_append_new(all, j);
	}
	return all;
}

static json_t *tries_to_json(const struct bisect *found)
{
	json_t *all = json_array();

	for (size_t i = 0; i < found->ntries; i++) {
		const struct bisect_try *t = &found->tries[i];
		json_t *j = json_object();

		json_put(j, "id", json_text(t->id));
		json_put(j, "controls", json_text_list(&t->controls));
		json_put(j, "result", json_string(bisect_result_to_string(t->result)));
		json_put(j, "failure", json_text(t->failure));
		json_array_append_new(all, j);
	}
	return all;
}

json_t *bisect_to_json(const struct bisect *found)
{
	json_t *j;

	if (!found)
		return json_null();
	j = json_object();
	json_put(j, "of", json_text(found->of));
	json_put(j, "failure", json_text(found->failure));
	json_put(j, "end", json_string(bisect_end_to_string(found->end)));
	json_put(j, "why", json_text(found->why));
	json_put(j, "culprits", culprits_to_json(found));
	json_put(j, "left_out", json_text_list(&found->out));
	json_put(j, "kept", json_text_list(&found->kept));
	json_put(j, "tries", tries_to_json(found));
	json_put(j, "most_tries", json_integer((json_int_t)found->most_tries));
	json_put(j, "most_restarts", json_integer((json_int_t)found->most_restarts));
	return j;
}
