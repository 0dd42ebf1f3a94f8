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
	d->failed = r < 0 && r != -EINTR;
	return d->failed ? error_wrap(err, r, "the drain command") : r;
}

static int put_back(const struct drain *d, const struct root *root, struct strv *notes)
{
	CLEANUP(error_clear) struct error err = {0};
	int r;

	if (!d->back)
		return 0; /* as was asked for: somebody else does it */
	if (root->offline) {
		strv_addf(notes,
			  "the host of this image may be out of service: '%s' puts it back, there",
			  d->back);
		return -EOPNOTSUPP;
	}
	r = site_command_run(d->back, NULL, &err);
	if (r < 0)
		strv_addf(notes, "the undrain command: %s; the host may still be out of service",
			  error_text(&err));
	return r;
}

void drain_end(struct drain *d, const struct root *root, struct journal *j, struct strv *notes)
{
	if (!d->is_out)
		return;
	d->is_out = false;
	if (put_back(d, root, notes) >= 0)
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

char *drain_left(const struct records *records)
{
	CLEANUP(freep) char *back = NULL;
	struct drain drain;

	drain_read(records, &drain, &back);
	if (!drain.is_out)
		return NULL;
	return back ? xasprintf("the host may be out of service: '%s' puts it back", back)
		    : xstrdup("the host may be out of service: its journal names nothing that puts "
			      "it back");
}
