#include "engine/host/read/sysctl.h"
#include "engine/host/write/sysctl-write.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/forwarding.h"
#include "engine/effect/live.h"
#include "engine/format/secret.h"

/* Of one that the kernel made something else of: what it was, so that a failure has changed nothing. */
static int refuse_other(const char *name, const char *value, const char *before, const char *now,
			struct error *err)
{
	const struct subject setting = subject_of(SCHEME_SYSCTL, name);
	CLEANUP(freep) char *wanted = secret_show_value(setting, value);
	CLEANUP(freep) char *is = secret_show_value(setting, now);

	if (before)
		sysctl_write(name, before, NULL);
	return error_set(err, -EIO, "the kernel made '%s' of %s=%s", is, name, wanted);
}

static int put(const char *name, const char *value, const char *before, struct error *err)
{
	CLEANUP(freep) char *now = NULL;
	int r = sysctl_write(name, value, err);

	if (r < 0) {
		CLEANUP(freep)
		char *wanted = secret_show_value(subject_of(SCHEME_SYSCTL, name), value);

		return error_wrap(err, r, "it is to be '%s'", wanted);
	}
	r = sysctl_read(name, &now, err);
	return r < 0 || sysctl_same(now, value) ? r : refuse_other(name, value, before, now, err);
}

/* Nobody can tell afterwards which interface had its value by itself: the way back takes it with the others. */
static void tell_alone(struct live *l, const char *name, const char *value,
		       const struct forwarding *f)
{
	CLEANUP(freep) char *all = strv_join(&f->alone, ", ");
	CLEANUP(freep) char *is = secret_show_value(subject_of(SCHEME_SYSCTL, name), value);

	if (l->effector.notes && f->alone.count > 0)
		strv_addf(
			l->effector.notes,
			"%s is %s, as forwarding of %s was already: undone, that goes with it, and "
			"is not put back by itself",
			name, is, all);
}

static int set(struct live *l, const char *name, const char *value, struct error *err)
{
	CLEANUP(forwarding_clear) struct forwarding along = {0};
	CLEANUP(freep) char *before = NULL;
	int r, kept;

	/* what is so already is left alone: undoing what never was would need a right to write */
	if (sysctl_read(name, &before, NULL) >= 0 && sysctl_same(before, value))
		return 0;
	forwarding_look(&along, name, value, &l->broken_off);
	r = put(name, value, before, err);
	kept = forwarding_keep(&along, r < 0 ? NULL : err);
	if (r >= 0)
		tell_alone(l, name, value, &along);
	return r < 0 ? r : kept;
}

/* The kernel's own no: nobody here can change that before the next boot, and a way back must not hang on it. */
static int refused(struct live *l, const char *name, int code, struct error *err)
{
	struct starts *s = &l->effector.starts;

	s->settings_failed = true;
	if (!s->leave)
		return code;
	if (l->effector.notes && !strv_contains(&s->left, name))
		strv_addf(l->effector.notes, "%s stays as it is in the kernel: %s", name,
			  error_text(err));
	strv_add_once(&s->left, name);
	error_clear(err);
	return 0;
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

static int bring(struct live *l, const char *name, const char *value, struct error *err)
{
	struct error why = {0};
	int r = 0;

	if (secret_is_digest(value))
		leave_secret(l, name, value);
	else
		r = set(l, name, value, &why);
	if (r < 0)
		r = refused(l, name, r, &why);
	error_move(err, &why);
	return r;
}

/* Of a write that was broken off and stays, or was done once more already: what went along goes back all the same. */
static int keep_broken_off(const struct live *l, struct error *err)
{
	static const char *const settings[] = {"net.ipv4.ip_forward",
					       "net.ipv6.conf.all.forwarding"};
	CLEANUP(forwarding_clear) struct forwarding along = {0};

	for (size_t i = 0; i < ARRAY_SIZE(settings) && l->broken_off.names.count > 0; i++) {
		CLEANUP(freep) char *now = NULL;

		if (sysctl_read(settings[i], &now, NULL) >= 0)
			forwarding_look(&along, settings[i], now, &l->broken_off);
	}
	return forwarding_keep(&along, err);
}

/* All that can be: what one does not take is no reason to leave the others as they are. */
int run_sysctl(struct live *l, const struct effects *towards, struct error *err)
{
	CLEANUP(strv_clear) struct strv failures = {0};
	CLEANUP(freep) char *all = NULL;
	int failed = 0;

	for (size_t i = 0; i < towards->count; i++) {
		const struct effect *e = &towards->items[i];
		const char *name = effect_key(e, SCHEME_SYSCTL);
		CLEANUP(error_clear) struct error why = {0};
		int r = name && e->after && !e->pending ? bring(l, name, e->after, &why) : 0;

		if (r < 0)
			strv_add(&failures, error_text(&why));
		failed = failed < 0 ? failed : r;
	}
	if (failed >= 0)
		return keep_broken_off(l, err);
	keep_broken_off(l, NULL);
	all = strv_join(&failures, "; ");
	return error_set(err, failed, "%s", all);
}

int setting_now(const char *name, char **ret)
{
	int r = sysctl_read(name, ret, NULL);

	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

void live_writes_along(struct effector *e, enum handler handler, const struct effects *towards,
		       struct strv *ret_names, struct strv *ret_values)
{
	CLEANUP(forwarding_clear) struct forwarding along = {0};

	(void)e;
	for (size_t i = 0; handler == HANDLER_SYSCTL && i < towards->count; i++) {
		const struct effect *wish = &towards->items[i];
		const char *name = effect_key(wish, SCHEME_SYSCTL);
		CLEANUP(freep) char *now = NULL;

		if (!name || !wish->after || wish->pending || secret_is_digest(wish->after) ||
		    sysctl_read(name, &now, NULL) < 0 || sysctl_same(now, wish->after))
			continue;
		forwarding_look(&along, name, wish->after, NULL);
	}
	strv_add_all(ret_names, &along.names);
	strv_add_all(ret_values, &along.values);
}

void live_wrote_along(struct effector *e, const struct strv *names, const struct strv *values)
{
	struct live *l = (struct live *)e;

	forwarding_clear(&l->broken_off);
	strv_add_all(&l->broken_off.names, names);
	strv_add_all(&l->broken_off.values, values);
}
