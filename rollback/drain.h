#pragma once

/*
 * The site's commands around a restart of dockerd: one takes the host out of service before the first
 * restart on the way up, the other puts it back on every way out, once the host is as it shall be or as it
 * was. That it is out is in the journal before the first of them is run, with the other's path, so that
 * recovery puts it back where the run itself cannot.
 */

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/interrupt.h"
#include "engine/base/strv.h"
#include "engine/host/read/root.h"
#include "engine/model/handler.h"
#include "rollback/journal.h"

struct drain {
	const char *out, *back; /* paths; NULL: none */
	bool is_out; /* the first may have run, and the second has not yet */
	bool was; /* the first may have run: not again */
	bool failed; /* it did */
};

/* Before a handler: -EIO and why where the host could not be taken out of service; -EINTR. */
int drain_before(struct drain *d, enum handler handler, struct journal *j,
		 const struct interrupt *interrupt, struct error *err);

/*
 * Puts the host back where it is out. What fails is appended to `notes`, and the journal says that it is out
 * still: recover() tries again. So it is with an image (`root` offline), for whose host nothing runs here.
 */
void drain_end(struct drain *d, const struct root *root, struct journal *j, struct strv *notes);

/*
 * What the journal says of a run that was broken off: whether the host is out, and by what it is put
 * back, which *ret_path holds for *ret; the caller frees that.
 */
void drain_read(const struct records *records, struct drain *ret, char **ret_path);

/* "the host may be out of service: ...", by a journal that nobody goes by; NULL: it is not. The caller frees it. */
char *drain_left(const struct records *records);
