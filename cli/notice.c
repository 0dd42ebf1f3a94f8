#include "cli/notice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/boot-recovery.h"
#include "cli/duration.h"
#include "cli/message.h"
#include "cli/report/json.h"
#include "engine/base/alloc.h"
#include "rollback/lock-holder.h"

#define SYSTEMD_RUNS "/run/systemd/system" /* as sd_booted(3) */

bool notice_is_open(const struct transaction_summary *t)
{
	switch (t->state) {
	case TRANSACTION_COMMITTED:
	case TRANSACTION_ROLLED_BACK:
	case TRANSACTION_OPEN:
	case TRANSACTION_DAMAGED: /* told by itself */
		return false;
	case TRANSACTION_PREPARED:
	case TRANSACTION_APPLIED:
	case TRANSACTION_WAITING:
	case TRANSACTION_UNDOING:
	case TRANSACTION_IN_DOUBT:
	case TRANSACTION_STUCK:
	case TRANSACTION_STATE_COUNT:
		break;
	}
	return true;
}

bool notice_is_running(const struct state *s)
{
	return lock_holder_find(s->fd, STATE_LOCK).held;
}

enum boot_recovery notice_boot_recovery(const struct root *root)
{
	if (root->offline || access(SYSTEMD_RUNS, F_OK) < 0)
		return BOOT_RECOVERY_UNKNOWN;
	return boot_recovery_of(root, NULL);
}

static void tell_damaged(const struct context *c, const struct transaction_summary *t)
{
	CLEANUP(freep) char *recover = options_command(c->o, "recover");

	remark("warning: transaction %s is damaged%s: %s; '%s --set-aside %s' takes it out of the "
	       "ledger",
	       t->id, t->decided ? ", and over" : " and may be open", t->note ? t->note : "?",
	       recover, t->id);
}

/* Its timer may be gone, or its undo fail each time: whoever looks would wait for it in vain. */
static char *overdue(const struct options *o, const struct transaction_summary *t, bool running)
{
	CLEANUP(freep) char *recover = options_command(o, "recover");

	if (running)
		return xasprintf(
			"transaction %s was not confirmed in time: it is about to be undone",
			t->id);
	return xasprintf(
		"transaction %s was not confirmed in time, and no run of harden is undoing "
		"it: '%s' does",
		t->id, recover);
}

char *notice_waiting(const struct options *o, const struct transaction_summary *t, bool running)
{
	CLEANUP(freep) char *confirm = options_command(o, "confirm");
	CLEANUP(freep) char *rollback = options_command(o, "rollback");
	CLEANUP(freep) char *left = duration_text(t->left_usec);
	CLEANUP(freep) char *until = time_text(t->until_usec);

	if (t->left_usec == 0)
		return overdue(o, t, running);
	return xasprintf("transaction %s waits to be confirmed, %s left (until %s): '%s %s' keeps "
			 "it, '%s %s' undoes it now",
			 t->id, left, until, confirm, t->id, rollback, t->id);
}

/* " (process 12, which is stopped)"; the caller frees it. */
char *notice_who(const struct lock_holder *h)
{
	if (h->pid <= 0)
		return xstrdup("");
	return xasprintf(" (process %d%s)", h->pid, h->stopped ? ", which is stopped" : "");
}

static void tell_open(const struct context *c, const struct transaction_summary *t,
		      const struct lock_holder *holder)
{
	CLEANUP(freep) char *recover = options_command(c->o, "recover");
	CLEANUP(freep) char *who = notice_who(holder);
	bool running = holder->held;

	if (t->state == TRANSACTION_WAITING) {
		CLEANUP(freep) char *text = notice_waiting(c->o, t, running);

		remark("%s", text);
	} else if (running)
		remark("a run of harden%s is at work (transaction %s, %s); what is told here may "
		       "change meanwhile",
		       who, t->id, transaction_state_to_string(t->state));
	else
		remark("transaction %s is open (%s): '%s' puts back what was broken off", t->id,
		       transaction_state_to_string(t->state), recover);
}

bool notice_is_undecided(const struct transaction_summary *t)
{
	return notice_is_open(t) && t->state != TRANSACTION_WAITING;
}

/* A damaged one that is not known to be over may be so, too. */
static bool is_broken_off(const struct transaction_summary *t)
{
	if (t->state == TRANSACTION_DAMAGED)
		return !t->decided;
	return notice_is_undecided(t);
}

void notice_strays(const struct context *c)
{
	CLEANUP(strv_clear) struct strv names = {0};

	state_strays(&c->state, &names, NULL); /* who cannot look is told so elsewhere */
	for (size_t i = 0; i < names.count; i++)
		remark("warning: '" STATE_DIR "/txn/%s' is not a transaction of harden's, and is "
		       "passed over: look what it is, and move it elsewhere",
		       names.items[i]);
}

void notice_transactions(const struct context *c, const struct transaction_summary *items,
			 size_t count)
{
	struct lock_holder holder = lock_holder_find(c->state.fd, STATE_LOCK);
	bool broken_off = false;

	notice_strays(c);
	for (size_t i = 0; i < count; i++) {
		if (items[i].state == TRANSACTION_DAMAGED)
			tell_damaged(c, &items[i]);
		else if (notice_is_open(&items[i]))
			tell_open(c, &items[i], &holder);
		broken_off |= is_broken_off(&items[i]);
	}
	if (broken_off && !holder.held)
		notice_boot(c);
}

void notice_boot(const struct context *c)
{
	static bool told;
	const char *remedy = NULL;

	if (told)
		return;
	told = true;
	if (notice_boot_recovery(&c->root) != BOOT_RECOVERY_OFF)
		return;
	boot_recovery_of(&c->root, &remedy);
	remark("boot recovery is not switched on: after a power cut in the middle of an apply "
	       "nothing would put the host back; %s",
	       remedy);
}

void notice_ledger(const struct context *c)
{
	CLEANUP(state_close) struct state own = STATE_INIT;
	CLEANUP(error_clear) struct error err = {0};
	struct transaction_summary *all = NULL;
	struct context looked = *c; /* borrows all but its own state */
	size_t count = 0;
	int r = c->state.fd < 0 ? state_open(&own, &c->root, false, &err) : 0;

	if (c->state.fd < 0)
		looked.state = own;
	if (r < 0 || history_list(&looked.state, &all, &count, &err) < 0) {
		/* others than root cannot look */
		if (geteuid() == 0 || (err.code != -EACCES && err.code != -EPERM))
			remark("warning: %s", error_text(&err));
		return;
	}
	notice_transactions(&looked, all, count);
	for (size_t i = 0; i < count; i++)
		transaction_summary_clear(&all[i]);
	free(all);
}
