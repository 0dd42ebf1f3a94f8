#include "cli/undo-acks.h"

#include "cli/message.h"
#include "cli/only.h"
#include "engine/base/alloc.h"

int undo_acks(struct context *c, const struct transaction_summary *t)
{
	CLEANUP(baseline_clear) struct baseline numbers = {0};

	only_load_numbers(c, &numbers);
	for (size_t i = 0; i < c->o->ack.count; i++) {
		const struct control *numbered = baseline_find(&numbers, c->o->ack.items[i]);
		const char *name = numbered ? numbered->id : c->o->ack.items[i];
		const struct finding *f = plan_find_finding(&t->plan, name);

		if (!(f && f->state == FINDING_PLANNED) && !plan_has_control(&c->plan, name)) {
			message("--ack '%s' names nothing that had a part in %s",
				c->o->ack.items[i], t->id);
			return CODE_USAGE;
		}
		strv_add_once(&c->ack, name);
	}
	return CODE_OK;
}
