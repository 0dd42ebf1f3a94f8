#include "modules/daemon/result.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "modules/daemon/guards.h"
#include "modules/daemon/next.h"

/* Of one key, where the view has a value for it. */
static char *fault_of(const struct view *v, const char *key)
{
	CLEANUP(daemon_next_clear) struct daemon_next next = {0};
	CLEANUP(delta_clear) struct delta d = {0};
	const char *value;

	if (daemon_next_read(&next, v, key, NULL) < 0)
		return NULL;
	value = daemon_next_value(&next);
	if (!value)
		return NULL;
	docker_guards_start(v, key, value, &d);
	if (strcmp(key, "default-ulimits") == 0)
		docker_guards_ulimits(v, value, &d);
	return d.refusal ? TAKE_PTR(d.refusal) : NULL;
}

char *daemon_result_fault(const struct view *now, const struct view *then)
{
	const struct daemon_key *key;

	for (size_t i = 0; (key = daemon_key_at(i)); i++) {
		CLEANUP(freep) char *fault = fault_of(then, key->key);
		CLEANUP(freep) char *was = fault ? fault_of(now, key->key) : NULL;

		if (fault && strcmp_null(fault, was) != 0)
			return TAKE_PTR(fault);
	}
	return NULL;
}
