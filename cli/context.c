#include "cli/context.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/outlet.h"
#include "engine/base/alloc.h"
#include "engine/baseline/several.h"
#include "engine/facts/gather.h"
#include "engine/host/read/elsewhere.h"
#include "engine/plan/preflight.h"
#include "rollback/left-roots.h"

void context_init(struct context *c, const struct options *o)
{
	c->o = o;
	c->level = o->level;
}

void context_clear(struct context *c)
{
	waivers_clear(&c->waivers);
	plan_clear(&c->plan);
	volumes_clear(&c->observed);
	facts_clear(&c->facts);
	for (size_t i = 0; i < c->nbaselines; i++)
		baseline_clear(&c->baselines[i]);
	free(c->baselines);
	free(c->list);
	strv_clear(&c->only);
	strv_clear(&c->skip);
	strv_clear(&c->ack);
	state_close(&c->state);
	root_close(&c->root);
}

int context_root(struct context *c)
{
	CLEANUP(error_clear) struct error err = {0};

	if (root_open(&c->root, c->o->root ? c->o->root : "/", &err) < 0)
		return fail(CODE_ERROR, &err);
	return CODE_OK;
}

int context_writable_root(struct context *c)
{
	int code = CODE_OK;

	if (geteuid() != 0 && !c->o->root) {
		message("'%s' needs root", c->o->command);
		return CODE_NEEDS_ROOT;
	}
	code = context_root(c);
	if (code == CODE_OK && geteuid() != 0 && faccessat(AT_FDCWD, c->o->root, W_OK, 0) < 0) {
		message("'%s' needs root: cannot write '%s': %s", c->o->command, c->o->root,
			error_reason(errno));
		return CODE_NEEDS_ROOT;
	}
	return code;
}

int context_in_place(const struct context *c)
{
	const struct elsewhere *e = elsewhere();
	const char *why = e->processes ? e->processes : e->files ? e->files : e->network;

	if (c->root.offline || !why)
		return CODE_OK;
	message("refused: %s: what is done here would not be done to the host; run it in the "
		"host's namespaces%s",
		why, e->processes ? "" : " (nsenter --target 1 --all)");
	return CODE_REFUSED;
}

/* Looking is no harm, and what it finds is another's. */
static void warn_elsewhere(const struct context *c)
{
	const struct elsewhere *e = elsewhere();
	const char *const all[] = {e->processes, e->files, e->network};

	for (size_t i = 0; i < ARRAY_SIZE(all) && !c->root.offline; i++)
		if (all[i])
			remark("warning: %s: what is told of it may not be the host's", all[i]);
}

const struct control *context_control(const struct context *c, const char *name)
{
	return several_find(c->baselines, c->nbaselines, name, NULL);
}

char *context_baseline_names(const struct context *c)
{
	struct strv names = {0};
	char *text;

	for (size_t i = 0; i < c->nbaselines; i++)
		strv_addf(&names, "%s %s", c->baselines[i].name, c->baselines[i].version);
	text = strv_join(&names, " + ");
	strv_clear(&names);
	return text;
}

struct selection context_selection(const struct context *c)
{
	return (struct selection){c->level, &c->only, &c->skip, &c->ack};
}

struct plan_request context_request(const struct context *c, const struct facts *facts)
{
	return (struct plan_request){
		.baselines = c->list,
		.nbaselines = c->nbaselines,
		.facts = facts,
		.root = &c->root,
		.level = c->level,
		.only = c->only.count ? &c->only : NULL,
		.skip = c->skip.count ? &c->skip : NULL,
		.ack = c->ack.count ? &c->ack : NULL,
		.waivers = &c->waivers,
		.today = c->today,
		.observed = c->observed.ms > 0 ? &c->observed : NULL,
		.check = c->check,
	};
}

int context_facts(struct context *c)
{
	const struct plan_request request = context_request(c, &c->facts);

	return context_facts_of(c, plan_needs(&request));
}

const char *context_witness(const struct context *c)
{
	CLEANUP(state_close) struct state state = STATE_INIT;

	return state_open(&state, &c->root, false, NULL) >= 0 && state.fd >= 0 ? STATE_DIR
		       "/" STATE_WITNESS
									       : NULL;
}

static int gather(struct context *c, unsigned parts)
{
	CLEANUP(error_clear) struct error err = {0};
	bool silent = c->facts.docker.silent;

	facts_clear(&c->facts);
	c->facts.docker.silent = silent;
	if (facts_gather(&c->facts, &c->root, context_witness(c), parts, &err) < 0)
		return fail(CODE_ERROR, &err);
	return CODE_OK;
}

int context_facts_again(struct context *c)
{
	const struct plan_request request = context_request(c, &c->facts);

	return gather(c, plan_needs(&request));
}

int context_facts_of(struct context *c, unsigned parts)
{
	int code = gather(c, parts);

	if (code != CODE_OK)
		return code;
	if (!c->facts.root && !c->facts.offline)
		message("not running as root: what could not be read counts as not measured");
	warn_elsewhere(c);
	return CODE_OK;
}

int context_plan(struct context *c)
{
	CLEANUP(error_clear) struct error err = {0};
	struct plan_request request = context_request(c, &c->facts);

	plan_clear(&c->plan);
	if (plan_compute(&request, &c->plan, &err) < 0)
		return fail(CODE_ERROR, &err);
	left_roots_expect(&c->root, &c->facts, &c->plan);
	return CODE_OK;
}

int context_state(struct context *c)
{
	CLEANUP(error_clear) struct error err = {0};

	int r = state_open(&c->state, &c->root, false, &err);

	if (r == 0)
		return CODE_OK;
	return fail((r == -EACCES || r == -EPERM) && geteuid() != 0 ? CODE_NEEDS_ROOT : CODE_ERROR,
		    &err);
}

int context_locked(int r, struct error *err)
{
	if (r == 0)
		return CODE_OK;
	if (r == -ENOSPC || r == -EDQUOT)
		return fail(CODE_REFUSED, err);
	return fail(r == -EWOULDBLOCK ? CODE_LOCKED : CODE_ERROR, err);
}

int context_lock(struct context *c)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = state_open(&c->state, &c->root, true, &err);

	outlet_hold();
	if (r == 0)
		r = state_lock(&c->state, c->o->lock_timeout_ms, &err);
	return context_locked(r, &err);
}

int context_lock_again(struct context *c)
{
	CLEANUP(error_clear) struct error err = {0};

	return context_locked(state_lock(&c->state, c->o->lock_timeout_ms, &err), &err);
}
