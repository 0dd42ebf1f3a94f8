#pragma once

/*
 * Forwarding is no setting of its own: a change of net.ipv4.ip_forward, or of conf.all.forwarding, makes
 * the kernel write that of every interface and of those to come, and allow or forbid ICMP redirects. What
 * was said of one interface alone, and of redirects, stays as it was.
 */

#include "engine/base/error.h"
#include "engine/base/strv.h"

/* What was there before, each by its name and value. Of any other setting there is nothing. */
struct forwarding {
	struct strv names, values;
	struct strv
		alone; /* interfaces that differed from all, and will not any more once it is written */
};

/*
 * To be asked before `value` is written to the setting. What cannot be read has no entry. What is as the kernel
 * makes it along with forwarding as it is now has the value of `broken_off`, if that knows one: a write before
 * this one was broken off, and nothing was put back behind it. NULL: none was.
 */
void forwarding_look(struct forwarding *ret, const char *name, const char *value,
		     const struct forwarding *broken_off);

/* Behind the write: the kernel has them as before. -EIO names each that it has not. */
int forwarding_keep(const struct forwarding *f, struct error *err);

void forwarding_clear(struct forwarding *f);
