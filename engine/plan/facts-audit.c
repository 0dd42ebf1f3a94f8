#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/audit.h"
#include "engine/plan/facts-parts.h"

/* auditd 4 came with a unit of its own for loading rules; that tells it where dpkg does not. */
static unsigned major_version(struct gather *g)
{
	CLEANUP(freep) char *version = package_version(g, "auditd");
	const char *colon = version ? strchr(version, ':') : NULL;

	if (version)
		return (unsigned)strtoul(colon ? colon + 1 : version, NULL, 10);
	return path_exists(g, "/usr/lib/systemd/system/audit-rules.service") ? 4 : 0;
}

void gather_audit(struct gather *g)
{
	struct audit_facts *a = &g->facts->audit;
	CLEANUP(error_clear) struct error err = {0};

	a->enabled = -1;
	a->installed = path_exists(g, "/etc/audit"); /* what is in it only root may see */
	if (a->installed)
		a->major = major_version(g);
	if (g->facts->offline)
		a->not_measured = xstrdup("this is not the running system");
	else if (audit_read(a, &err) < 0)
		a->not_measured = xstrdup(error_text(&err));
}
