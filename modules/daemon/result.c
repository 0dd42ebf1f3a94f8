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

static bool has_fault(const struct view *v, const char *key, const char *fault)
{
	CLEANUP(freep) char *own = v ? fault_of(v, key) : NULL;

	return strcmp_null(own, fault) == 0;
}

char *daemon_result_fault(const struct view *now, const struct view *found, const struct view *then)
{
	const struct daemon_key *key;

	for (size_t i = 0; (key = daemon_key_at(i)); i++) {
		CLEANUP(freep) char *fault = fault_of(then, key->key);

		if (fault && !has_fault(now, key->key, fault) && !has_fault(found, key->key, fault))
			return TAKE_PTR(fault);
	}
	return NULL;
}
