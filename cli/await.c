#include "cli/await.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "cli/duration.h"
#include "cli/effector.h"
#include "cli/message.h"
#include "cli/outlet.h"
#include "cli/report/outcome.h"
#include "cli/terminal.h"
#include "cli/undecided-stops.h"
#include "engine/base/alloc.h"
#include "engine/base/interrupt.h"
#include "engine/base/str.h"
#include "rollback/confirm.h"
#include "rollback/recover.h"

#define LOOK_MS 1000 /* how often it is looked whether somebody else has decided */
#define LOCK_MS 1000

enum word { WORD_NONE, WORD_YES, WORD_NO };

struct await {
	struct execution *x;
	struct interrupt interrupt;
	struct buf typed; /* of a line that is not over */
	bool asks;
	bool takes_back; /* a person has said so */
	bool told; /* what the undo left, by who did it here */
};

static void await_clear(struct await *a)
{
	interrupt_close(&a->interrupt);
	buf_clear(&a->typed);
}

static enum word word_of(const char *line)
{
	if (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0)
		return WORD_YES;
	return strcasecmp(line, "n") == 0 || strcasecmp(line, "no") == 0 ? WORD_NO : WORD_NONE;
}

/* What is typed is a shell's when this runs in the background, and reading it would stop the process. */
static bool is_in_front(void)
{
	return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* The word of a whole line; at the end of the file nobody is asked any more. */
static enum word read_word(struct await *a)
{
	char bytes[256];
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	enum word word = WORD_NONE;
	char *end;
	ssize_t n;

	if (!a->asks || !is_in_front() || poll(&p, 1, 0) <= 0)
		return WORD_NONE;
	n = read(STDIN_FILENO, bytes, sizeof(bytes));
	if (n <= 0) {
		a->asks = n < 0 && errno == EINTR;
		return WORD_NONE;
	}
	buf_append(&a->typed, bytes, (size_t)n);
	end = memchr(a->typed.data, '\n', a->typed.len);
	if (!end)
		return WORD_NONE;
	*end = '\0';
	word = word_of(a->typed.data);
	buf_clear(&a->typed);
	return word;
}

static void show(const struct await *a, uint64_t left_usec)
{
	CLEANUP(freep) char *left = duration_text(left_usec);

	if (a->x->c->o->format == FORMAT_TEXT && !a->x->c->o->quiet)
		terminal_progress("  waiting to be confirmed, %s left%s", left,
				  a->asks ? "; yes keeps it, no undoes it now: " : "");
}

/* Keeps it, if there is time yet; what becomes of it otherwise is seen at the next look. */
static int keep(struct await *a, struct error *err)
{
	struct context *c = a->x->c;
	struct error why = {0};
	int r = state_lock(&c->state, LOCK_MS, &why);

	if (r >= 0)
		r = confirm_transaction(&c->state, &c->root, a->x->effector, a->x->result.id, &why);
	state_unlock(&c->state);
	if (r == -EWOULDBLOCK) {
		terminal_progress_end();
		message("not kept yet: %s; say it again", error_text(&why));
	}
	if (r == -EWOULDBLOCK || r == -ESTALE || r == -ETIME)
		r = 0;
	if (r < 0)
		error_move(err, &why);
	error_clear(&why);
	return r;
}

/* But for the line that says of this one what the outcome says in its own words. */
static void take_notes(struct await *a, const struct recovery *recovery)
{
	struct transaction_result *result = &a->x->result;

	for (size_t i = 0; i < recovery->notes.count; i++)
		if (!starts_with(recovery->notes.items[i], result->id))
			strv_add(&result->notes, recovery->notes.items[i]);
	strv_add_all(&result->left, &recovery->left);
	a->told = true;
}

/* Waits for a word, a signal, or a second to be over. */
static int pause_for(struct await *a, uint64_t left_usec, int *ret_signal, struct error *err)
{
	int ms = left_usec / 1000 < LOOK_MS ? (int)(left_usec / 1000) + 1 : LOOK_MS;
	struct error why = {0};
	int fd = a->asks && is_in_front() ? STDIN_FILENO : -1;
	int r;

	outlet_try(STDERR_FILENO, "", 0); /* what a reader that was slow has not taken yet */
	interrupt_let_stop(); /* the lock is not ours here */
	r = interrupt_wait_fd(&a->interrupt, fd, POLLIN, ms, &why);
	interrupt_block();
	*ret_signal = r == -EINTR ? interrupt_signal() : 0;
	if (r < 0 && r != -EINTR)
		error_move(err, &why);
	error_clear(&why);
	return r == -EINTR ? 0 : r;
}

/* It waits on without this process. */
static bool ends_watch(int signal)
{
	return signal == SIGHUP || signal == SIGTERM;
}

/* A wish that stays until it is fulfilled; a signal is taken, so that a later one is seen behind it. */
static void take_back(struct await *a, int signal)
{
	a->takes_back = true;
	if (signal == 0)
		return;
	a->x->result.signal = signal;
	interrupt_take(signal);
}

/* How it ended, as it is on disk; 0: it is not over yet. */
static int is_over(struct await *a, struct standing *s)
{
	struct transaction_result *result = &a->x->result;

	if (s->state == TRANSACTION_WAITING || s->state == TRANSACTION_UNDOING)
		return 0;
	result->state = s->state;
	if (s->state == TRANSACTION_COMMITTED)
		return 1;
	str_replace(&result->failure, s->failure ? s->failure : "it was not kept");
	result->met_foreign = s->left && *s->left;
	if (result->met_foreign && !a->told)
		strv_split(s->state == TRANSACTION_STUCK ? &result->left : &result->notes, s->left,
			   "\n");
	if (s->told && !a->told)
		strv_split(&result->notes, s->told, "\n");
	return 1;
}

/*
 * As the timer would, by what is to be found out now: what the run remembers of the host is as old as its
 * beginning, and others may have meant what they did since.
 */
static int recover_now(struct await *a, bool at_once, struct recovery *ret, struct error *err)
{
	struct context *c = a->x->c;
	struct effector *e = NULL;
	int r;

	if (effector_open(c, &e) != CODE_OK)
		return error_set(err, -EIO, "nothing can be undone from here");
	if (at_once)
		r = recover_taking_back(&c->state, &c->root, e, a->x->result.id, ret, err);
	else
		r = recover(&c->state, &c->root, e, false, ret, err);
	e->ops->free(e);
	take_notes(a, ret);
	return r;
}

static void tell_held(const struct recovery *recovery)
{
	for (size_t i = 0; i < recovery->held.count; i++)
		message("not undone: %s", recovery->held.items[i]);
}

/* Something needs a person. Where that is another transaction, this one is over all the same. */
static int after_failure(struct await *a, const struct recovery *recovery, struct error *err)
{
	CLEANUP(standing_clear) struct standing s = {0};
	CLEANUP(error_clear) struct error why = {0};

	if (standing_read(&a->x->c->state, a->x->result.id, &s, &why) >= 0 && is_over(a, &s))
		return 1;
	tell_held(recovery);
	for (size_t i = 0; i < recovery->left.count; i++)
		message("needs a person: %s", recovery->left.items[i]);
	return error_set(err, -EUCLEAN, "%s is not undone; 'harden recover' tries again",
			 a->x->result.id);
}

/*
 * Something came since that speaks against it, and it waits as before. Who said so at a terminal may think again;
 * whoever has sent a signal would have this end, and is not held up.
 */
static int after_hold(struct await *a, const struct recovery *recovery)
{
	tell_held(recovery);
	a->takes_back = a->told = false;
	if (!a->x->result.signal)
		return 0;
	strv_add_all(&a->x->result.notes, &recovery->held);
	return 1;
}

/* Whoever holds the lock may be at the undo already: its end is seen at a later look. */
static int wait_for_lock(struct await *a, struct error *err)
{
	int signal = 0, r;

	if (a->x->c->o->format == FORMAT_TEXT && !a->x->c->o->quiet)
		terminal_progress("  to be undone, once another run of harden lets go of the lock");
	r = pause_for(a, LOOK_MS * 1000, &signal, err);
	if (signal == SIGINT)
		take_back(a, signal);
	return r < 0 ? r : ends_watch(signal);
}

static int undo(struct await *a, bool at_once, struct error *err)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	struct state *state = &a->x->c->state;
	struct error why = {0};
	int r = state_lock(state, LOCK_MS, &why);

	terminal_progress_end();
	if (r == -EWOULDBLOCK) {
		error_clear(&why);
		return wait_for_lock(a, err);
	}
	if (r >= 0)
		r = recover_now(a, at_once, &recovery, &why);
	state_unlock(state);
	if (r == -EUCLEAN)
		r = after_failure(a, &recovery, err);
	else if (recovery.held.count)
		r = after_hold(a, &recovery);
	else if (r < 0)
		error_move(err, &why);
	error_clear(&why);
	return r;
}

/* 1: it is over, or goes on without us; 0: not yet. */
static int look(struct await *a, struct error *err)
{
	CLEANUP(standing_clear) struct standing s = {0};
	enum word word;
	int signal = 0, r;

	r = standing_read(&a->x->c->state, a->x->result.id, &s, err);
	if (r < 0 || is_over(a, &s))
		return r < 0 ? r : 1;
	/* also an undo that was broken off: nobody else may be there to finish it */
	if (s.state == TRANSACTION_UNDOING || s.left_usec == 0 || a->takes_back)
		return undo(a, s.state == TRANSACTION_WAITING && s.left_usec > 0, err);
	show(a, s.left_usec);
	r = pause_for(a, s.left_usec, &signal, err);
	if (r < 0 || ends_watch(signal))
		return r < 0 ? r : 1;
	word = read_word(a);
	if (signal == SIGINT || word == WORD_NO)
		take_back(a, signal);
	else if (word == WORD_YES)
		return keep(a, err);
	return 0;
}

int await_decision(struct execution *x, struct error *err)
{
	CLEANUP(await_clear)
	struct await a = {.x = x,
			  .interrupt = INTERRUPT_INIT,
			  .asks = terminal_can_ask() && x->c->o->format == FORMAT_TEXT};
	int r;

	CLEANUP(standing_clear) struct standing s = {0};

	x->awaited = true;
	state_unlock(&x->c->state);
	r = standing_read(&x->c->state, x->result.id, &s, err);
	x->until_usec = s.until_usec;
	if (r < 0)
		return r;
	x->undo_ack = undecided_stops_consent(x->c, &x->c->plan);
	outcome_waiting(x);
	if (x->c->o->no_wait)
		return 0;
	r = interrupt_open(&a.interrupt, err);
	if (r >= 0 && a.asks && is_in_front())
		tcflush(STDIN_FILENO, TCIFLUSH); /* what was typed before is no answer to this */
	while (r == 0)
		r = look(&a, err);
	terminal_progress_end();
	return r < 0 ? r : 0;
}
