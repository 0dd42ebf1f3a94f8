#include "tests/fuzz/fuzz.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/host/ask/engine-api.h"

/* The input, for each question one line: the list, the containers, their sessions, the volumes. */
static const uint8_t *replies;
static size_t replies_len;

static int fuzz_engine_api_get(struct engine_api *api, const char *path, struct buf *ret_body,
			       struct error *err)
{
	size_t n = 0;

	FUZZ_ASSERT(path[0] == '/');
	if (replies_len == 0)
		return error_set(err, -ENOENT, "404");
	while (n < replies_len && replies[n] != '\n')
		n++;
	fuzz_text(ret_body, replies, n);
	n += n < replies_len;
	replies += n;
	replies_len -= n;
	return 0;
}

static int fuzz_engine_api_get_many(struct engine_api *api, const struct engine_api_batch *batch,
				    struct error *err)
{
	for (size_t i = 0; i < batch->count; i++) {
		CLEANUP(freep) char *path = batch->path(batch->data, i);
		CLEANUP(buf_clear) struct buf body = {0};
		CLEANUP(error_clear) struct error why = {0};
		int r = fuzz_engine_api_get(api, path, &body, &why);

		batch->answer(batch->data, i, &body, r < 0 ? &why : NULL);
	}
	return 0;
}

/* The real code with the input in place of the socket. */
#define engine_api_get fuzz_engine_api_get
#define engine_api_get_many fuzz_engine_api_get_many
#include "engine/facts/containers.c"

/* Of gather_containers() what dockerd tells, without what the kernel does. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(facts_clear) struct facts f = {.parts = FACTS_CONTAINERS};
	struct gather g = {.facts = &f, .api = (struct engine_api *)&f};
	CLEANUP(reader_clear) struct container_reader reader = {.g = &g};
	CLEANUP(error_clear) struct error err = {0};

	replies = data;
	replies_len = size;
	if (ask(&reader, &err) < 0)
		FUZZ_ASSERT(err.text);
	else
		ask_volumes(&reader);
	for (size_t i = 0; i < f.docker.containers.nseen; i++) {
		const struct container *c = &f.docker.containers.seen[i];

		FUZZ_ASSERT(c->id && (c->unread || c->name));
	}
	plugin_things_clear(&g.plugin_volumes);
	return 0;
}
