#include "engine/host/ask/engine-api-impl.h"

#include <errno.h>

#include "engine/base/alloc.h"

#define WAIT_MS 1000

/* A batch under way: `next` is the first that was not begun yet. */
struct run {
	struct engine_api *api;
	const struct engine_api_batch *batch;
	size_t next, under_way;
};

static void answer(const struct run *run, size_t index, const char *path, int code,
		   struct lane *lane)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = transfer_end(run->api, &lane->transfer, code, path, &err);

	run->batch->answer(run->batch->data, index, &lane->body, r < 0 ? &err : NULL);
}

/* Gives the lane the next request that can be begun; it stays idle when there is none left. */
static void begin_next(struct run *run, struct lane *lane)
{
	while (run->next < run->batch->count) {
		size_t index = run->next++;
		CLEANUP(freep) char *path = run->batch->path(run->batch->data, index);
		int code;

		if (run->api->silent_ms) {
			answer(run, index, path, CURLE_OPERATION_TIMEDOUT, lane);
			continue;
		}
		code = transfer_begin(run->api, &lane->transfer, path, &lane->body);
		if (code == 0 && curl.multi_add(run->api->multi, lane->transfer.handle) == 0) {
			lane->path = TAKE_PTR(path);
			lane->index = index;
			run->under_way++;
			return;
		}
		answer(run, index, path, code ? code : -1, lane);
	}
}

static struct lane *lane_of(struct engine_api *api, const void *handle)
{
	for (size_t i = 0; i < ARRAY_SIZE(api->pool); i++)
		if (api->pool[i].transfer.handle == handle && api->pool[i].path)
			return &api->pool[i];
	return NULL;
}

static void end(struct run *run, struct lane *lane, int code)
{
	CLEANUP(freep) char *path = TAKE_PTR(lane->path);

	curl.multi_remove(run->api->multi, lane->transfer.handle);
	run->under_way--;
	answer(run, lane->index, path, code, lane);
}

static void take_finished(struct run *run)
{
	struct CURLMsg *m;
	int left;

	while ((m = curl.multi_info_read(run->api->multi, &left))) {
		/* the message goes with its handle */
		struct lane *lane = lane_of(run->api, m->easy_handle);
		int code = m->data.result;

		if (m->msg != CURLMSG_DONE || !lane)
			continue;
		end(run, lane, code);
		begin_next(run, lane);
	}
}

static int open_lanes(struct engine_api *api, size_t wanted, struct error *err)
{
	int r = 0;

	if (!api->multi)
		api->multi = curl.multi_init();
	if (!api->multi)
		return error_set(err, -ENOSYS, "cannot set up libcurl");
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(api->pool) && i < wanted; i++)
		r = transfer_open(api, &api->pool[i].transfer, err);
	return r;
}

/* Lanes keep their buffer from one request to the next, but not beyond the batch. */
static void close_lanes(struct run *run)
{
	for (size_t i = 0; i < ARRAY_SIZE(run->api->pool); i++) {
		struct lane *lane = &run->api->pool[i];

		if (lane->path)
			end(run, lane, -1);
		buf_clear(&lane->body);
	}
}

int engine_api_get_many(struct engine_api *api, const struct engine_api_batch *batch,
			struct error *err)
{
	struct run run = {.api = api, .batch = batch};
	int running, r = open_lanes(api, batch->count, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(api->pool); i++)
		begin_next(&run, &api->pool[i]);
	while (r == 0 && run.under_way > 0) {
		if (curl.multi_perform(api->multi, &running) ||
		    curl.multi_poll(api->multi, NULL, 0, running ? WAIT_MS : 0, NULL))
			r = error_set_at(err, -EIO, api->socket, "'%s': libcurl gave up",
					 api->socket);
		else
			take_finished(&run);
	}
	close_lanes(&run);
	return r;
}
