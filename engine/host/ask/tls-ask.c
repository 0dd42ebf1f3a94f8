#include "engine/host/ask/tls-ask.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/host/ask/engine-api-impl.h"

static unsigned set(CURL *h, const char *url, int timeout_ms)
{
	unsigned r = curl.setopt(h, CURLOPT_URL, url);

	r |= curl.setopt(h, CURLOPT_CONNECT_ONLY, 1L);
	r |= curl.setopt(h, CURLOPT_NOSIGNAL, 1L);
	r |= curl.setopt(h, CURLOPT_PROXY, ""); /* none, whatever the environment says */
	r |= curl.setopt(h, CURLOPT_PROTOCOLS_STR, "https");
	r |= curl.setopt(h, CURLOPT_SSL_VERIFYPEER, 0L);
	r |= curl.setopt(h, CURLOPT_SSL_VERIFYHOST, 0L);
	r |= curl.setopt(h, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	return r;
}

int tls_ask(const char *at, int timeout_ms, bool *ret, struct error *err)
{
	CLEANUP(freep) char *url = xasprintf("https://%s/", at);
	int r = curl_bind(err);
	CURL *h = r < 0 ? NULL : curl.init();

	if (r < 0)
		return r;
	if (!h || set(h, url, timeout_ms) != 0)
		r = error_set(err, -ENOSYS, "cannot set up libcurl for TLS");
	else
		*ret = curl.perform(h) == CURLE_OK;
	if (h)
		curl.cleanup(h);
	return r;
}
