#pragma once

/*
 * The way out for a transaction that cannot be brought to its end: its journal is damaged, or its
 * undo fails and fails again. It is moved out of the ledger, to STATE_ASIDE, with its journal, its
 * blobs and its RESTORE; the host stays as it is, but for staged files, which are swept.
 */

#include "engine/base/strv.h"
#include "engine/host/read/root.h"
#include "rollback/state.h"

#define STATE_ASIDE STATE_DIR "/aside"

/*
 * Before recovery is tried for it: -ENOENT, -EINVAL: no such, or several; -EPERM: it is over, or waits
 * and has time yet, so that nothing would be left to set aside.
 */
int transaction_check_set_aside(const struct state *state, const char *id, struct error *err);

/*
 * Whether the one of that id, or unique beginning, may be set aside: what the recovery just before left
 * `open` may, whatever its state is and whatever of it can be read. *ret_id is the caller's. -ENOENT,
 * -EINVAL: no such, or several; -EPERM: it is over or waits, and nothing is to be set aside.
 */
int transaction_may_set_aside(const struct state *state, const struct strv *open, const char *id,
			      char **ret_id, struct error *err);

/*
 * The same, and does it. The state is locked, and recover() was tried. `notes` is told where staged files
 * may stay.
 */
int transaction_set_aside(const struct state *state, const struct root *root,
			  const struct strv *open, const char *id, char **ret_id,
			  struct strv *notes, struct error *err);

/* One that was set aside: what it had done, and not put back, stands until a person sees to it. */
struct aside {
	char *id;
	struct strv controls; /* that it was about; none: its journal does not tell */
};

struct asides {
	struct aside *items;
	size_t count;
};

void aside_clear(struct aside *a);
void asides_clear(struct asides *a);

/* Those whose directories are there yet, oldest first. */
int asides_list(const struct state *state, struct asides *ret, struct error *err);
