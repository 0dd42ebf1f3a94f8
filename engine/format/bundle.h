#pragma once

/*
 * What a container was started with: config.json of its bundle, which containerd keeps beside the
 * shim for as long as the container runs (OCI runtime specification, "Configuration"). dockerd writes
 * it anew at each start, so it has the profiles of the dockerd that started it.
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"

struct bundle {
	char *filter; /* digest of its seccomp filter, by what it says; NULL: it has none */
	char *caps; /* its bounding set, sorted: dockerd's own filter goes by it */
	char *apparmor; /* the profile's name; "": it has none */
};

/* -EINVAL where the text is not such a file. */
int bundle_read(const struct buf *text, struct bundle *ret, struct error *err);
void bundle_clear(struct bundle *b);
