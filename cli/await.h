#pragma once

/*
 * An apply that waits to be confirmed, until it is decided: by a `confirm` or a `rollback` of anybody, by
 * a word typed here, or by the end of its time, at which it is undone here or by the timer.
 */

#include "cli/execution.h"

/*
 * Lets go of the lock and tells what it waits for. With --no-wait, and after HUP or TERM, it goes on
 * waiting without this process: result.state stays WAITING. INT undoes it. Else the result says how it
 * ended. Negative with the reason where that cannot be found out.
 */
int await_decision(struct execution *x, struct error *err);
