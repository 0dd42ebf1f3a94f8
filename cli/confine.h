#pragma once

/*
 * The sandbox of the commands that only look: set up once the command line is understood, before
 * anything else is read. What a command must open for writing, it opens before (see `prepare` in
 * command.h).
 */

#include "engine/model/facts.h"

/*
 * Never fails: what the kernel does not give is told by `harden facts`. `counts`: what the host does is going to be
 * counted (observe.h).
 */
void confine(bool counts);

/* The exit code, or CODE_ERROR with a message when the sandbox stopped a call on the way. */
int confine_verdict(int code);

/* Adds to the facts which walls stand, and why others do not. */
void confine_tell(struct facts *f);
