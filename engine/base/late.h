#pragma once

/*
 * Functions of a shared library that is opened at its first use. Types come from the library's own
 * header, so that a slot cannot have another type than its function:
 *
 *     static struct {
 *             __typeof__(&aug_get) get;
 *     } aug;
 *     static const struct late_symbol symbols[] = {LATE_SYMBOL(aug.get, aug_get)};
 *     static struct late_library library = {"libaugeas.so.0", symbols, ARRAY_SIZE(symbols)};
 *
 *     r = late_bind(&library, err);
 *     if (r == 0)
 *             aug.get(...);
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/error.h"

struct late_symbol {
	const char *name;
	void *slot; /* the pointer to the function */
};

/* Does not compile where the slot is of another type than the function. */
#define LATE_SYMBOL(slot, function)                                                                \
	{                                                                                          \
#function, 1 ? &(slot) : (__typeof__(&function) *)NULL                             \
	}

struct late_library {
	const char *soname;
	const struct late_symbol *symbols;
	size_t count;
	bool bound;
};

/* Fills all slots, once. -ENOSYS: the library is not there, or lacks one of them; none counts then. */
int late_bind(struct late_library *lib, struct error *err);
