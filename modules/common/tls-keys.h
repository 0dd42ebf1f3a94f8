#pragma once

/* Private keys that must not lie on the host of the engine: that of the CA, and those of clients. */

#include "engine/format/certificate.h"
#include "engine/model/view.h"
#include "modules/common/tally.h"

/*
 * Looks at the files in these directories and in that of the server's key; not below them. `cas` are
 * the daemon's. An encrypted key that is not the server's is not measured, by its name.
 */
void tls_keys_judge(const struct view *v, const struct strv *directories,
		    const struct certificates *cas, const char *server_key, struct tally *tally);
