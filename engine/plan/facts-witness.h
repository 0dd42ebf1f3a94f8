#pragma once

/*
 * The witness file: what harden knew of the running daemon when it last looked. dockerd tells
 * only some settings by its API; the others follow from the file that it read at its start, which
 * may have changed since. The witness names the daemon by its InvocationID, which changes with
 * every start, so an old one is never believed.
 *
 *     {"format_version":"1.0","invocation_id":"0a02...","settings":{"icc":"false",...}}
 *
 * Values are JSON text; a key that is not listed has its default.
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/model/effect.h"
#include "engine/model/facts.h"

#define WITNESS_FORMAT_VERSION "1.0"

/*
 * The file's bytes from facts: everything known of `now`. `reloaded` (NULL: nothing) are the
 * effects that a confirmed reload has brought about in that daemon since the facts were
 * gathered; their values replace the facts'. -ENODATA when no daemon runs, or when some setting
 * of it is not known: then there is nothing to witness, and an older file must go.
 */
int witness_format(const struct facts *facts, const struct effects *reloaded, struct buf *ret,
		   struct error *err);

/* Reads such bytes. 1 and the settings (SOURCE_WITNESS) when it is of this daemon, 0 when of another. */
int witness_parse(const struct buf *text, const char *invocation_id, struct settings *ret,
		  struct error *err);
