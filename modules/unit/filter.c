#include "engine/format/filter-command.h"

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/model/unit-states.h"
#include "modules/common/conf-names.h"
#include "modules/common/docker-network.h"
#include "modules/unit/install.h"
#include "modules/unit/state.h"

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

static const char *of_dropins(const struct view *v, const char *unit)
{
	const char *found = NULL;

	for (size_t i = 0; unit_directories[i] && !found; i++) {
		CLEANUP(freep) char *directory = xasprintf("%s/%s.d", unit_directories[i], unit);
		CLEANUP(strv_clear) struct strv names = {0}, paths = {0};

		view_children(v, directory, &names, NULL);
		path_add_matching(&paths, directory, &names, "*.conf");
		for (size_t k = 0; k < paths.count && !found; k++) {
			CLEANUP(buf_clear) struct buf text = {0};

			if (view_content(v, paths.items[k], &text, NULL) >= 0)
				found = filter_flusher_of_unit(&text);
		}
	}
	return found;
}

/*
 * A start may put other rules in place of all, a stop may take all away, and a daemon does so without a
 * command for it: so each command counts, whichever way the unit goes.
 */
void unit_hold_filter(const struct unit_wish *w, const char *unit, bool starts)
{
	CLEANUP(unit_file_clear) struct unit_file file = {0};
	CLEANUP(freep) char *what = xasprintf("%s %s", starts ? "starting" : "stopping", unit);
	const char *program = NULL;

	if (w->ours && strcmp(unit, w->name) == 0)
		return;
	if (unit_file_find(&file, w->view, unit, NULL) >= 0 && file.path)
		program = filter_flusher_of_unit(&file.text);
	if (!program)
		program = of_dropins(w->view, unit);
	if (!program && !file.path)
		program = keeper_by_name(unit);
	if (program)
		hold_filter_rules(w->view->facts, what, program, w->delta);
}
