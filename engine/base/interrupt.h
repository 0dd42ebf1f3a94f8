#pragma once

/*
 * The wish of INT, TERM or HUP that a run should end, as something that can be waited for beside
 * other things. From interrupt_block() on these signals no longer end the process: they stay
 * pending until the process ends. An open interrupt is handed to whoever waits, and none (NULL)
 * to who must not be broken off. Waiting does not take the signal itself, so everybody sees it;
 * interrupt_take() is for who has done what it asked for, and goes on.
 */

#include <signal.h>
#include <stdbool.h>

#include "engine/base/error.h"

struct interrupt {
	int fd; /* readable when one is pending; -1: closed */
};

#define INTERRUPT_INIT                                                                             \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/*
 * Blocks the signals, but for those that are ignored (nohup): those end nothing. Job control (TSTP, TTIN, TTOU)
 * waits with them: who is stopped half-way keeps the lock, and nobody else can undo what it did.
 */
void interrupt_block(void);

/* Job control may stop the process again, at once where it has asked to: for who has no lock, or only waits to end. */
void interrupt_let_stop(void);

/* Blocks them and opens; closed by interrupt_close(). */
int interrupt_open(struct interrupt *ret, struct error *err);
void interrupt_close(struct interrupt *i);

/* The signal that is pending, or 0. */
int interrupt_signal(void);

/* It is not pending any more, so that a later one is seen behind it. */
void interrupt_take(int signal);

/* Waits for so long; -EINTR at once when somebody wants the run to end. */
int interrupt_wait(const struct interrupt *i, int ms, struct error *err);

/* The same beside another descriptor and its poll(2) events; 0 also when that is ready. */
int interrupt_wait_fd(const struct interrupt *i, int fd, short events, int ms, struct error *err);
