#pragma once

/*
 * The host as it would be with packages unpacked: this process goes into a mount namespace of its own, for good,
 * in which the files of the packages lie over /usr, and below what is in /etc, as dpkg keeps configuration that
 * is there. Nobody else sees it, and no maintainer script runs. By libarchive, bound at the first use. Host,
 * write side, since it mounts.
 */

#include "engine/base/error.h"
#include "engine/base/strv.h"

/*
 * `files`: Debian packages (deb(5)); a root that is open keeps the host as it was. 0; -ENOSYS: no libarchive;
 * -EINVAL: one is no package; -EFBIG: they take more room than is given.
 */
int package_view_enter(const struct strv *files, struct error *err);
