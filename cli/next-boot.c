#include "cli/next-boot.h"

#include <unistd.h>

#include "cli/message.h"
#include "cli/next-ledger.h"
#include "cli/report/next-boot.h"
#include "engine/base/alloc.h"
#include "engine/host/read/elsewhere.h"
#include "engine/next/next.h"
#include "engine/plan/overlay-view.h"

DEFINE_CLEANUP(struct overlay_view *, overlay_view_free)

static bool differs(const struct options *o, enum foresight_state state)
{
	return state == FORESIGHT_FAIL || (state == FORESIGHT_NOT_MEASURED && !o->allow_unmeasured);
}

/* No control is looked at: what selects or weighs them would be of no effect, and nobody would know. */
static int check_options(const struct options *o)
{
	static const enum option_id others[] = {OPT_BASELINE, OPT_LEVEL,  OPT_ONLY,
						OPT_SKIP,     OPT_STRICT, OPT_FAIL_ON};
	const char *name = o->next_boot ? "--next-boot" : "--next-package";

	if (o->root) {
		message("%s is about this host: of an image with --root nothing is started", name);
		return CODE_USAGE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (o->given[others[i]]) {
			message("option '--%s' does not go with %s, which looks at no control",
				option_info(others[i])->name, name);
			return CODE_USAGE;
		}
	return CODE_OK;
}

/* The root is opened behind it: its descriptors keep what they were opened in. */
static int with_packages(const struct context *c)
{
	CLEANUP(error_clear) struct error err = {0};

	if (c->o->next_packages.count == 0)
		return CODE_OK;
	if (geteuid() != 0) {
		message("--next-package needs root");
		return CODE_NEEDS_ROOT;
	}
	elsewhere(); /* from then on we are */
	return next_with_packages(&c->o->next_packages, &err) < 0 ? fail(CODE_ERROR, &err)
								  : CODE_OK;
}

/*
 * As root not behind the walls of who only looks (confine.h): a trial of dockerd's start needs to make walls of its own,
 * and a child of a confined process has no more rights than that.
 */
int next_boot(struct context *c)
{
	CLEANUP(foresights_clear) struct foresights all = {0};
	CLEANUP(overlay_view_freep) struct overlay_view *view = NULL;
	CLEANUP(history_clear) struct history ledger = {0};
	int code, printed;

	code = check_options(c->o);
	if (code == CODE_OK)
		code = with_packages(c);
	if (code == CODE_OK)
		code = context_root(c);
	if (code == CODE_OK) {
		next_ledger(c, &ledger, &all);
		code = context_facts_of(c, FACTS_NEXT_BOOT);
	}
	if (code != CODE_OK)
		return code;
	if (c->facts.docker.install == DOCKER_NONE && c->o->next_packages.count == 0) {
		message("no Docker was found on this host");
		return CODE_ERROR;
	}
	view = overlay_view_new(&c->root, &c->facts, NULL);
	if (c->facts.docker.install != DOCKER_NONE)
		next_start(overlay_view_host(view), &all);
	next_look(overlay_view_host(view), c->o->next_packages.count > 0, &all);
	foresights_sort(&all);
	for (size_t i = 0; i < all.count; i++)
		if (differs(c->o, all.items[i].state))
			code = CODE_DIFFERENCES;
	printed = c->o->format == FORMAT_JSON ? next_boot_print_json(c, &ledger, &all, code)
					      : next_boot_print_text(c, &all);
	return printed != CODE_OK ? printed : code;
}
