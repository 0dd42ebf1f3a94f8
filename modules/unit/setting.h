#pragma once

/*
 * A setting of a systemd unit as systemd puts it together (systemd.unit(5)): the fragment, then
 * the drop-ins by their file names; later assignments win, an empty one clears a list.
 */

#include "engine/model/view.h"

struct unit_setting {
	struct strv values; /* assignments since the last empty one */
	char *decided_by; /* the file with the last assignment; NULL: none */
};

/*
 * Reads a subject of SCHEME_UNIT ("SECTION/KEY") in the unit's files. `dropin` counts too,
 * if it is there. Drop-ins below /run count where it is not `at_boot`: the next one sweeps them away.
 */
int unit_setting_read(struct unit_setting *ret, const struct view *v, const struct unit_facts *unit,
		      const char *dropin, struct subject subject, bool at_boot, struct error *err);
void unit_setting_clear(struct unit_setting *s);
