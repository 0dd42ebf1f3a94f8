#include "engine/base/alloc.h"
#include "rollback/mover-impl.h"
#include "rollback/staging.h"

char *mover_would_leave(const struct root *root, const struct change *c, bool keep_foreign)
{
	CLEANUP(handles_freep) struct handles *pass = handles_new(root);
	CLEANUP(spot_clear) struct spot now = SPOT_INIT;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *foreign = NULL;

	if (c->nimages == 0)
		return NULL;
	if (spot_look(pass, c->path, change_replaces(c), &now, &err) < 0)
		return xstrdup(error_text(&err));
	foreign = foreign_to(c, 0, &now.node);
	if (!foreign || !*foreign || (keep_foreign && goes_beside(c, 0, &now.node)))
		return NULL;
	return TAKE_PTR(foreign);
}
