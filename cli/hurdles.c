#include "cli/hurdles.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/process.h"
#include "cli/report/summary.h"
#include "cli/unattended.h"
#include "engine/base/alloc.h"
#include "rollback/room.h"

#define SYSTEMD_RUNS "/run/systemd/system" /* as sd_booted(3) */

/* Among the checks, and as the run's own words; takes `why`. */
static int refuse(struct context *c, const char *control, char *why)
{
	checks_add(&c->plan.checks, CHECK_NO, control, "%s", why);
	message("refused: %s", why);
	free(why);
	return CODE_REFUSED;
}

/* systemd runs this host and does not answer: files could be written, and nothing put in force. */
static int check_systemd(struct context *c)
{
	if (c->root.offline || !c->facts.no_systemd || access(SYSTEMD_RUNS, F_OK) < 0)
		return CODE_OK;
	return refuse(c, NULL,
		      xasprintf("systemd runs this host, and it cannot be asked: %s",
				c->facts.no_systemd));
}

/* Names the controls that would need the restart that was forbidden. */
static int check_restart(struct context *c, const char *kind)
{
	const struct plan *plan = &c->plan;
	CLEANUP(strv_clear) struct strv controls = {0};
	CLEANUP(freep) char *names = NULL;
	const char *only = plan_only_control(plan, HANDLERS_RESTART);

	if (!c->o->no_restart || plan_summarize(plan).restarts == 0)
		return CODE_OK;
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			if (HANDLER_BIT(plan->stages[i].effects.items[k].handler) &
			    HANDLERS_RESTART)
				strv_add_once(&controls, plan->stages[i].effects.items[k].control);
	names = strv_join(&controls, ", ");
	if (strcmp(kind, "rollback") == 0)
		return refuse(c, only,
			      xasprintf("dockerd would have to be restarted to undo %s; without "
					"--no-restart it is, and --only undoes one control",
					controls.count ? names : "this transaction"));
	return refuse(c, only,
		      xasprintf("dockerd would have to be restarted for %s; --skip leaves them "
				"out",
				controls.count ? names : "this plan"));
}

static int check_running(struct context *c)
{
	char *why = NULL;
	int code = unattended(c, &why);

	return why ? refuse(c, NULL, why) : code;
}

/* The first that is not fine. */
static int worse(int code, int other)
{
	return code != CODE_OK ? code : other;
}

int check_hurdles(struct context *c, const char *kind)
{
	int code = check_systemd(c);

	code = worse(code, check_restart(c, kind));
	return worse(code, check_running(c));
}

int check_hurdles_ahead(struct context *c, const char *kind)
{
	CLEANUP(error_clear) struct error limits = {0}, room = {0};
	int code = check_hurdles(c, kind);

	if (process_check_limits(&limits) < 0)
		code = worse(code, refuse(c, NULL, xstrdup(error_text(&limits))));
	if (c->state.fd >= 0 && room_check(&c->plan, &c->state, &c->root, &room) == -ENOSPC)
		code = worse(code, refuse(c, NULL, xstrdup(error_text(&room))));
	return code;
}
