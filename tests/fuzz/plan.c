#include "tests/fuzz/fuzz.h"

#include <jansson.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/format/json-util.h"
#include "engine/plan/plan-json.h"

static void release(json_t **j)
{
	json_decref(*j);
}

/* The digest inside made right, so that what it guards is reached. */
static bool sign(struct buf *text)
{
	CLEANUP(release)
	json_t *j = json_loadb(buf_str(text), text->len, JSON_REJECT_DUPLICATES, NULL);
	CLEANUP(buf_clear) struct buf rest = {0};
	CLEANUP(freep) char *digest = NULL;

	if (!json_is_object(j))
		return false;
	json_object_del(j, "digest");
	json_dump_to(j, JSON_COMPACT | JSON_SORT_KEYS, &rest);
	digest = digest_new(rest.data, rest.len);
	json_put(j, "digest", json_string(digest));
	buf_clear(text);
	json_dump_to(j, JSON_COMPACT, text);
	return true;
}

/* What was read is written, read and written again: the same bytes. */
static void check_round_trip(const struct plan *plan)
{
	CLEANUP(plan_clear) struct plan again = {0};
	CLEANUP(buf_clear) struct buf first = {0}, second = {0}, redacted = {0};

	FUZZ_ASSERT(plan_to_json(plan, false, &first, NULL) >= 0);
	FUZZ_ASSERT(plan_from_json(&again, "again", &first, NULL) >= 0);
	FUZZ_ASSERT(plan_to_json(&again, false, &second, NULL) >= 0);
	FUZZ_ASSERT(buf_equal(&first, &second));
	FUZZ_ASSERT(plan_to_json(plan, true, &redacted, NULL) >= 0);
}

static void try(const struct buf *text)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r = plan_from_json(&plan, "saved", text, &err);

	FUZZ_ASSERT(r >= 0 || err.text);
	if (r >= 0)
		check_round_trip(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_clear) struct buf text = {0};

	fuzz_text(&text, data, size);
	try(&text);
	if (sign(&text))
		try(&text);
	return 0;
}
