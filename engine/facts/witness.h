#pragma once

/*
 * The witness file: what harden knew of the running daemon when it last looked. dockerd tells
 * only some settings by its API; the others follow from the file that it read at its start, which
 * may have changed since. The witness names the daemon by its InvocationID, which changes with
 * every start, so an old one is never believed.
 *
 *     {"format_version":"1.0","invocation_id":"0a02...","config":"5feceb66...",
 *      "settings":{"icc":"false",...}}
 *
 * Values are JSON text; a key that is not listed has its default. `config` is the digest of a
 * config file with which that daemon started, or of which it took all that changed by a reload;
 * WITNESS_NO_CONFIG when that was not a file. Without it, nothing is known of any file.
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/model/effect.h"
#include "engine/model/facts.h"

#define WITNESS_FORMAT_VERSION "1.0"
#define WITNESS_NO_CONFIG "none"

struct witness {
	struct settings settings; /* SOURCE_WITNESS */
	char *config; /* digest, WITNESS_NO_CONFIG, or NULL: not known */
};

void witness_clear(struct witness *w);

/*
 * The file's bytes from facts: everything known of `now`. `reloaded` (NULL: nothing) are the
 * effects that a confirmed reload has brought about in that daemon since the facts were
 * gathered; their values replace the facts'. `config` is as in the file (NULL: not known).
 * -ENODATA when no daemon runs, or when some setting of it is not known: then there is nothing
 * to witness, and an older file must go.
 */
int witness_format(const struct facts *facts, const struct effects *reloaded, const char *config,
		   struct buf *ret, struct error *err);

/* Reads such bytes. 1 and the content when it is of this daemon, 0 when of another. */
int witness_parse(const struct buf *text, const char *invocation_id, struct witness *ret,
		  struct error *err);
