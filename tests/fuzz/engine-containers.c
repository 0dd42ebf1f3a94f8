#include "tests/fuzz/fuzz.h"

#include <errno.h>

#include "engine/host/engine-api.h"

/* The input, for each question one line: the list, then each container, then the volumes. */
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

/* The real code with the input in place of the socket. */
#define engine_api_get fuzz_engine_api_get
#include "engine/plan/facts-containers.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(facts_clear) struct facts f = {0};
	struct gather g = {.facts = &f, .api = (struct engine_api *)&f};

	replies = data;
	replies_len = size;
	gather_containers(&g);
	for (size_t i = 0; i < f.docker.ncontainers; i++)
		FUZZ_ASSERT(f.docker.containers[i].id && f.docker.containers[i].name);
	return 0;
}
