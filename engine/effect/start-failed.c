#include "engine/effect/start-failed.h"

#include <errno.h>

int start_failed(struct effector *e, const char *unit, int code, struct error *err)
{
	struct starts *s = &e->starts;

	s->failed = true;
	if (!s->leave)
		return code;
	if (!strv_contains(&s->left, unit)) {
		strv_add(&s->left, unit);
		if (e->notes)
			strv_addf(e->notes,
				  "'%s' does not start, and stays down: %s; 'systemctl status %s' "
				  "and 'journalctl -u %s' tell why, and 'systemctl start %s' "
				  "brings it up once that is fixed",
				  unit, error_text(err), unit, unit, unit);
	}
	error_clear(err);
	return 0;
}
