#include "modules/daemon/want-check.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "modules/daemon/guards.h"
#include "modules/daemon/value.h"
#include "modules/daemon/when.h"

static int check_list(const char *key, const char *list, struct error *err)
{
	if (list && !json_is(list, "array"))
		return error_set(err, -EINVAL, "'%s' must be a list", key);
	return 0;
}

/* Of the driver that the resource is about, if it says which. */
static int check_log_values(const struct daemon_want *want, struct error *err)
{
	const char *driver = skip_prefix(want->when, "log-driver=");
	CLEANUP(freep) char *why = NULL;

	if (!driver || strcmp(want->key, "log-opts") != 0)
		return 0;
	why = docker_log_values(driver, want->value);
	return why ? error_set(err, -EINVAL, "no container would start with 'value': %s", why) : 0;
}

/* As dockerd would take it from its file: of the right type, down to its members. */
static int check_value(const struct daemon_want *want, struct error *err)
{
	CLEANUP(buf_clear) struct buf file = {0};
	CLEANUP(error_clear) struct error why = {0};

	if (!want->value || !daemon_key_find(want->key))
		return 0;
	buf_printf(&file, "{\"%s\": %s}", want->key, want->value);
	if (daemon_file_check(&file, NULL, NULL, NULL, &why) < 0)
		return error_set(err, -EINVAL, "dockerd would not take 'value': %s",
				 error_text(&why));
	return check_log_values(want, err);
}

int daemon_want_check(const void *desired, struct error *err)
{
	const struct daemon_want *want = desired;
	int r = check_list("accept", want->accept, err);

	if (r == 0)
		r = check_list("forbid", want->forbid, err);
	if (r < 0)
		return r;
	if (!want->value && !want->absent && !want->forbid)
		return error_set(err, -EINVAL, "one of 'value', 'absent' and 'forbid' is needed");
	if (want->absent && (want->value || want->forbid || want->unset_ok))
		return error_set(err, -EINVAL,
				 "'absent' does not go with 'value', 'forbid' or 'unset-ok'");
	if (!want->absent && !daemon_key_find(want->key))
		return error_set(err, -EINVAL, "dockerd has no setting '%s'", want->key);
	r = daemon_when_check(want->when, err);
	return r < 0 ? r : check_value(want, err);
}
