#include "engine/host/engine-api.h"

#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>

#include "engine/base/alloc.h"

#define LIBCURL "libcurl.so.4"
#define MAX_BODY (64U << 20)
#define CONNECT_TIMEOUT_MS 3000L
#define TOTAL_TIMEOUT_MS 20000L
#define ERROR_SIZE 256 /* CURL_ERROR_SIZE */

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
	E_OPERATION_TIMEDOUT = 28,
};

static struct {
	void *(*init)(void);
	int (*setopt)(void *handle, int option, ...);
	int (*perform)(void *handle);
	int (*getinfo)(void *handle, int info, ...);
	void (*cleanup)(void *handle);
} curl;

struct engine_api {
	void *handle;
	char *socket;
	struct buf *body; /* of the request under way */
	char message[ERROR_SIZE];
};

static int bind_curl(struct error *err)
{
	const struct {
		const char *name;
		void *slot;
	} symbols[] = {{"curl_easy_init", &curl.init},
		       {"curl_easy_setopt", &curl.setopt},
		       {"curl_easy_perform", &curl.perform},
		       {"curl_easy_getinfo", &curl.getinfo},
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
	struct engine_api *api = data;

	if (api->body->len + size * count > MAX_BODY)
		return 0;
	buf_append(api->body, bytes, size * count);
	return size * count;
}

static int set_options(struct engine_api *api)
{
	void *h = api->handle;
	int r = curl.setopt(h, OPT_UNIX_SOCKET_PATH, api->socket);

	r |= curl.setopt(h, OPT_HTTPGET, 1L);
	r |= curl.setopt(h, OPT_NOSIGNAL, 1L);
	r |= curl.setopt(h, OPT_PROXY, ""); /* none, whatever the environment says */
	r |= curl.setopt(h, OPT_PROTOCOLS, (long)PROTO_HTTP);
	r |= curl.setopt(h, OPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	r |= curl.setopt(h, OPT_TIMEOUT_MS, TOTAL_TIMEOUT_MS);
	r |= curl.setopt(h, OPT_WRITEFUNCTION, take_bytes);
	r |= curl.setopt(h, OPT_WRITEDATA, api);
	r |= curl.setopt(h, OPT_ERRORBUFFER, api->message);
	return r ? -EINVAL : 0;
}

int engine_api_open(struct engine_api **ret, const char *socket_path, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	int r = bind_curl(err);

	if (r < 0)
		return r;
	api = xcalloc(1, sizeof(*api));
	api->socket = xstrdup(socket_path);
	api->handle = curl.init();
	if (!api->handle || set_options(api) < 0)
		return error_set(err, -ENOSYS, "cannot set up libcurl");
	*ret = TAKE_PTR(api);
	return 0;
}

void engine_api_free(struct engine_api *api)
{
	if (!api)
		return;
	if (api->handle)
		curl.cleanup(api->handle);
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

static int transport_error(const struct engine_api *api, int code, const char *path,
			   struct error *err)
{
	if (code == E_COULDNT_CONNECT)
		return connect_error(api, err);
	if (code == E_WRITE_ERROR)
		return error_set(err, -EFBIG, "GET %s: the reply is too large", path);
	return error_set(err, code == E_OPERATION_TIMEDOUT ? -ETIMEDOUT : -EIO,
			 "GET %s at '%s': %s", path, api->socket,
			 api->message[0] ? api->message : "failed");
}

int engine_api_get(struct engine_api *api, const char *path, struct buf *ret_body,
		   struct error *err)
{
	CLEANUP(buf_clear) struct buf url = {0};
	long status = 0;
	int code;

	buf_printf(&url, "http://localhost%s", path);
	ret_body->len = 0;
	api->body = ret_body;
	api->message[0] = '\0';
	code = curl.setopt(api->handle, OPT_URL, buf_str(&url));
	if (code == 0)
		code = curl.perform(api->handle);
	api->body = NULL;
	if (code)
		return transport_error(api, code, path, err);
	curl.getinfo(api->handle, INFO_RESPONSE_CODE, &status);
	if (status == 200)
		return 0;
	return error_set(err, status == 404 ? -ENOENT : -EIO, "GET %s: dockerd answered %ld", path,
			 status);
}
