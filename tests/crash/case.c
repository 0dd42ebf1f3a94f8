#include "tests/crash/case.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/exit-codes.h"
#include "engine/base/alloc.h"
#include "rollback/history.h"
#include "tests/crash/seek.h"

const char *const case_names[CASE_KIND_COUNT] = {
	[CASE_KILL] = "kill",     [CASE_NESTED] = "kill-kill", [CASE_THRICE] = "kill-kill-kill",
	[CASE_TORN] = "torn",     [CASE_ERROR] = "error",      [CASE_STICKY] = "sticky",
	[CASE_DEAD] = "all-fail", [CASE_SHORT] = "short",
};

char *item_text(const struct item *item, const struct trace_call *at)
{
	CLEANUP(freep) char *then = item->then ? xasprintf(" +%zu", item->then) : xstrdup("");
	CLEANUP(freep) char *third = item->third ? xasprintf(" +%zu", item->third) : xstrdup("");

	return xasprintf("%s %s %zu%s%s%s%s (%s)", case_names[item->kind], deed_names[item->deed],
			 item->at, then, third, item->error ? " " : "",
			 item->error ? strerrorname_np(item->error) : "", at->text);
}

static bool bad(char **ret_why, char *why)
{
	free(*ret_why);
	*ret_why = why;
	return false;
}

static struct trace_order order_of(const struct item *item)
{
	static const enum trace_action actions[CASE_KIND_COUNT] = {
		[CASE_KILL] = TRACE_KILL, [CASE_NESTED] = TRACE_KILL, [CASE_THRICE] = TRACE_KILL,
		[CASE_TORN] = TRACE_TORN, [CASE_ERROR] = TRACE_FAIL,  [CASE_STICKY] = TRACE_FAIL,
		[CASE_DEAD] = TRACE_FAIL, [CASE_SHORT] = TRACE_SHORT,
	};

	return (struct trace_order){
		.action = actions[item->kind],
		.classes = item->classes,
		.at = item->at,
		.error = item->error,
		.reach = item->kind == CASE_STICKY ? TRACE_SAME
			 : item->kind == CASE_DEAD ? TRACE_ALL
						   : TRACE_ONCE,
	};
}

static bool is_kill(const struct item *item)
{
	return item->kind <= CASE_TORN;
}

/* The image that the deed starts from, and the one it brings about when it says 0. */
static enum image_name start_of(enum deed deed)
{
	return deed == DEED_ROLLBACK || deed == DEED_CONFIRM || deed == DEED_OVERDUE ? IS_AFTER
										     : IS_BEFORE;
}

static enum image_name goal_of(enum deed deed)
{
	if (deed == DEED_SETTLE)
		return IS_SETTLED;
	return deed == DEED_APPLY || deed == DEED_WAIT || deed == DEED_CONFIRM ? IS_AFTER
									       : IS_BEFORE;
}

static bool is_recovery(enum deed deed)
{
	return deed == DEED_RECOVER || deed == DEED_SETTLE || deed == DEED_OVERDUE;
}

static int code_of(const struct trace_result *result)
{
	return WIFEXITED(result->status) ? WEXITSTATUS(result->status)
					 : 128 + WTERMSIG(result->status);
}

/*
 * One error may need hands only where it hits a run that is putting back already, or the one record by
 * which a confirmation is known.
 */
static bool may_need_hands(const struct bench *b, const struct item *item)
{
	/* each try of it is put back */
	bool searches =
		scene_is_search(b->scene) && (item->deed == DEED_APPLY || item->deed == DEED_WAIT);

	return searches || item->kind == CASE_STICKY || item->kind == CASE_DEAD ||
	       item->deed == DEED_UNHEALTHY || item->deed == DEED_CONFIRM ||
	       is_recovery(item->deed);
}

/* A path; or what else failed: a unit, an effect, the waiting. */
static bool names_something(const char *message)
{
	static const char *const names[] = {"'/",
					    "'docker.service'",
					    "' failed: ",
					    "cannot set 'sysctl:",
					    "cannot set 'rule:",
					    "cannot set 'state:",
					    "cannot set 'chain:",
					    "cannot wait for a signal: "};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strstr(message, names[i]))
			return true;
	return false;
}

/* Somebody must be able to find out from it what failed, and where. */
static bool check_message(const struct bench *b, const struct item *item, char **ret_why)
{
	CLEANUP(freep) char *message = bench_message(b);

	/* whose looking failed need not say how, but what he looked at */
	bool says = !item->error || strstr(message, strerror(item->error)) ||
		    item->deed == DEED_UNHEALTHY || item->classes == TRACE_READS;

	if (says && names_something(message))
		return true;
	return bad(ret_why, xasprintf("says too little: '%s'", message));
}

/* A run that could not read its own journal does not know: it says so, and touches nothing. */
static bool is_honest_doubt(const struct bench *b, const struct item *item, char **ret_why)
{
	CLEANUP(freep) char *message = bench_message(b);

	return (item->classes == TRACE_READS || strstr(message, "cannot open the journal")) &&
	       bench_look(b, false, ret_why) == start_of(item->deed);
}

/* A run that lives on sweeps behind itself, unless it is the sweeping that fails. */
static bool must_be_swept(const struct item *item, const struct trace_result *result)
{
	bool once = item->kind == CASE_SHORT || item->kind == CASE_ERROR;

	/* what waits keeps what it may have to swap back */
	if (code_of(result) == CODE_OK ? item->deed == DEED_WAIT : item->deed == DEED_CONFIRM)
		return false;
	return once && item->classes == TRACE_MUTATES && !strstr(result->at.text, "unlink");
}

/*
 * A control whose change fails each time is a culprit as well, and others are kept than in the case that nothing
 * happens to: whatever it is, it is known, and goes back.
 */
static bool check_others(struct bench *b, char **ret_why)
{
	int code = bench_run(b, VICTIM_STATUS);
	bool waits = code == STATUS_WAITING;

	if (!waits && code != STATUS_BASE + TRANSACTION_COMMITTED)
		return bad(ret_why, xasprintf("others are kept, but status says %d", code));
	code = waits ? bench_run(b, VICTIM_CONFIRM) : CODE_OK;
	if (code == CODE_OK)
		code = bench_run(b, VICTIM_ROLLBACK);
	if (code == CODE_OK && bench_look(b, true, ret_why) == IS_BEFORE)
		return true;
	return bad(ret_why, xasprintf("others are kept, and do not go back: %d, %s", code,
				      *ret_why ? *ret_why : "?"));
}

/* What a run that lives on said must be what is on disk (J5). */
static bool check_code(struct bench *b, const struct item *item, const struct trace_result *result,
		       enum image_name *ret_claimed, char **ret_why)
{
	int code = code_of(result);
	enum image_name is;

	if (code == 128 + SIGABRT && item->error == ENOMEM)
		return true; /* may give up where it stands; what is left is recovered */
	if (code != CODE_OK && code != CODE_ERROR && code != CODE_PUT_BACK && code != CODE_HANDS &&
	    code != CODE_REFUSED)
		return bad(ret_why, xasprintf("ends with %d", code));
	if (code != CODE_OK && !check_message(b, item, ret_why))
		return false;
	if (code == CODE_HANDS && is_honest_doubt(b, item, ret_why))
		return true;
	if (code == CODE_HANDS && !may_need_hands(b, item)) {
		CLEANUP(freep) char *message = bench_message(b);

		return bad(ret_why, xasprintf("needs hands after one error: %s", message));
	}
	if (code == CODE_HANDS || (is_recovery(item->deed) && code != CODE_OK))
		return true;
	if (item->deed == DEED_UNHEALTHY && code == CODE_OK)
		return bad(ret_why, xstrdup("says 0 though it was not well"));
	*ret_claimed = code == CODE_OK ? goal_of(item->deed) : start_of(item->deed);
	is = bench_look(b, must_be_swept(item, result), ret_why);
	if (is == *ret_claimed)
		return true;
	return bad(ret_why, xasprintf("ends with %d, but the host is %s", code,
				      is == IS_NEITHER ? *ret_why : image_names[is]));
}

/* Kills the recover that follows, too. */
static bool kill_recover(struct bench *b, enum deed deed, size_t at, char **ret_why)
{
	struct trace_order order = {.action = TRACE_KILL, .classes = TRACE_MUTATES, .at = at};
	struct trace_result result = {0};
	int r = at ? bench_trace_recover(b, deed, &order, &result) : 0;

	if (r < 0)
		return bad(ret_why, xasprintf("cannot be run: %s", strerror(-r)));
	if (at && !result.fired && code_of(&result) != CODE_OK) {
		CLEANUP(freep) char *message = bench_message(b);

		return bad(ret_why, xasprintf("the recover that was to be killed ends with %d: %s",
					      code_of(&result), message));
	}
	return true;
}

/* Anybody may start dockerd, at any time. */
static bool check_alive(const struct bench *b, char **ret_why)
{
	return !bench_is_deadly(b) ||
	       bad(ret_why, xstrdup("dockerd is down, and its file has lost live-restore"));
}

/* After a recover the host is one image, nothing is left over, and status says the same (J4). */
static bool check_recovered(struct bench *b, const struct item *item, enum image_name *ret_is,
			    char **ret_why)
{
	int code = bench_run(b, bench_recovery_of(item->deed));
	int status;

	if (code != CODE_OK) {
		CLEANUP(freep) char *message = bench_message(b);

		return bad(ret_why, xasprintf("recover ends with %d: %s", code, message));
	}
	status = bench_run(b, VICTIM_STATUS);
	*ret_is = bench_look(b, status != STATUS_WAITING, ret_why);
	if (*ret_is == IS_NEITHER)
		return false;
	if (!bench_status_fits(item->deed, *ret_is, status))
		return bad(ret_why, xasprintf("the host is as %s, but status says %d",
					      image_names[*ret_is], status));
	return true;
}

/* Back and forth once more: what a crash left must not be in the way of the next run. */
static bool check_goes_on(struct bench *b, enum image_name is, char **ret_why)
{
	for (int i = 0; i < 2; i++) {
		int code = bench_run(b, is == IS_BEFORE ? VICTIM_APPLY : VICTIM_ROLLBACK);
		enum image_name wanted = is == IS_BEFORE ? IS_AFTER : IS_BEFORE;

		if (code != CODE_OK) {
			CLEANUP(freep) char *message = bench_message(b);

			return bad(ret_why,
				   xasprintf("the next run ends with %d: %s", code, message));
		}
		is = bench_look(b, true, ret_why);
		if (is != wanted)
			return bad(ret_why, xasprintf("the next run went wrong: %s", *ret_why));
	}
	if (bench_run(b, VICTIM_STATUS) == STATUS_UNPROVEN) {
		CLEANUP(freep) char *message = bench_message(b);

		return bad(ret_why, xasprintf("the ledger's chain is broken: %s", message));
	}
	return true;
}

/* Whoever waits is undone in time, whatever has died (J11); and can be kept until then. */
static bool check_waits(struct bench *b, const struct item *item, char **ret_why)
{
	int code;

	if (item->deed != DEED_WAIT && item->deed != DEED_CONFIRM)
		return true;
	if (bench_is_unguarded(b))
		return bad(ret_why, xstrdup("no timer stands for the undo of what waits"));
	if (bench_run(b, VICTIM_STATUS) != STATUS_WAITING)
		return true;
	code = bench_run(b, VICTIM_CONFIRM);
	if (code != CODE_OK || bench_look(b, true, ret_why) != IS_AFTER)
		return bad(ret_why, xasprintf("cannot be confirmed: %d, %s", code,
					      *ret_why ? *ret_why : "not as it was applied"));
	return true;
}

static bool judge(struct bench *b, const struct item *item, const struct trace_result *result,
		  char **ret_why)
{
	enum image_name claimed = IS_NEITHER, is;

	if (result->endless)
		return bad(ret_why, xstrdup("does not end"));
	if (!is_kill(item) && code_of(result) == SEEK_OTHERS)
		return check_others(b, ret_why);
	if (!is_kill(item) && !check_code(b, item, result, &claimed, ret_why))
		return false;
	if (is_kill(item) && item->deed == DEED_WAIT && bench_is_unguarded(b))
		return bad(ret_why, xstrdup("no timer stands for the undo of what was changed"));
	if (!check_alive(b, ret_why) || !kill_recover(b, item->deed, item->then, ret_why) ||
	    !check_alive(b, ret_why) || !kill_recover(b, item->deed, item->third, ret_why) ||
	    !check_alive(b, ret_why))
		return false;
	if (!check_recovered(b, item, &is, ret_why))
		return false;
	if (claimed != IS_NEITHER && claimed != is)
		return bad(ret_why, xstrdup("recover brought another image than the run had said"));
	if (!check_waits(b, item, ret_why))
		return false;
	return !item->goes_on || is == IS_SETTLED || check_goes_on(b, is, ret_why);
}

bool case_run(struct bench *b, const struct item *item, char **ret_why)
{
	struct trace_order order = order_of(item);
	struct trace_result result = {0};
	int r = bench_reset(b, item->deed);

	if (r >= 0)
		r = bench_trace(b, item->deed, &order, &result);
	if (r < 0)
		return bad(ret_why, xasprintf("cannot be run: %s", strerror(-r)));
	if (!judge(b, item, &result, ret_why)) {
		CLEANUP(freep) char *text = item_text(item, &result.at);

		return bad(ret_why, xasprintf("%s: %s", text, *ret_why ? *ret_why : "?"));
	}
	return true;
}
