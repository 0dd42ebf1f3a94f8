#pragma once

/*
 * What the files of the Engine API client share: libcurl as far as it is bound, and one request
 * under way. Private to engine-api*.c.
 */

#include <curl/curl.h>

#include "engine/host/ask/engine-api.h"

extern struct curl_table {
	__typeof__(&curl_easy_init) init;
	__typeof__(&curl_easy_setopt) setopt;
	__typeof__(&curl_easy_perform) perform;
	__typeof__(&curl_easy_getinfo) getinfo;
	__typeof__(&curl_easy_cleanup) cleanup;
	__typeof__(&curl_multi_init) multi_init;
	__typeof__(&curl_multi_add_handle) multi_add;
	__typeof__(&curl_multi_remove_handle) multi_remove;
	__typeof__(&curl_multi_perform) multi_perform;
	__typeof__(&curl_multi_poll) multi_poll;
	__typeof__(&curl_multi_info_read) multi_info_read;
	__typeof__(&curl_multi_cleanup) multi_cleanup;
} curl;

struct transfer {
	CURL *handle;
	char message[CURL_ERROR_SIZE];
};

/* One of those that go at a time. */
struct lane {
	struct transfer transfer;
	struct buf body;
	char *path; /* NULL: idle */
	size_t index; /* of the batch */
};

struct engine_api {
	char *socket;
	long silent_ms; /* it let a request run out of so much time: it is asked nothing more; 0: it did not */
	long first_ms; /* what a request may take until the first answer has come */
	bool answered;
	int (*may)(void *data, struct error *err); /* connect; NULL: nobody minds */
	void *may_data;
	struct error refusal; /* what it last said */
	struct transfer single;
	CURLM *multi; /* NULL until several requests are made at a time */
	struct lane pool[ENGINE_API_AT_ONCE];
};

/* libcurl, for whoever uses the table. */
int curl_bind(struct error *err);

int transfer_open(struct engine_api *api, struct transfer *t, struct error *err);
void transfer_close(struct transfer *t);

/* Emptied, `body` takes the answer. Returns libcurl's code, 0 when all is well. */
int transfer_begin(const struct engine_api *api, struct transfer *t, const char *path,
		   struct buf *body);

/* What libcurl's code and the answer's status mean; see engine_api_get(). */
int transfer_end(struct engine_api *api, const struct transfer *t, int code, const char *path,
		 struct error *err);
