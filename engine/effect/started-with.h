#pragma once

/*
 * What a dockerd that a handler has started read at its start. Of settings that the Engine API does not tell
 * its file tells, until somebody writes it: harden itself does, where it gives back what it borrowed for the
 * restart (engine/plan/borrow.h), and the gate looks after that.
 */

#include "engine/base/error.h"
#include "engine/model/facts.h"

struct live;

struct started_with {
	char *run; /* systemd's id of that run of docker.service; NULL: none was started */
	struct settings settings; /* those that only another start changes */
};

void started_with_clear(struct started_with *s);

/* To be called once dockerd answers after its start, before any file is written. What cannot be read is not noted. */
void started_with_note(struct live *l);

/*
 * The effector's look at what is now, with what is known of the start of this very dockerd. -EOPNOTSUPP: the
 * effector has none; else as struct effector says of it. `ret` is to be cleared whatever is returned.
 */
int live_look(struct live *l, struct facts *ret, struct error *err);
