#include "engine/host/read/sysctl.h"
#include "engine/host/write/sysctl-write.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"
#include "engine/effect/live.h"
#include "engine/format/secret.h"

/* The kernel writes several values of one setting with tabs between, people with spaces. */
static bool same_value(const char *a, const char *b)
{
	CLEANUP(strv_clear) struct strv x = {0}, y = {0};

	strv_split(&x, a, " \t\n");
	strv_split(&y, b, " \t\n");
	return strv_equal(&x, &y);
}

static int set(const char *name, const char *value, struct error *err)
{
	const struct subject setting = subject_of(SCHEME_SYSCTL, name);
	CLEANUP(freep) char *wanted = secret_show_value(setting, value), *is = NULL;
	CLEANUP(freep) char *before = NULL, *now = NULL;
	int r;

	/* what is so already is left alone: undoing what never was would need a right to write */
	if (sysctl_read(name, &before, NULL) >= 0 && same_value(before, value))
		return 0;
	r = sysctl_write(name, value, err);
	if (r < 0)
		return error_wrap(err, r, "it is to be '%s'", wanted);
	r = sysctl_read(name, &now, err);
	if (r < 0 || same_value(now, value))
		return r;
	is = secret_show_value(setting, now);
	return error_set(err, -EIO, "the kernel made '%s' of %s=%s", is, name, wanted);
}

/* A secret of the kernel's own is recorded as a digest: nobody can set that again, and it is said. */
static void leave_secret(struct live *l, const char *name, const char *digest)
{
	CLEANUP(freep) char *now = NULL, *is = NULL;

	if (sysctl_read(name, &now, NULL) >= 0)
		is = secret_digest(now);
	if (l->effector.notes && strcmp_null(is, digest) != 0)
		strv_addf(l->effector.notes,
			  "%s stays as it is in the kernel until the next boot: what it was before "
			  "is "
			  "a secret, and is not recorded",
			  name);
}

int run_sysctl(struct live *l, const struct effects *towards, struct error *err)
{
	for (size_t i = 0; i < towards->count; i++) {
		const struct effect *e = &towards->items[i];
		const char *name = effect_key(e, SCHEME_SYSCTL);
		int r;

		if (!name || !e->after || e->pending)
			continue;
		if (secret_is_digest(e->after)) {
			leave_secret(l, name, e->after);
			continue;
		}
		r = set(name, e->after, err);
		if (r < 0)
			return r;
	}
	return 0;
}
