#include "tests/crash/seek.h"

#include <stdlib.h>
#include <string.h>

#include "cli/bisect/bisect.h"
#include "cli/bisect/record.h"
#include "cli/effector.h"
#include "cli/execute.h"
#include "cli/verify.h"
#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/facts/gather.h"

static const struct seek *seeking; /* NULL: this run seeks nothing */
static struct effector_ops ops;

/* --wrap=X: calls of X from other files come to __wrap_X, and the real one is __real_X. */
#define WRAPPED(type, name, ...)                                                                   \
	type __real_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__)

WRAPPED(int, facts_gather, struct facts *ret, const struct root *root, const char *witness_file,
	unsigned parts, struct error *err)
{
	int r;

	if (!seeking)
		return __real_facts_gather(ret, root, witness_file, parts, err);
	ret->root = true;
	r = scene_facts(seeking->scene, seeking->stub->world, ret);
	return r < 0 ? error_errno(err, r, "cannot ask '%s'", seeking->stub->world) : 0;
}

WRAPPED(int, plan_compute, const struct plan_request *request, struct plan *ret, struct error *err)
{
	if (!seeking)
		return __real_plan_compute(request, ret, err);
	return scene_plan_of(seeking->scene, request->root, request->facts, request->only, ret,
			     err);
}

WRAPPED(int, effector_open, struct context *c, struct effector **ret)
{
	struct stub *stub = xcalloc(1, sizeof(*stub));

	*stub = *seeking->stub;
	stub->base = (struct effector){.ops = &ops};
	*ret = &stub->base;
	return CODE_OK;
}

/* The scene's plan wants the same whatever there is. */
WRAPPED(int, verify_apply, struct execution *x, struct error *err)
{
	return 0;
}

/* No undo of a try that went well, for who is broken on purpose. */
WRAPPED(int, execution_transact, struct execution *x)
{
	if (seeking->mutant == MUTANT_KEEPS_TRIES && x->tries == TRIES_HOST)
		x->tries = TRIES_KEEP;
	return __real_execution_transact(x);
}

static void free_stub(struct effector *e)
{
	free(e);
}

static bool named_well(const struct bisect *found)
{
	CLEANUP(freep) char *names = NULL;

	if (found->nculprits != 1 || !found->culprits[0].exact)
		return false;
	names = strv_join(&found->culprits[0].controls, ", ");
	return strcmp(names, scene_culprits(seeking->scene)) == 0;
}

/* What a script is told, and what is in the report, hold together. */
static int code_of(const struct execution *x, int code)
{
	if (code == CODE_OK)
		return SEEK_AS_PLANNED;
	if (code != CODE_DIFFERENCES && code != CODE_WAITING)
		return code;
	if (!x->found || !x->found->kept_any)
		return SEEK_NOT_KEPT;
	return named_well(x->found) ? CODE_OK : SEEK_OTHERS;
}

static void say(const char *what, const char *text)
{
	CLEANUP(freep) char *line = text ? xasprintf("%s%s\n", what, text) : NULL;

	if (line)
		(void)fd_write_all(seeking->message_fd, line, strlen(line));
}

/* What the report of such a run tells of failures (cli/report/bisect.c, outcome.c). */
static void tell(const struct execution *x)
{
	const struct bisect *found = x->found;

	say("", x->result.failure);
	for (size_t i = 0; i < x->result.left.count; i++)
		say("needs hands: ", x->result.left.items[i]);
	if (!found)
		return;
	say("failed: ", found->failure);
	for (size_t i = 0; i < found->ntries; i++)
		say("a try: ", found->tries[i].failure);
	say("ended: ", found->why);
	for (size_t i = 0; i < found->nculprits; i++) {
		CLEANUP(freep) char *names = strv_join(&found->culprits[i].controls, ", ");

		say("left out: ", names);
		say("... ", found->culprits[i].failure);
	}
}

int seek_apply(const struct seek *s, struct root *root, struct state *state)
{
	const struct options o = {.yes = true,
				  .bisect = true,
				  .format = FORMAT_JSON,
				  .no_wait = true,
				  .confirm_ms = s->confirm_ms};
	struct context c = CONTEXT_INIT;
	struct execution x = {.c = &c, .kind = "apply"};
	int code;

	seeking = s;
	ops = *s->stub->base.ops;
	ops.free = free_stub;
	context_init(&c, &o);
	c.root = *root;
	c.state = *state;
	code = effector_open(&c, &x.effector);
	if (code == CODE_OK)
		code = context_facts(&c);
	if (code == CODE_OK)
		code = context_plan(&c);
	if (code == CODE_OK)
		code = execution_transact(&x);
	if (code != CODE_OK)
		code = bisect_after(&x, code);
	tell(&x);
	code = code_of(&x, code);
	execution_clear(&x);
	*root = c.root; /* the caller's, as they are by now */
	*state = c.state;
	c.root = (struct root){.fd = -1};
	c.state = (struct state)STATE_INIT;
	context_clear(&c);
	seeking = NULL;
	return code;
}
