/* What recovery does about a host that a run has left out of service. */

#include "engine/base/alloc.h"
#include "rollback/recover-impl.h"

void undrain_patient(struct patient *p, const struct root *root, struct recovery *ret)
{
	CLEANUP(strv_clear) struct strv failed = {0};
	CLEANUP(freep) char *back = NULL;
	struct drain drain;

	drain_read(&p->records, &drain, &back);
	if (!drain.is_out)
		return;
	drain_end(&drain, root, &p->x.journal, &failed);
	for (size_t i = 0; i < failed.count; i++)
		strv_addf(&ret->notes, "%s: %s", p->id, failed.items[i]);
	/* of an image's host nothing is to be done from here */
	ret->out_of_service |= failed.count > 0 && !root->offline;
	if (back && failed.count == 0)
		strv_addf(&ret->notes, "%s: '%s' has put the host back into service", p->id, back);
}

bool name_drained(const struct patient *p, struct strv *names)
{
	CLEANUP(records_clear) struct records records = {0};
	CLEANUP(freep) char *out = NULL;

	/* as it is by now: what was to be done may have been, before something else failed */
	if (p->directory < 0 || journal_salvage(p->directory, &records, NULL) < 0)
		return false;
	out = drain_left(&records);
	if (out)
		strv_addf(names, "%s: %s", p->id, out);
	return out;
}
