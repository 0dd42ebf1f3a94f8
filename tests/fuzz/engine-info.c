#include "tests/fuzz/fuzz.h"

#include "engine/format/daemon-info.h"
#include "engine/format/schemes/json-text.h"

/* The replies of GET /info and /networks/bridge: every value that is taken is JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf body = {0};

	fuzz_text(&body, data, size);
	daemon_info_read(&body, &f.docker, &err);
	error_clear(&err);
	daemon_info_read_bridge(&body, &f.docker, &err);
	daemon_info_has_option(&f.docker, "userns");
	for (size_t i = 0; i < f.docker.now.count; i++)
		FUZZ_ASSERT(!f.docker.now.items[i].value ||
			    json_value_type(f.docker.now.items[i].value));
	return 0;
}
