#pragma once

/*
 * What the files of the Engine API client share: libcurl as far as it is bound, and one request
 * under way. Private to engine-api*.c.
 */

#include "engine/host/ask/engine-api.h"

#define E_OPERATION_TIMEDOUT 28 /* CURLE_OPERATION_TIMEDOUT */
#define ERROR_SIZE 256 /* CURL_ERROR_SIZE */

struct curl_message {
	int kind;
	void *handle;
	union {
		void *whatever;
		int result;
	} data;
};

extern struct curl_table {
	void *(*init)(void);
	int (*setopt)(void *handle, int option, ...);
	int (*perform)(void *handle);
	int (*getinfo)(void *handle, int info, ...);
	void (*cleanup)(void *handle);
	void *(*multi_init)(void);
	int (*multi_add)(void *multi, void *handle);
	int (*multi_remove)(void *multi, void *handle);
	int (*multi_perform)(void *multi, int *running);
	int (*multi_poll)(void *multi, void *fds, unsigned nfds, int timeout_ms, int *ready);
	struct curl_message *(*multi_info_read)(void *multi, int *left);
	int (*multi_cleanup)(void *multi);
} curl;

struct transfer {
	void *handle;
	char message[ERROR_SIZE];
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
	struct transfer single;
	void *multi; /* NULL until several requests are made at a time */
	struct lane pool[ENGINE_API_AT_ONCE];
};

int transfer_open(const struct engine_api *api, struct transfer *t, struct error *err);
void transfer_close(struct transfer *t);

/* Emptied, `body` takes the answer. Returns libcurl's code, 0 when all is well. */
int transfer_begin(const struct engine_api *api, struct transfer *t, const char *path,
		   struct buf *body);

/* What libcurl's code and the answer's status mean; see engine_api_get(). */
int transfer_end(struct engine_api *api, const struct transfer *t, int code, const char *path,
		 struct error *err);
