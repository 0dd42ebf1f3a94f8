#pragma once

/* The files of Debian packages, by libarchive. */

#include "engine/base/error.h"

/* -ENOSYS: there is no libarchive. */
int deb_unpack_ready(struct error *err);

/*
 * Unpacks what a package has below /usr, and of /etc what this host has not, into the directory, as our own files, and no file through a
 * link; what it has in /bin, /sbin and /lib goes below usr, where those lead. `name` is for messages. 0, or
 * -EINVAL where it is no package, or damaged; -EFBIG where there is no room.
 */
int deb_unpack(int fd, const char *name, const char *directory, struct error *err);
