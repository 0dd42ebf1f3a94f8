#pragma once

/* What the files of sandbox.h share: sandbox-calls.c is its seccomp wall. Private to them. */

#include "engine/host/sandbox/sandbox.h"

/* -ENOTSUP: there is no list for this machine, or in this build. */
int sandbox_enter_calls(unsigned walls);
