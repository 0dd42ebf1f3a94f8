#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/filter-command.h"
#include "modules/common/docker-network.h"
#include "modules/unit/state.h"
#include "modules/unit/texts.h"

/* By name, where no file of theirs can be read. */
static const char *keeper_by_name(const char *unit)
{
	static const char *const names[] = {"firewalld.service", "ip6tables.service",
					    "iptables.service",  "netfilter-persistent.service",
					    "nftables.service",  "shorewall.service",
					    "ufw.service"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(unit, names[i]) == 0)
			return names[i];
	return NULL;
}

/*
 * A start may put other rules in place of all, a stop may take all away, and a daemon does so without a
 * command for it: so each command counts, whichever way the unit goes.
 */
void unit_hold_filter(const struct unit_wish *w, const char *unit, bool starts)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *what = xasprintf("%s %s", starts ? "starting" : "stopping", unit);
	bool there = unit_texts(w->view, unit, &text);
	const char *program = filter_flusher_of_unit(&text);

	if (w->ours && strcmp(unit, w->name) == 0)
		return;
	if (!program && !there)
		program = keeper_by_name(unit);
	if (program)
		hold_filter_rules(w->view->facts, what, program, w->delta);
}
