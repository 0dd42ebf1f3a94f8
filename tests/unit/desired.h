#pragma once

/*
 * Desired structs for the tests of modules, filled by the modules' own field tables as the
 * baseline loader does it, but from rows of C text: "mode=0644 path=/a,/b tree=true". Values
 * have no blanks; lists are split at commas, JSON is taken as it is.
 */

#include "engine/model/module.h"

/* A new desired struct; module_free_desired() releases it. Fails the test for an unknown key. */
void *desired_new(const struct module *m, const char *text);

struct desired_guard {
	const struct module *module;
	void *desired;
};

void desired_guard_clear(struct desired_guard *g);

/* A variable of that name, released at the end of the scope. */
#define DESIRED(name, m, text)                                                                     \
	CLEANUP(desired_guard_clear)                                                               \
	struct desired_guard name##_guard = {.module = (m), .desired = desired_new((m), (text))};  \
	void *name = name##_guard.desired
