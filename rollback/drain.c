#include "rollback/drain.h"

#include <errno.h>
#include <jansson.h>

#include "engine/base/alloc.h"
#include "engine/effect/site-command.h"
#include "engine/format/json-util.h"
#include "rollback/transaction-directory.h"

static int note_out(const struct drain *d, struct journal *j, struct error *err)
{
	CLEANUP(json_decrefp) json_t *json = json_object();
	CLEANUP(buf_clear) struct buf text = {0};

	json_put(json, "back", json_text(d->back));
	json_dump_to(json, JSON_COMPACT, &text);
	return journal_append(j, RECORD_DRAIN, buf_str(&text), err);
}

int drain_before(struct drain *d, enum handler handler, struct journal *j,
		 const struct interrupt *interrupt, struct error *err)
{
	int r;

	if (!d->out || d->was || !(HANDLER_BIT(handler) & HANDLERS_RESTART))
		return 0;
	r = note_out(d, j, err);
	if (r < 0)
		return r;
	d->is_out = d->was = true;
	r = site_command_run(d->out, interrupt, err);
	return r < 0 && r != -EINTR ? error_wrap(err, r, "the drain command") : r;
}

/* A second one would be told apart by nobody: one that fails is for a person, and not tried again. */
void drain_end(struct drain *d, struct journal *j, struct strv *notes)
{
	CLEANUP(error_clear) struct error err = {0};

	if (!d->is_out)
		return;
	d->is_out = false;
	if (d->back && site_command_run(d->back, NULL, &err) < 0)
		strv_addf(notes, "the undrain command: %s; the host may still be out of service",
			  error_text(&err));
	journal_note(j, RECORD_UNDRAINED, "{}", NULL);
}

void drain_read(const struct records *records, struct drain *ret, char **ret_path)
{
	const struct record *out = records_find(records, RECORD_DRAIN);

	*ret = (struct drain){0};
	*ret_path = NULL;
	if (!out || records_find(records, RECORD_UNDRAINED))
		return;
	*ret_path = record_text(out, "back");
	ret->back = *ret_path;
	ret->is_out = ret->was = true;
}
