#include "rollback/seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/format/json-util.h"
#include "rollback/actor.h"

void seal_clear(struct seal *s)
{
	free(s->id);
	free(s->sha256);
	*s = (struct seal){0};
}

void seal_copy(struct seal *ret, const struct seal *s)
{
	*ret = (struct seal){xstrdup_null(s->id), s->bytes, xstrdup_null(s->sha256)};
}

bool seal_equal(const struct seal *a, const struct seal *b)
{
	return strcmp_null(a->id, b->id) == 0 && a->bytes == b->bytes &&
	       strcmp_null(a->sha256, b->sha256) == 0;
}

json_t *seal_to_json(const struct seal *s)
{
	json_t *j;

	if (!s->id)
		return json_null();
	j = json_object();
	json_put(j, "id", json_text(s->id));
	json_put(j, "bytes", json_integer((json_int_t)s->bytes));
	json_put(j, "sha256", json_text(s->sha256));
	return j;
}

int seal_from_json(const json_t *value, struct seal *ret, struct error *err)
{
	json_int_t bytes = 0;
	int r = 0;

	if (json_is_null(value))
		return 0;
	if (!json_is_object(value))
		r = -EINVAL;
	if (r >= 0)
		r = json_take_text(value, "id", &ret->id, NULL);
	if (r >= 0)
		r = json_take_int(value, "bytes", &bytes, NULL);
	if (r >= 0)
		r = json_take_text(value, "sha256", &ret->sha256, NULL);
	ret->bytes = (uint64_t)bytes;
	if (r >= 0 && ret->id && bytes >= 0)
		return 0;
	seal_clear(ret);
	return error_set(err, -EUCLEAN, "what it says of the transaction before it is damaged");
}

int seal_append(struct journal *j, enum record_type type, const char *payload, struct error *err)
{
	CLEANUP(json_decrefp) json_t *object = json_loads(payload, 0, NULL);
	CLEANUP(actor_clear) struct actor by = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	char hex[DIGEST_HEX_LEN + 1];

	actor_now(&by);
	digest_tell(&j->digest, hex);
	if (!object)
		object = json_object();
	json_put(object, "by", actor_to_json(&by));
	json_put(object, "sha256", json_string(hex));
	json_dump_to(object, JSON_COMPACT, &text);
	return journal_append(j, type, text.data, err);
}

char *seal_of_record(const struct record *record)
{
	CLEANUP(json_decrefp) json_t *j = record ? json_loads(record->payload, 0, NULL) : NULL;

	return xstrdup_null(json_string_value(json_object_get(j, "sha256")));
}

const struct record *seal_end(const struct records *records)
{
	for (size_t i = records->count; i-- > 0;)
		if (records->items[i].type == RECORD_COMMIT ||
		    records->items[i].type == RECORD_UNDO_DONE)
			return &records->items[i];
	return NULL;
}

void seal_of_bytes(struct seal *ret, const char *id, const struct buf *bytes, size_t n)
{
	*ret = (struct seal){xstrdup(id), n, digest_new(bytes->data, n)};
}

size_t seal_decided_bytes(const struct buf *bytes, const struct records *records)
{
	const struct record *end = records ? seal_end(records) : NULL;

	return end ? end->end : records ? records->valid_bytes : bytes->len;
}

static size_t decided_bytes(const struct buf *bytes)
{
	CLEANUP(records_clear) struct records records = {0};
	int r = journal_parse(bytes, &records, NULL);

	return seal_decided_bytes(bytes, r < 0 ? NULL : &records);
}

int seal_measure(const struct state *state, const char *id, uint64_t upto, struct seal *ret,
		 struct error *err)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(close_fd) int directory = state_open_txn(state, id, false, err);
	int r = directory < 0 ? directory : journal_read_bytes(directory, &bytes, err);

	if (r < 0)
		return r;
	if (upto > bytes.len)
		return error_set(err, -ERANGE, "the journal of '%s' is shorter", id);
	if (upto == 0)
		upto = decided_bytes(&bytes);
	seal_of_bytes(ret, id, &bytes, upto);
	return 0;
}
