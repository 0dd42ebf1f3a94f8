#pragma once

/* The seccomp wall of sandbox.h: which system calls looking at a host needs. */

/* -ENOTSUP: there is no list for this machine, or in this build. */
int sandbox_enter_calls(void);
