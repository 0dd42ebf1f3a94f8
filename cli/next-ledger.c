#include "cli/next-ledger.h"

#include "cli/notice.h"
#include "engine/base/alloc.h"

#define ID "next.recovery"

static const char untried[] = "what that leaves was not tried";

/* Within its time a boot lets it wait on, and the timer is gone with the boot that it was made in. */
static void judge_waiting(const struct transaction_summary *t, enum boot_recovery recovery,
			  struct foresights *ret)
{
	if (recovery == BOOT_RECOVERY_OFF)
		foresight_add(ret, ID, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "transaction %s waits to be confirmed: where its time is over before "
			      "the boot, it is undone, and else nothing does it at the boot, since "
			      "boot recovery is not switched on; %s",
			      t->id, untried);
	else
		foresight_add(ret, ID, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "transaction %s waits to be confirmed: where its time is over by "
			      "then, the boot undoes it before dockerd starts; %s",
			      t->id, untried);
}

static void judge_open(const struct options *o, const struct transaction_summary *t,
		       enum boot_recovery recovery, struct foresights *ret)
{
	CLEANUP(freep) char *recover = options_command(o, "recover");
	const char *state = transaction_state_to_string(t->state);

	if (recovery == BOOT_RECOVERY_OFF)
		foresight_add(ret, ID, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "transaction %s is open (%s): nothing undoes it at the boot, since "
			      "boot recovery is not switched on, but '%s' before it does; %s",
			      t->id, state, recover, untried);
	else
		foresight_add(ret, ID, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "transaction %s is open (%s): the boot undoes it before dockerd "
			      "starts; %s",
			      t->id, state, untried);
}

void next_ledger_judge(const struct options *o, const struct transaction_summary *items,
		       size_t count, enum boot_recovery recovery, bool running,
		       struct foresights *ret)
{
	for (size_t i = 0; i < count; i++) {
		const struct transaction_summary *t = &items[i];

		if (!notice_is_open(t))
			continue;
		if (t->state == TRANSACTION_WAITING)
			judge_waiting(t, recovery, ret);
		else if (running)
			foresight_add(ret, ID, FORESIGHT_NOT_MEASURED, NULL, 0,
				      "a run of harden is at work on transaction %s: what it "
				      "leaves is not there yet",
				      t->id);
		else
			judge_open(o, t, recovery, ret);
	}
	foresight_pass(ret, ID, "no transaction is open that recovery would undo at the boot");
}

void next_ledger(struct context *c, struct history *ret_ledger, struct foresights *ret)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = state_open(&c->state, &c->root, false, &err);

	notice_ledger(c);
	if (r >= 0)
		r = history_open(&c->state, ret_ledger, &err);
	if (r >= 0)
		next_ledger_judge(c->o, ret_ledger->items, ret_ledger->count,
				  notice_boot_recovery(&c->root), notice_is_running(&c->state),
				  ret);
	else
		foresight_add(ret, ID, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "whether recovery would undo something at the boot is not known: %s",
			      error_text(&err));
}
