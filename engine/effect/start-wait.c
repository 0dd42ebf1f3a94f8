#include "engine/effect/start-wait.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/base/macros.h"

#define LEAST_MS 120000 /* a missing authorization plugin alone costs dockerd 16 s */
#define MOST_MS 600000

int start_wait_ms(uint64_t limit_usec)
{
	uint64_t ms = limit_usec / 1000;

	return ms < LEAST_MS ? LEAST_MS : ms > MOST_MS ? MOST_MS : (int)ms;
}

int start_wait_end(int code, const char *active, int waited_ms, struct error *err)
{
	if (code != -ETIMEDOUT)
		return code;
	if (strcmp_null(active, "active") == 0)
		return 0;
	if (strcmp_null(active, "activating") != 0)
		return code;
	return error_set(err, code,
			 "docker.service is still starting after %d s, and nothing says that it "
			 "failed; 'journalctl -u docker' shows what it waits for",
			 waited_ms / 1000);
}
