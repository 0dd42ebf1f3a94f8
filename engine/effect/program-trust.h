#pragma once

/*
 * Whether a program that is run as root, now or later, is root's alone: what others can change, or put in its
 * place, is theirs to run.
 */

#include "engine/base/error.h"

/*
 * An absolute path to a file that can be executed, which belongs to root (or to whoever runs this) and nobody
 * else can write, whatever the group, as each directory on the way to it does; of a sticky one it is enough
 * whose it is. Of a script the same holds for what its first line has run, and for what env(1) finds there, where
 * that runs it, with COMMAND_PATH. What a program opens by itself (libraries, modules, other scripts) is not looked
 * at. -EINVAL: not absolute; -ENOENT and the like; -EPERM: not to be trusted, or not to be executed.
 */
int program_is_roots(const char *path, struct error *err);
