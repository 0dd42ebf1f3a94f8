#include "cli/next-boot.h"

#include "cli/message.h"
#include "cli/report/next-boot.h"
#include "engine/base/alloc.h"
#include "engine/next/next.h"
#include "engine/plan/overlay-view.h"

DEFINE_CLEANUP(struct overlay_view *, overlay_view_free)

static bool differs(const struct options *o, enum foresight_state state)
{
	return state == FORESIGHT_FAIL || (state == FORESIGHT_NOT_MEASURED && !o->allow_unmeasured);
}

/*
 * Not behind the walls of who only looks (confine.h): a trial of dockerd's start needs to make walls of its own,
 * and a child of a confined process has no more rights than that.
 */
int next_boot(struct context *c)
{
	CLEANUP(foresights_clear) struct foresights all = {0};
	CLEANUP(overlay_view_freep) struct overlay_view *view = NULL;
	int code = context_facts_of(c, FACTS_NEXT_BOOT), printed;

	if (code != CODE_OK)
		return code;
	if (c->facts.docker.install == DOCKER_NONE) {
		message("no Docker was found on this host");
		return CODE_ERROR;
	}
	view = overlay_view_new(&c->root, &c->facts, NULL);
	next_start(overlay_view_host(view), &all);
	next_look(overlay_view_host(view), &all);
	foresights_sort(&all);
	for (size_t i = 0; i < all.count; i++)
		if (differs(c->o, all.items[i].state))
			code = CODE_DIFFERENCES;
	printed = c->o->format == FORMAT_JSON ? next_boot_print_json(c, &all, code)
					      : next_boot_print_text(c, &all);
	return printed != CODE_OK ? printed : code;
}
