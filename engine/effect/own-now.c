#include "engine/effect/own-now.h"

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/ask/knock.h"

void own_now_ask(struct own_now *ret)
{
	*ret = (struct own_now){0};
	own_addresses(&ret->addresses, &ret->unknown);
}

void own_now_clear(struct own_now *n)
{
	strv_clear(&n->addresses);
	error_clear(&n->unknown);
}

bool own_is_missing(const struct own_now *n, const char *port)
{
	return n->unknown.code < 0 && (ends_with(port, " on 0.0.0.0") || ends_with(port, " on ::"));
}

bool own_went(struct live *l, const struct own_now *now, const char *address)
{
	CLEANUP(freep) char *note = NULL;

	if (!address || now->unknown.code < 0 || strv_contains(&now->addresses, address))
		return false;
	note = xasprintf(
		"%s is no address of this host any more: what answered there before is not "
		"looked for",
		address);
	if (l->effector.notes)
		strv_add_once(l->effector.notes, note);
	return true;
}
