#include "engine/host/ask/engine-api-impl.h"

#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>

#include "engine/base/alloc.h"

#define LIBCURL "libcurl.so.4"
#define MAX_BODY (64U << 20)
#define CONNECT_TIMEOUT_MS 3000L
#define TOTAL_TIMEOUT_MS 20000L

/*
 * The few numbers of curl/curl.h that are used. They are part of the library's ABI: number
 * plus 0 for a long, 10000 for a pointer, 20000 for a function.
 */
enum {
	OPT_WRITEDATA = 10001,
	OPT_URL = 10002,
	OPT_PROXY = 10004,
	OPT_ERRORBUFFER = 10010,
	OPT_WRITEFUNCTION = 20011,
	OPT_HTTPGET = 80,
	OPT_NOSIGNAL = 99,
	OPT_TIMEOUT_MS = 155,
	OPT_CONNECTTIMEOUT_MS = 156,
	OPT_PROTOCOLS = 181,
	OPT_UNIX_SOCKET_PATH = 10231,
	INFO_RESPONSE_CODE = 0x200002,
	PROTO_HTTP = 1,
	E_COULDNT_CONNECT = 7,
	E_WRITE_ERROR = 23,
};

struct curl_table curl;

static int bind_curl(struct error *err)
{
	const struct {
		const char *name;
		void *slot;
	} symbols[] = {{"curl_easy_init", &curl.init},
		       {"curl_easy_setopt", &curl.setopt},
		       {"curl_easy_perform", &curl.perform},
		       {"curl_easy_getinfo", &curl.getinfo},
		       {"curl_multi_init", &curl.multi_init},
		       {"curl_multi_add_handle", &curl.multi_add},
		       {"curl_multi_remove_handle", &curl.multi_remove},
		       {"curl_multi_perform", &curl.multi_perform},
		       {"curl_multi_poll", &curl.multi_poll},
		       {"curl_multi_info_read", &curl.multi_info_read},
		       {"curl_multi_cleanup", &curl.multi_cleanup},
		       {"curl_easy_cleanup", &curl.cleanup}};
	void *lib;

	if (curl.cleanup)
		return 0;
	lib = dlopen(LIBCURL, RTLD_LAZY | RTLD_LOCAL);
	if (!lib)
		return error_set(err, -ENOSYS, "cannot load '%s': %s", LIBCURL, dlerror());
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		void *fn = dlsym(lib, symbols[i].name);

		if (!fn)
			return error_set(err, -ENOSYS, "'%s' has no '%s'", LIBCURL,
					 symbols[i].name);
		*(void **)symbols[i].slot = fn;
	}
	return 0;
}

/* Taking fewer bytes than offered makes libcurl give the request up. */
static size_t take_bytes(char *bytes, size_t size, size_t count, void *data)
{
	struct buf *body = data;

	if (body->len + size * count > MAX_BODY)
		return 0;
	buf_append(body, bytes, size * count);
	return size * count;
}

static int set_options(const struct engine_api *api, struct transfer *t)
{
	void *h = t->handle;
	int r = curl.setopt(h, OPT_UNIX_SOCKET_PATH, api->socket);

	r |= curl.setopt(h, OPT_HTTPGET, 1L);
	r |= curl.setopt(h, OPT_NOSIGNAL, 1L);
	r |= curl.setopt(h, OPT_PROXY, ""); /* none, whatever the environment says */
	r |= curl.setopt(h, OPT_PROTOCOLS, (long)PROTO_HTTP);
	r |= curl.setopt(h, OPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	r |= curl.setopt(h, OPT_WRITEFUNCTION, take_bytes);
	r |= curl.setopt(h, OPT_ERRORBUFFER, t->message);
	return r ? -EINVAL : 0;
}

int transfer_open(const struct engine_api *api, struct transfer *t, struct error *err)
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

int engine_api_open(struct engine_api **ret, const char *socket_path, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	int r = bind_curl(err);

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
	free(api->socket);
	free(api);
}

/* libcurl only says that it could not connect; people want to know why. */
static int connect_error(const struct engine_api *api, struct error *err)
{
	int code = ECONNREFUSED;

	if (access(api->socket, R_OK | W_OK) < 0)
		code = errno;
	return error_errno(err, -code, "cannot connect to '%s'", api->socket);
}

/* Without libcurl's words, which tell milliseconds: the same host gives the same text. */
static int no_answer(const struct engine_api *api, const char *path, struct error *err)
{
	return error_set(err, -ETIMEDOUT, "GET %s: '%s' did not answer within %ld s", path,
			 api->socket, (api->silent_ms + 999) / 1000);
}

/* How long a request may take: a daemon that has answered already is not frozen. */
static long patience(const struct engine_api *api)
{
	return api->answered ? TOTAL_TIMEOUT_MS : api->first_ms;
}

static int transport_error(struct engine_api *api, const struct transfer *t, int code,
			   const char *path, struct error *err)
{
	if (code == E_COULDNT_CONNECT)
		return connect_error(api, err);
	if (code == E_WRITE_ERROR)
		return error_set(err, -EFBIG, "GET %s: the reply is too large", path);
	if (code == E_OPERATION_TIMEDOUT) {
		/* all that wait together began with the same patience */
		if (!api->silent_ms)
			api->silent_ms = patience(api);
		return no_answer(api, path, err);
	}
	return error_set(err, -EIO, "GET %s at '%s': %s", path, api->socket,
			 t->message[0] ? t->message : "failed");
}

int transfer_begin(const struct engine_api *api, struct transfer *t, const char *path,
		   struct buf *body)
{
	CLEANUP(buf_clear) struct buf url = {0};
	int code;

	buf_printf(&url, "http://localhost%s", path);
	body->len = 0;
	t->message[0] = '\0';
	code = curl.setopt(t->handle, OPT_WRITEDATA, body);
	if (code == 0)
		code = curl.setopt(t->handle, OPT_TIMEOUT_MS, patience(api));
	return code ? code : curl.setopt(t->handle, OPT_URL, buf_str(&url));
}

int transfer_end(struct engine_api *api, const struct transfer *t, int code, const char *path,
		 struct error *err)
{
	long status = 0;

	if (code)
		return transport_error(api, t, code, path, err);
	api->answered = true;
	curl.getinfo(t->handle, INFO_RESPONSE_CODE, &status);
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
