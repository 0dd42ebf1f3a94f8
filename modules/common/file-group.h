#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "engine/base/strv.h"
#include "engine/model/view.h"
#include "modules/common/tally.h"

/*
 * The numbers of the groups that are accepted, the one to set first: names of the host's
 * /etc/group, or numbers. "@api-socket" and "@containerd-socket" stand for the group that
 * whoever makes that socket is told to give it: then no other is accepted, since it would come
 * back with the next start; where nobody is told anything they stand for none. Where none of all
 * exists root's is. False: that cannot be told, as the tally says.
 */
bool file_groups(const struct view *v, const struct strv *names, gid_t **ret, size_t *ret_count,
		 struct tally *tally);
