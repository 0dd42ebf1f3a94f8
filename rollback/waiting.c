#include "rollback/waiting.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/format/json-util.h"
#include "rollback/transaction-directory.h"

void wait_clear(struct wait *w)
{
	free(w->boot_id);
	*w = WAIT_INIT;
}

void instant_now(struct instant *ret)
{
	*ret = (struct instant){.real_usec = clock_usec(CLOCK_REALTIME),
				.mono_usec = clock_usec(CLOCK_MONOTONIC),
				.boot_id = current_boot_id()};
}

void instant_clear(struct instant *i)
{
	free(i->boot_id);
	*i = (struct instant){0};
}

static char *format(const struct wait *w)
{
	CLEANUP(json_decrefp) json_t *j = json_object();
	CLEANUP(buf_clear) struct buf text = {0};

	json_put(j, "until_usec", json_integer((json_int_t)w->until_usec));
	json_put(j, "granted_usec", json_integer((json_int_t)w->granted_usec));
	json_put(j, "boot_id", json_text(w->boot_id));
	json_put(j, "mono_usec", json_integer((json_int_t)w->mono_usec));
	json_dump_to(j, JSON_COMPACT, &text);
	return buf_take(&text);
}

static int parse(const char *payload, struct wait *ret, struct error *err)
{
	CLEANUP(json_decrefp) json_t *j = json_loads(payload, JSON_REJECT_DUPLICATES, NULL);
	json_int_t until = 0, granted = 0, mono = 0;
	int r = json_is_object(j) ? 0 : -EUCLEAN;

	if (r >= 0)
		r = json_take_int(j, "until_usec", &until, err);
	if (r >= 0)
		r = json_take_int(j, "granted_usec", &granted, err);
	if (r >= 0)
		r = json_take_int(j, "mono_usec", &mono, err);
	if (r >= 0)
		r = json_take_text(j, "boot_id", &ret->boot_id, err);
	if (r < 0 || until < 0 || granted < 0 || mono < 0)
		return error_set(err, -EUCLEAN, "until when it waits cannot be read");
	ret->until_usec = (uint64_t)until;
	ret->granted_usec = (uint64_t)granted;
	ret->mono_usec = (uint64_t)mono;
	return 0;
}

int wait_read(const struct records *records, struct wait *ret, struct error *err)
{
	const struct record *last = records_find(records, RECORD_WAITING);
	struct wait w = WAIT_INIT;
	int r;

	if (!last)
		return error_set(err, -ENOENT, "it does not wait");
	for (size_t i = 0; i < records->count; i++)
		w.number += records->items[i].type == RECORD_WAITING;
	r = parse(last->payload, &w, err);
	if (r < 0)
		wait_clear(&w);
	else
		*ret = w;
	return r;
}

static uint64_t until(uint64_t deadline, uint64_t now)
{
	return deadline > now ? deadline - now : 0;
}

uint64_t wait_left(const struct wait *w, const struct instant *now)
{
	bool same_boot = *now->boot_id && strcmp_null(w->boot_id, now->boot_id) == 0;
	uint64_t left = same_boot ? until(w->mono_usec, now->mono_usec)
				  : until(w->until_usec, now->real_usec);

	return left > w->granted_usec ? w->granted_usec : left;
}

int wait_look(const struct records *records, uint64_t *ret_left, uint64_t *ret_until,
	      struct error *err)
{
	CLEANUP(instant_clear) struct instant now = {0};
	CLEANUP(wait_clear) struct wait w = WAIT_INIT;
	int r = wait_read(records, &w, err);

	if (r < 0)
		return r;
	instant_now(&now);
	*ret_left = wait_left(&w, &now);
	*ret_until = w.until_usec;
	return 0;
}

/* harden-confirm-ID; with a number where it is not the first wait's. */
static char *timer_name(const char *id, unsigned number)
{
	return number == 1 ? xasprintf("harden-confirm-%s", id)
			   : xasprintf("harden-confirm-%s-%u", id, number);
}

static int arm(struct effector *e, const char *id, unsigned number, uint64_t usec,
	       struct error *err)
{
	CLEANUP(freep) char *name = timer_name(id, number);
	int r = e->ops->arm ? e->ops->arm(e, name, usec, err)
			    : error_set(err, -EOPNOTSUPP, "no systemd runs here");

	return r < 0 ? error_wrap(err, r, "no timer could be made that undoes it in time") : 0;
}

static void disarm(struct effector *e, const char *id, unsigned number)
{
	CLEANUP(freep) char *name = timer_name(id, number);

	if (e->ops->disarm)
		e->ops->disarm(e, name);
}

int wait_guard(struct effector *e, const char *id, uint64_t usec, struct error *err)
{
	return arm(e, id, 0, usec, err);
}

int wait_begin(struct journal *j, struct effector *e, const char *id, unsigned number,
	       uint64_t usec, struct error *err)
{
	CLEANUP(instant_clear) struct instant now = {0};
	CLEANUP(freep) char *payload = NULL;
	int r;

	instant_now(&now);
	payload = format(&(const struct wait){.until_usec = now.real_usec + usec,
					      .granted_usec = usec,
					      .boot_id = now.boot_id,
					      .mono_usec = now.mono_usec + usec});
	r = check_boot_id(now.boot_id, err);
	if (r >= 0)
		r = arm(e, id, number + 1, usec, err);
	if (r >= 0)
		r = journal_append(j, RECORD_WAITING, payload, err);
	if (r >= 0)
		disarm(e, id, number);
	return r < 0 ? r : 0;
}

int wait_extend(struct journal *j, struct effector *e, const char *id, const struct wait *w,
		uint64_t usec, struct error *err)
{
	int r = wait_begin(j, e, id, w->number, usec, err);

	if (r < 0) /* the journal does not count on it, and one of its name may be wanted earlier */
		disarm(e, id, w->number + 1);
	return r;
}

int wait_go_on(struct journal *j, struct effector *e, const char *id, const struct wait *w,
	       struct error *err)
{
	CLEANUP(instant_clear) struct instant now = {0};

	if (!e->ops->arm)
		return 0; /* an image: the boot of its host sees to it */
	instant_now(&now);
	if (strcmp_null(w->boot_id, now.boot_id) != 0)
		return wait_begin(j, e, id, w->number, wait_left(w, &now), err);
	/*
	 * it was there before the record was, and should be still; one that has elapsed gives way to another.
	 * Where none can be made now, that is no proof that there is none
	 */
	if (arm(e, id, w->number, wait_left(w, &now), NULL) < 0)
		wait_begin(j, e, id, w->number, wait_left(w, &now), NULL);
	return 0;
}

void wait_end(struct effector *e, const char *id, unsigned number)
{
	disarm(e, id, number);
	if (number > 0) /* a run that died in between has left the one before */
		disarm(e, id, number - 1);
}
