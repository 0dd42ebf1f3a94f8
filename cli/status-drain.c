#include "cli/status-drain.h"

#include "cli/message.h"
#include "engine/base/alloc.h"

/* The newest that took it out of service tells how it is now: its own way back was the last. */
char *drain_find(const struct ledger *l)
{
	for (size_t i = l->count; i-- > 0;) {
		const struct transaction_summary *t = &l->items[i];

		if (t->drained)
			return t->out_of_service ? xasprintf("%s: %s", t->id, t->out_of_service)
						 : NULL;
	}
	return NULL;
}

void drain_put(const struct ledger *l, struct buf *b, const struct style *s)
{
	CLEANUP(freep) char *recover = options_command(l->c.o, "recover");
	CLEANUP(freep) char *out = drain_find(l);
	CLEANUP(freep) char *line = out ? xasprintf("%s; '%s' tries it", out, recover) : NULL;

	if (!line)
		return;
	buf_puts(b, "Drained:  ");
	wrap_text(b, s, 10, line);
}
