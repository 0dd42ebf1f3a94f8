#pragma once

/*
 * Exit codes. Scripts rely on them: a number never changes its meaning. A run that a signal
 * broke off (and that was put back) ends with CODE_SIGNAL + the signal's number.
 */

enum exit_code {
	CODE_OK = 0, /* done; nothing to change, or all applied and kept */
	CODE_ERROR = 1, /* error; nothing changed */
	CODE_DIFFERENCES = 2, /* differences exist */
	CODE_PUT_BACK = 3, /* apply failed, and everything was put back */
	CODE_HANDS = 4, /* something could not be put back, or the outcome is in doubt */
	CODE_REFUSED = 5, /* stale plan, other host, preflight, conflict: nothing changed */
	CODE_WAITING = 6, /* applied, waiting to be confirmed */
	CODE_USAGE = 64, /* as EX_USAGE of sysexits.h */
	CODE_LOCKED = 75, /* as EX_TEMPFAIL: another run holds the lock */
	CODE_NEEDS_ROOT = 77, /* as EX_NOPERM */
	CODE_SIGNAL = 128,
};
