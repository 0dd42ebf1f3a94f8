#pragma once

/* The host's own addresses, in place of own_addresses() (--wrap): the one that a test says, or that nobody can tell. */

#include "tests/test.h"

#include <errno.h>

#include "engine/base/strv.h"

static const char *own_address;
static bool own_is_unknown;

int __wrap_own_addresses(struct strv *ret, struct error *err);
int __wrap_own_addresses(struct strv *ret, struct error *err)
{
	if (own_is_unknown)
		return error_set(err, -EMFILE, "cannot ask for this host's addresses");
	if (own_address)
		strv_add(ret, own_address);
	return 0;
}
