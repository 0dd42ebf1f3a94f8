#include "tests/cases/bench.h"

#include <stdlib.h>

#include "engine/base/alloc.h"

int bench_open(struct bench *b, const struct test_case *c, struct error *err)
{
	CLEANUP(freep) char *facts = case_file(c, "facts.yaml");
	int r = sandbox_make(&b->sandbox, c->directory, err);

	return r == 0 ? world_open(&b->world, facts, &b->sandbox.root, err) : r;
}

void bench_close(struct bench *b)
{
	plan_clear(&b->plan);
	state_close(&b->state);
	world_close(&b->world);
	sandbox_remove(&b->sandbox);
}

int bench_open_state(struct bench *b, struct error *err)
{
	int r = state_open(&b->state, &b->sandbox.root, true, err);

	return r == 0 ? state_lock(&b->state, 0, err) : r;
}

int bench_run(struct bench *b, struct plan *plan, const char *kind, const char *of,
	      struct error *err)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	const struct transaction_request request = {
		.state = &b->state,
		.root = &b->sandbox.root,
		.facts = &b->world.facts,
		.plan = plan,
		.effector = &b->world.effector,
		.kind = kind,
		.of = of,
	};

	b->world.plan = plan;
	return transaction_run(&request, &result, err);
}
