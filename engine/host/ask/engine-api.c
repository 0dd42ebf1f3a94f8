#include "engine/host/ask/engine-api-impl.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/late.h"

#define MAX_BODY (64U << 20)
#define CONNECT_TIMEOUT_MS 3000L
#define TOTAL_TIMEOUT_MS 20000L

struct curl_table curl;

static const struct late_symbol symbols[] = {
	LATE_SYMBOL(curl.init, curl_easy_init),
	LATE_SYMBOL(curl.setopt, curl_easy_setopt),
	LATE_SYMBOL(curl.perform, curl_easy_perform),
	LATE_SYMBOL(curl.getinfo, curl_easy_getinfo),
	LATE_SYMBOL(curl.cleanup, curl_easy_cleanup),
	LATE_SYMBOL(curl.multi_init, curl_multi_init),
	LATE_SYMBOL(curl.multi_add, curl_multi_add_handle),
	LATE_SYMBOL(curl.multi_remove, curl_multi_remove_handle),
	LATE_SYMBOL(curl.multi_perform, curl_multi_perform),
	LATE_SYMBOL(curl.multi_poll, curl_multi_poll),
	LATE_SYMBOL(curl.multi_info_read, curl_multi_info_read),
	LATE_SYMBOL(curl.multi_cleanup, curl_multi_cleanup),
};

/* Taking fewer bytes than offered makes libcurl give the request up. */
static size_t take_bytes(char *bytes, size_t size, size_t count, void *data)
{
	struct buf *body = data;

	if (body->len + size * count > MAX_BODY)
		return 0;
	buf_append(body, bytes, size * count);
	return size * count;
}

static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct engine_api *api = data;

	error_clear(&api->refusal);
	if (api->may && api->may(api->may_data, &api->refusal) < 0)
		return CURL_SOCKET_BAD;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static int set_options(struct engine_api *api, struct transfer *t)
{
	CURL *h = t->handle;
	unsigned r = curl.setopt(h, CURLOPT_UNIX_SOCKET_PATH, api->socket);

	r |= curl.setopt(h, CURLOPT_HTTPGET, 1L);
	r |= curl.setopt(h, CURLOPT_NOSIGNAL, 1L);
	r |= curl.setopt(h, CURLOPT_PROXY, ""); /* none, whatever the environment says */
	r |= curl.setopt(h, CURLOPT_PROTOCOLS_STR, "http");
	r |= curl.setopt(h, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	r |= curl.setopt(h, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	r |= curl.setopt(h, CURLOPT_OPENSOCKETDATA, api);
	r |= curl.setopt(h, CURLOPT_WRITEFUNCTION, take_bytes);
	r |= curl.setopt(h, CURLOPT_ERRORBUFFER, t->message);
	return r ? -EINVAL : 0;
}

int transfer_open(struct engine_api *api, struct transfer *t, struct error *err)
{
	if (t->handle)
		return 0;
	t->handle = curl.init();
	if (!t->handle || set_options(api, t) < 0)
		return error_set(err, -ENOSYS, "cannot set up libcurl");
	return 0;
}

void transfer_close(struct transfer *t)
{
	if (t->handle)
		curl.cleanup(t->handle);
	t->handle = NULL;
}

int curl_bind(struct error *err)
{
	static struct late_library library = {"libcurl.so.4", symbols, ARRAY_SIZE(symbols)};

	return late_bind(&library, err);
}

int engine_api_open(struct engine_api **ret, const char *socket_path, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	int r = curl_bind(err);

	if (r < 0)
		return r;
	api = xcalloc(1, sizeof(*api));
	api->socket = xstrdup(socket_path);
	api->first_ms = TOTAL_TIMEOUT_MS;
	r = transfer_open(api, &api->single, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(api);
	return 0;
}

void engine_api_hurry(struct engine_api *api, int first_ms)
{
	api->first_ms = first_ms;
}

void engine_api_guard(struct engine_api *api, int (*may)(void *data, struct error *err), void *data)
{
	api->may = may;
	api->may_data = data;
}

void engine_api_free(struct engine_api *api)
{
	if (!api)
		return;
	transfer_close(&api->single);
	for (size_t i = 0; i < ARRAY_SIZE(api->pool); i++) {
		transfer_close(&api->pool[i].transfer);
		buf_clear(&api->pool[i].body);
	}
	if (api->multi)
		curl.multi_cleanup(api->multi);
	error_clear(&api->refusal);
	free(api->socket);
	free(api);
}

/* libcurl only says that it could not connect; people want to know why. */
static int connect_error(const struct engine_api *api, struct error *err)
{
	int code = ECONNREFUSED;

	if (access(api->socket, R_OK | W_OK) < 0)
		code = errno;
	return error_errno_at(err, -code, api->socket, "cannot connect to '%s'", api->socket);
}

/* Without libcurl's words, which tell milliseconds: the same host gives the same text. */
static int no_answer(const struct engine_api *api, const char *path, struct error *err)
{
	return error_set_at(err, -ETIMEDOUT, api->socket,
			    "GET %s: '%s' did not answer within %ld s", path, api->socket,
			    (api->silent_ms + 999) / 1000);
}

/* How long a request may take: a daemon that has answered already is not frozen. */
static long patience(const struct engine_api *api)
{
	return api->answered ? TOTAL_TIMEOUT_MS : api->first_ms;
}

static int transport_error(struct engine_api *api, const struct transfer *t, int code,
			   const char *path, struct error *err)
{
	if (api->refusal.code < 0)
		return error_set(err, api->refusal.code, "GET %s: %s", path,
				 error_text(&api->refusal));
	if (code == CURLE_COULDNT_CONNECT)
		return connect_error(api, err);
	if (code == CURLE_WRITE_ERROR)
		return error_set(err, -EFBIG, "GET %s: the reply is too large", path);
	if (code == CURLE_OPERATION_TIMEDOUT) {
		/* all that wait together began with the same patience */
		if (!api->silent_ms)
			api->silent_ms = patience(api);
		return no_answer(api, path, err);
	}
	return error_set_at(err, -EIO, api->socket, "GET %s at '%s': %s", path, api->socket,
			    t->message[0] ? t->message : "failed");
}

int transfer_begin(const struct engine_api *api, struct transfer *t, const char *path,
		   struct buf *body)
{
	CLEANUP(buf_clear) struct buf url = {0};
	CURLcode code;

	buf_printf(&url, "http://localhost%s", path);
	body->len = 0;
	t->message[0] = '\0';
	code = curl.setopt(t->handle, CURLOPT_WRITEDATA, body);
	if (code == 0)
		code = curl.setopt(t->handle, CURLOPT_TIMEOUT_MS, patience(api));
	return code ? code : curl.setopt(t->handle, CURLOPT_URL, buf_str(&url));
}

int transfer_end(struct engine_api *api, const struct transfer *t, int code, const char *path,
		 struct error *err)
{
	long status = 0;

	if (code)
		return transport_error(api, t, code, path, err);
	api->answered = true;
	curl.getinfo(t->handle, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return 0;
	return error_set(err, status == 404 ? -ENOENT : -EIO, "GET %s: dockerd answered %ld", path,
			 status);
}

int engine_api_get(struct engine_api *api, const char *path, struct buf *ret_body,
		   struct error *err)
{
	int code;

	if (api->silent_ms)
		return no_answer(api, path, err);
	code = transfer_begin(api, &api->single, path, ret_body);
	if (code == 0)
		code = curl.perform(api->single.handle);
	return transfer_end(api, &api->single, code, path, err);
}
