#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/url-host.h"
#include "engine/model/listening.h"
#include "modules/common/tally.h"
#include "modules/daemon/value.h"
#include "modules/registry.h"

/*
 * Where the Engine API is open to whoever reaches it: a TCP listener without verified client
 * certificates, in force or at the next start. Files of TLS that nothing uses protect nobody.
 */

struct listener_desired {
	int aspect;
};

static int aspect_parse(const char *text)
{
	return strcmp(text, "verified") == 0 ? 0 : -EINVAL;
}

static bool is_true(const struct setting *s)
{
	return s && s->value && strcmp(s->value, "true") == 0;
}

static bool is_loopback(const char *address)
{
	CLEANUP(url_host_clear) struct url_host u = {0};

	url_host_parse(address, &u);
	return listening_is_loopback(u.host);
}

static void judge_host(const char *host, bool tls, const char *when, struct tally *tally)
{
	CLEANUP(freep) char *address = url_host_of_api(host);
	const char *how = tls ? "with TLS that asks nobody for a certificate" : "without TLS";

	if (is_loopback(address))
		tally_note(
			tally, VERDICT_FAIL,
			"the API listens on %s %s%s: every account and program of this host that "
			"reaches it is root here",
			address, how, when);
	else
		tally_note(tally, VERDICT_FAIL,
			   "the API listens on %s %s%s: whoever reaches it is root here", address,
			   how, when);
}

/* The listeners of one set of settings: those of the running daemon, or of its next start. */
static void judge_settings(const struct settings *s, const char *when, struct strv *seen,
			   struct tally *tally)
{
	const struct setting *hosts = settings_find(s, "hosts");
	const struct setting *verify = settings_find(s, "tlsverify");
	CLEANUP(strv_clear) struct strv items = {0};

	json_items(hosts ? hosts->value : NULL, &items);
	for (size_t i = 0; i < items.count; i++) {
		CLEANUP(freep) char *host = json_value_to_string(items.items[i]);
		CLEANUP(freep) char *address = host ? url_host_of_api(host) : NULL;

		if (!address || strv_contains(seen, host))
			continue;
		if (is_true(verify)) {
			tally_note(tally, VERDICT_PASS, "clients of the API show a certificate");
		} else if (verify && verify->source == SOURCE_UNKNOWN) {
			tally_note(tally, VERDICT_NOT_MEASURED,
				   "whether tlsverify is in force for %s is not known: the config "
				   "file was changed after dockerd started",
				   address);
		} else {
			strv_add(seen, host);
			judge_host(host, is_true(settings_find(s, "tls")), when, tally);
		}
	}
}

/* What docker.socket listens on: dockerd takes it over with its own settings of TLS. */
static void judge_rest(const struct docker_facts *d, const struct settings *s, struct strv *seen,
		       struct tally *tally)
{
	const struct setting *hosts = settings_find(&d->now, "hosts");
	const struct setting *next = settings_find(&d->next, "hosts");

	for (size_t i = 0; i < d->tcp_listeners.count; i++) {
		const char *host = d->tcp_listeners.items[i];
		CLEANUP(freep) char *quoted = json_value_from_string(host);

		if ((hosts && hosts->value && strstr(hosts->value, quoted)) ||
		    (next && next->value && strstr(next->value, quoted)) ||
		    strv_contains(seen, host))
			continue;
		if (is_true(settings_find(s, "tlsverify")))
			tally_note(tally, VERDICT_PASS, "clients of the API show a certificate");
		else
			judge_host(host, is_true(settings_find(s, "tls")), "", tally);
	}
}

/* It is in no file system: no mode and no owner keeps anybody from it. */
static void judge_abstract(const char *name, const char *when, struct strv *seen,
			   struct tally *tally)
{
	if (strv_contains(seen, name))
		return;
	strv_add(seen, name);
	tally_note(
		tally, VERDICT_FAIL,
		"the API listens on the abstract socket '%s'%s, which has no mode: every account "
		"and program of this host's network is root here",
		name, when);
}

static void judge_sockets(const struct docker_facts *d, bool runs, struct strv *seen,
			  struct tally *tally)
{
	const struct setting *next = settings_find(&d->next, "hosts");
	CLEANUP(strv_clear) struct strv items = {0};

	for (size_t i = 0; runs && i < d->api_sockets.count; i++)
		if (d->api_sockets.items[i][0] == '@')
			judge_abstract(d->api_sockets.items[i], "", seen, tally);
	if (runs && d->sockets_unread)
		tally_note(tally, VERDICT_NOT_MEASURED, "%s", d->sockets_unread);
	json_items(next ? next->value : NULL, &items);
	for (size_t i = 0; i < items.count; i++) {
		CLEANUP(freep) char *host = json_value_to_string(items.items[i]);

		if (host && starts_with(host, "unix://@"))
			judge_abstract(host + 7, runs ? " at the next start" : "", seen, tally);
	}
}

static int api_listener_diff(const void *desired UNUSED, const struct view *now, struct delta *ret,
			     struct error *err UNUSED)
{
	const struct docker_facts *d = &now->facts->docker;
	CLEANUP(strv_clear) struct strv seen = {0};
	struct tally tally = {0};
	bool runs = d->running && !now->facts->offline;

	if (d->install == DOCKER_NONE || d->unsupported) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "%s",
			    d->unsupported ? d->unsupported : "Docker is not installed");
		return 0;
	}
	if (runs)
		judge_settings(&d->now, "", &seen, &tally);
	judge_settings(&d->next, runs ? " at the next start" : "", &seen, &tally);
	judge_rest(d, runs ? &d->now : &d->next, &seen, &tally);
	judge_sockets(d, runs, &seen, &tally);
	tally_note(&tally, VERDICT_NOT_APPLICABLE, "the API does not listen on a network address");
	tally_finish(&tally, ret);
	return 0;
}

static int api_listener_check(const void *desired UNUSED, struct error *err UNUSED)
{
	return 0; /* one aspect, which the table of fields holds */
}

static const struct field fields[] = {
	{.key = "aspect",
	 .type = FIELD_ENUM,
	 .offset = offsetof(struct listener_desired, aspect),
	 .required = true,
	 .parse = aspect_parse,
	 .def = -1,
	 .help = "verified: every TCP listener asks clients for a certificate"},
	{0},
};

const struct module module_api_listener = {
	.name = "api-listener",
	.summary = "where the Engine API listens, and whom it lets in",
	.desired_size = sizeof(struct listener_desired),
	.fields = fields,
	.check = api_listener_check,
	.diff = api_listener_diff,
};
