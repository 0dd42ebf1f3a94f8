#include "cli/select.h"

#include <fnmatch.h>
#include <string.h>

#include "cli/message.h"
#include "engine/base/alloc.h"
#include "engine/baseline/nearest.h"
#include "engine/baseline/several.h"

static bool control_matches(const struct control *control, const char *glob)
{
	return fnmatch(glob, control->id, 0) == 0 || strv_has_match(&control->aliases, glob);
}

/* Adds the ids of all controls that the id, alias or glob means. */
static void resolve_name(const struct context *c, const char *glob, struct strv *ids)
{
	const struct control *one = context_control(c, glob);

	if (one) {
		strv_add_once(ids, one->id);
		return;
	}
	for (size_t i = 0; i < c->nbaselines; i++)
		for (size_t k = 0; k < c->baselines[i].ncontrols; k++)
			if (control_matches(&c->baselines[i].controls[k], glob))
				strv_add_once(ids, c->baselines[i].controls[k].id);
}

/* A glob, or a part of names between their dots: "icc" of "daemon.icc". */
static bool is_part(const char *id, const char *name)
{
	CLEANUP(freep) char *tail = xasprintf("*.%s", name), *middle = xasprintf("*.%s.*", name);

	return fnmatch(name, id, 0) == 0 || fnmatch(tail, id, 0) == 0 ||
	       fnmatch(middle, id, 0) == 0;
}

#define PARTS_SHOWN 6

/* "; there are daemon.icc and ..."; NULL: no control's name has it so. The caller frees it. */
static char *parts_hint(const struct context *c, const char *name)
{
	CLEANUP(strv_clear) struct strv some = {0};
	CLEANUP(freep) char *list = NULL;
	size_t count = 0;

	for (size_t i = 0; i < c->nbaselines; i++)
		for (size_t k = 0; k < c->baselines[i].ncontrols; k++)
			if (is_part(c->baselines[i].controls[k].id, name) && count++ < PARTS_SHOWN)
				strv_add_once(&some, c->baselines[i].controls[k].id);
	if (count == 0)
		return NULL;
	list = strv_join(&some, "', '");
	return xasprintf("; did you mean '%s'%s?", list,
			 count > PARTS_SHOWN ? ", ... ('harden list' shows all)" : "");
}

int no_such_control(const struct context *c, const char *option, const char *name)
{
	CLEANUP(strv_clear) struct strv owners = {0};
	CLEANUP(freep) char *all = NULL, *hint = NULL;
	CLEANUP(freep)
	char *what = option ? xasprintf("%s '%s'", option, name) : xasprintf("'%s'", name);
	struct nearest near = {.given = name};

	several_find_owners(c->baselines, c->nbaselines, name, &owners);
	all = strv_join(&owners, ", ");
	several_offer(c->baselines, c->nbaselines, &near);
	hint = parts_hint(c, name) ?: nearest_hint(&near, "'harden list' shows them");
	if (owners.count)
		message("%s is a number of several controls, give one of their names: %s", what,
			all);
	else
		message("%s names no control%s", what, hint);
	return CODE_USAGE;
}

/* Something of what --only names must be of the level: the level is never raised on the quiet. */
static int check_level(const struct context *c, const char *name, const struct strv *ids)
{
	const struct selection s = context_selection(c);
	CLEANUP(strv_clear) struct strv acks = {0};
	CLEANUP(freep) char *all = NULL;
	int level = 0;

	for (size_t i = 0; i < ids->count; i++) {
		const struct control *control = context_control(c, ids->items[i]);

		if (selection_admits(&s, control))
			return CODE_OK;
		if (control->level > level)
			level = control->level;
		strv_addf(&acks, "--ack %s", control->id);
	}
	all = strv_join(&acks, " ");
	if (c->o->accepted & OPTION_BIT(OPT_ACK))
		message("--only '%s' is of level %d, and controls up to level %d are taken; "
			"'--level %d' or '%s' takes it",
			name, level, c->level, level, all);
	else
		message("--only '%s' is of level %d, and controls up to level %d are taken; "
			"'--level %d' takes it",
			name, level, c->level, level);
	return CODE_USAGE;
}

static int resolve_only(struct context *c)
{
	int code = CODE_OK;

	for (size_t i = 0; i < c->o->only.count && code == CODE_OK; i++) {
		const char *name = c->o->only.items[i];
		CLEANUP(strv_clear) struct strv ids = {0};

		resolve_name(c, name, &ids);
		if (ids.count == 0)
			return no_such_control(c, "--only", name);
		code = check_level(c, name, &ids);
		for (size_t k = 0; k < ids.count; k++)
			strv_add_once(&c->only, ids.items[k]);
	}
	return code;
}

static int resolve_skip(struct context *c)
{
	for (size_t i = 0; i < c->o->skip.count; i++) {
		const char *name = c->o->skip.items[i];
		CLEANUP(strv_clear) struct strv ids = {0};

		resolve_name(c, name, &ids);
		if (ids.count == 0)
			return no_such_control(c, "--skip", name);
		for (size_t k = 0; k < ids.count; k++)
			strv_add_once(&c->skip, ids.items[k]);
	}
	return CODE_OK;
}

/* A glob must not acknowledge what nobody has looked at. */
static int resolve_acks(struct context *c)
{
	for (size_t i = 0; i < c->o->ack.count; i++) {
		const struct control *control = context_control(c, c->o->ack.items[i]);

		if (!control)
			return no_such_control(c, "--ack", c->o->ack.items[i]);
		strv_add_once(&c->ack, control->id);
	}
	return CODE_OK;
}

/* Consent to what is left out is no mistake, but whoever gave it must not take it for done. */
static void tell_left_out(const struct context *c)
{
	const struct selection s = context_selection(c);

	for (size_t i = 0; i < c->ack.count; i++)
		if (!selection_takes(&s, context_control(c, c->ack.items[i])))
			remark("--ack '%s' changes nothing: %s leaves it out", c->ack.items[i],
			       strv_contains(&c->skip, c->ack.items[i]) ? "--skip" : "--only");
}

/* "0 fail" of no control at all would be taken for a good answer. */
static int check_some_left(const struct context *c)
{
	const struct selection s = context_selection(c);
	const struct {
		const char *name;
		const struct strv *list;
	} names[] = {{"--only", &c->o->only}, {"--skip", &c->o->skip}};
	CLEANUP(strv_clear) struct strv given = {0};
	CLEANUP(freep) char *all = NULL;
	size_t count = 0;

	for (size_t i = 0; i < c->nbaselines; i++)
		for (size_t k = 0; k < c->baselines[i].ncontrols; k++, count++)
			if (selection_takes(&s, &c->baselines[i].controls[k]))
				return CODE_OK;
	if (count == 0) {
		remark("nothing is looked at: the baseline has no controls");
		return CODE_OK;
	}
	if (c->o->given[OPT_LEVEL])
		strv_addf(&given, "--level %d", c->level);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].list->count)
			strv_add(&given, names[i].name);
	if (given.count == 0) /* what is taken unless somebody says otherwise */
		strv_addf(&given, "--level %d", c->level);
	all = strv_join(&given, " and ");
	message("nothing would be looked at: %s %s none of %zu controls; 'harden list' shows them",
		all, given.count == 1 ? "leaves" : "leave", count);
	return CODE_USAGE;
}

/* Consent first: it lets --only name what is of a higher level. */
int select_controls(struct context *c)
{
	int code = resolve_acks(c);

	if (code == CODE_OK)
		code = resolve_skip(c);
	if (code == CODE_OK)
		code = resolve_only(c);
	if (code == CODE_OK)
		tell_left_out(c);
	return code == CODE_OK ? check_some_left(c) : code;
}
