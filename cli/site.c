#include "cli/site.h"

#include <errno.h>

#include "cli/message.h"
#include "engine/effect/program-trust.h"
#include "engine/effect/site-command.h"

static int check_one(const struct context *c, enum option_id id, const char *path)
{
	CLEANUP(error_clear) struct error err = {0};
	int r;

	if (!path)
		return CODE_OK;
	if (c->root.offline) {
		message("refused: '--%s' does not go with '--root': nothing runs there",
			option_info(id)->name);
		return CODE_REFUSED;
	}
	r = program_is_roots(path, &err);
	if (r >= 0)
		return CODE_OK;
	error_wrap(&err, r, "refused: '--%s'", option_info(id)->name);
	return fail(CODE_REFUSED, &err);
}

int site_check(const struct context *c)
{
	const struct options *o = c->o;
	int code;

	if (o->undrain_cmd && !o->drain_cmd) {
		message("option '--undrain-cmd' goes with '--drain-cmd'");
		return CODE_USAGE;
	}
	code = check_one(c, OPT_HEALTH_CMD, o->health_cmd);
	if (code == CODE_OK)
		code = check_one(c, OPT_DRAIN_CMD, o->drain_cmd);
	return code == CODE_OK ? check_one(c, OPT_UNDRAIN_CMD, o->undrain_cmd) : code;
}

int site_was_well(struct execution *x)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = x->c->o->health_cmd ? site_command_run(x->c->o->health_cmd, NULL, &err) : 0;

	if (r >= 0)
		return CODE_OK;
	error_wrap(&err, r,
		   "refused: the health command says, before anything is changed, that "
		   "the host is not well");
	return fail(CODE_REFUSED, &err);
}

int site_says_well(void *data, const struct interrupt *interrupt, struct error *err)
{
	const struct execution *x = data;
	int r = x->c->o->health_cmd ? site_command_run(x->c->o->health_cmd, interrupt, err) : 0;

	return r < 0 && r != -EINTR ? error_wrap(err, r, "the health command") : r;
}

void site_after_undo(struct execution *x)
{
	CLEANUP(error_clear) struct error err = {0};

	if (x->c->o->health_cmd && site_command_run(x->c->o->health_cmd, NULL, &err) < 0)
		strv_addf(&x->result.notes,
			  "the health command says that the host is not well, now that all is put "
			  "back, too: %s",
			  error_text(&err));
}
