#pragma once

/* A host in a sandbox with what runs on it, harden's state directory and the plan for it. */

#include "rollback/transaction.h"
#include "tests/cases/case.h"
#include "tests/cases/facts-yaml.h"
#include "tests/cases/sandbox.h"
#include "tests/cases/world.h"

struct bench {
	struct sandbox sandbox;
	struct world world;
	struct state state;
	struct plan plan;
};

#define BENCH_INIT                                                                                 \
	{                                                                                          \
		.sandbox = SANDBOX_INIT, .state = STATE_INIT                                       \
	}

/* The sandbox and its facts; see sandbox_make() for -EOPNOTSUPP. */
int bench_open(struct bench *b, const struct test_case *c, struct error *err);
void bench_close(struct bench *b);

/* Makes the state directory, and locks it. */
int bench_open_state(struct bench *b, struct error *err);

/* Carries a plan out; `of` is the transaction that a rollback undoes. */
int bench_run(struct bench *b, struct plan *plan, const char *kind, const char *of,
	      struct error *err);
