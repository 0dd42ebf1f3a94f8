#pragma once

/* Which processes see, by inotify(7), what a plan does to a file. */

#include <sys/stat.h>

#include "engine/base/strv.h"
#include "engine/model/facts.h"

/*
 * Whether the kernel tells of what is done to what a stat() is of, or to something in it: of its being
 * written, or, where it is only `touched`, of its attributes.
 */
bool watch_sees(const struct file_watch *watch, const struct stat *st, bool in_it, bool touched);

/*
 * Appends who sees it, for people, and by what: the path units of systemd, and "entr (pid 7) watches '/etc/docker', and what it does
 * when that changes is not known".
 */
void watchers_of(const struct facts *facts, const char *path, bool touched, struct strv *ret);
