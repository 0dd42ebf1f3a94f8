#pragma once

/* One case of a campaign: what happens to which run, and the judgement of what is left. */

#include "tests/crash/bench.h"

enum case_kind {
	CASE_KILL, /* before each changing call, then recover, then life goes on */
	CASE_NESTED, /* ... and before each changing call of that recover */
	CASE_THRICE, /* ... and of the next one */
	CASE_TORN, /* half a write, then killed */
	CASE_ERROR, /* a call fails once */
	CASE_STICKY, /* ... and all later ones of its name */
	CASE_DEAD, /* ... and all later ones that change something */
	CASE_SHORT, /* half a write, and on */
	CASE_KIND_COUNT,
};

extern const char *const case_names[CASE_KIND_COUNT];

struct item {
	enum case_kind kind;
	enum deed deed;
	size_t at, then, third; /* which call, of the deed and of the recovers after it */
	unsigned classes;
	int error;
	bool goes_on; /* apply and roll back once more after it */
};

/* true when all is well; else *ret_why says what is not; the caller frees it. */
bool case_run(struct bench *b, const struct item *item, char **ret_why);

/* The item for people: "kill apply 17 (renameat2 'a' 'b')". The caller frees it. */
char *item_text(const struct item *item, const struct trace_call *at);
