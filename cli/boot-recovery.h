#pragma once

/* Whether systemd would run `recover` at a boot, by the files of harden-recover.service. */

#include "engine/host/read/root.h"

enum boot_recovery { BOOT_RECOVERY_ON, BOOT_RECOVERY_OFF, BOOT_RECOVERY_UNKNOWN };

/*
 * ON only where the unit is enabled, has a file that systemd would load, and is not masked. OFF: *ret_remedy
 * (may be NULL) says what to do about it, for people.
 */
enum boot_recovery boot_recovery_of(const struct root *root, const char **ret_remedy);
