#include <errno.h>
#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/host/ask/bus-impl.h"

/*
 * Many properties, asked together. One after the other each costs a turn of systemd's and one of ours, and
 * a host has hundreds of units: most of the time of a plan was spent waiting.
 */

/* On their way at a time: a bus daemon refuses who waits for more than 128 answers. */
#define AT_ONCE 64

struct asked {
	struct many *many;
	const struct bus_question *question;
	sd_bus_slot *slot;
	bool answered;
};

struct many {
	struct bus *bus;
	struct asked *items;
	bus_read_one *read;
	size_t waiting; /* for so many answers */
	struct error *err;
	int r; /* of the first that could not be told */
};

/* A property that this systemd does not have is no error; an object that it does not know is. */
static bool is_no_property(const sd_bus_error *e)
{
	return sd_bus_error_has_name(e, "org.freedesktop.DBus.Error.UnknownProperty");
}

static int read_answer(sd_bus_message *m, const struct asked *a)
{
	const struct bus_question *q = a->question;
	const sd_bus_error *e = sd_bus_message_get_error(m);
	int r = e ? -sd_bus_message_get_errno(m) : 0;

	if (e && is_no_property(e))
		return 0;
	if (e)
		return error_set(a->many->err, r, "cannot read %s of '%s' from systemd: %s",
				 q->property, q->unit, e->message ? e->message : e->name);
	r = sd_bus_message_enter_container(m, 'v', NULL);
	if (r > 0)
		r = a->many->read(m, q->ret);
	return r < 0 ? error_errno(a->many->err, r, "cannot understand systemd's %s of '%s'",
				   q->property, q->unit)
		     : 0;
}

static int on_answer(sd_bus_message *m, void *data, sd_bus_error *ret_error)
{
	struct asked *a = data;
	struct many *many = a->many;

	many->waiting--;
	if (!sd_bus_is_open(many->bus->sd))
		return 1; /* sd-bus's own word for each that waits: it is no answer */
	a->answered = true;
	if (many->r >= 0)
		many->r = read_answer(m, a);
	return 1;
}

/* systemd finds, and loads if need be, what an object's path names: nobody has to ask for it first. */
static int ask(struct many *many, struct asked *a)
{
	CLEANUP(freep) char *object = NULL;
	int r = sd_bus_path_encode(SYSTEMD_PATH "/unit", a->question->unit, &object);

	if (r >= 0)
		r = sd_bus_call_method_async(many->bus->sd, &a->slot, SYSTEMD_NAME, object,
					     "org.freedesktop.DBus.Properties", "Get", on_answer, a,
					     "ss", SYSTEMD_UNIT, a->question->property);
	if (r >= 0)
		many->waiting++;
	return r < 0 && !bus_is_lost(r)
		       ? error_errno(many->err, r, "cannot ask systemd for '%s'", a->question->unit)
		       : r;
}

/* Until no more than so many answers are waited for. */
static int wait_for(struct many *many, size_t most)
{
	while (many->r >= 0 && many->waiting > most) {
		int r = sd_bus_process(many->bus->sd, NULL);

		if (r == 0)
			r = sd_bus_wait(many->bus->sd, UINT64_MAX);
		if (!sd_bus_is_open(many->bus->sd))
			return -ECONNRESET;
		if (r < 0 && r != -EINTR)
			return bus_is_lost(r)
				       ? r
				       : error_errno(many->err, r, "systemd does not answer");
	}
	return many->r;
}

/* Those that have no answer yet. */
static int ask_all(struct many *many, size_t n)
{
	int r = 0;

	many->waiting = 0;
	for (size_t i = 0; i < n && r >= 0; i++) {
		if (many->items[i].answered)
			continue;
		r = wait_for(many, AT_ONCE - 1);
		if (r >= 0)
			r = ask(many, &many->items[i]);
	}
	if (r >= 0)
		r = wait_for(many, 0);
	/* what was not answered is waited for no more: nothing is called that is gone */
	for (size_t i = 0; i < n; i++)
		many->items[i].slot = sd_bus_slot_unref(many->items[i].slot);
	return r;
}

int bus_ask_many(struct bus *b, const struct bus_question *questions, size_t n, bus_read_one *read,
		 struct error *err)
{
	struct many many = {.bus = b, .read = read, .err = err};
	int r;

	many.items = xcalloc(n, sizeof(*many.items));
	for (size_t i = 0; i < n; i++)
		many.items[i] = (struct asked){.many = &many, .question = &questions[i]};
	do
		r = ask_all(&many, n);
	while (many.r >= 0 && bus_again(b, r, NULL));
	free(many.items);
	if (bus_is_lost(r) && many.r >= 0)
		return error_errno(err, r, "systemd does not answer");
	return r < 0 ? r : 0;
}
