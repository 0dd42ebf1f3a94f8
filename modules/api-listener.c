#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
 * certificates, in force or at the next start, and one that takes in every address of the host. Files
 * of TLS that nothing uses protect nobody. What dockerd listens on is not only what a file or a flag
 * says now: docker.socket and its like hand it listeners, and what it was started with stays open until it ends.
 */

enum aspect {
	ASPECT_VERIFIED,
	ASPECT_ADDRESSES,
};

struct listener_desired {
	int aspect;
};

static int aspect_parse(const char *text)
{
	if (strcmp(text, "verified") == 0)
		return ASPECT_VERIFIED;
	return strcmp(text, "addresses") == 0 ? ASPECT_ADDRESSES : -EINVAL;
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

/* By a variable of its environment, or since its file is another than it was. */
static const char *unknown_why(const struct setting *s)
{
	return s->where && starts_with(s->where, "DOCKER_")
		       ? "a variable of dockerd's environment (DOCKER_TLS_VERIFY) has a say in it"
		       : "the config file was changed after dockerd started";
}

/* One listener, by the settings of TLS that go with it. */
static void judge_one(const char *host, const struct settings *s, const char *when,
		      struct strv *seen, struct tally *tally)
{
	const struct setting *verify = settings_find(s, "tlsverify");
	CLEANUP(freep) char *address = url_host_of_api(host);

	if (!address || strv_contains(seen, host))
		return;
	if (is_true(verify)) {
		tally_note(tally, VERDICT_PASS, "clients of the API show a certificate");
	} else if (verify && verify->source == SOURCE_UNKNOWN) {
		tally_note(tally, VERDICT_NOT_MEASURED,
			   "whether tlsverify is in force for %s is not known: %s", address,
			   unknown_why(verify));
	} else {
		strv_add(seen, host);
		judge_host(host, is_true(settings_find(s, "tls")), when, tally);
	}
}

static void hosts_of(const struct settings *s, struct strv *ret)
{
	const struct setting *hosts = settings_find(s, "hosts");

	url_hosts_read(hosts ? hosts->value : NULL, ret);
}

/* The listeners of one set of settings: those of the running daemon, or of its next start. */
static void judge_settings(const struct settings *s, const char *when, struct strv *seen,
			   struct tally *tally)
{
	CLEANUP(strv_clear) struct strv items = {0};

	hosts_of(s, &items);
	for (size_t i = 0; i < items.count; i++)
		judge_one(items.items[i], s, when, seen, tally);
}

/*
 * What no setting has: docker.socket's, which dockerd takes over with its own settings of TLS, and
 * what is open since a start of which nobody knows the settings any more.
 */
static void rest_of(const struct docker_facts *d, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv told = {0};

	hosts_of(&d->now, &told);
	hosts_of(&d->next, &told);
	for (size_t i = 0; i < d->tcp_listeners.count; i++)
		if (!strv_contains(&told, d->tcp_listeners.items[i]))
			strv_add_once(ret, d->tcp_listeners.items[i]);
	for (size_t i = 0; i < d->tcp_unlisted.count; i++)
		strv_add_once(ret, d->tcp_unlisted.items[i]);
}

/* Whom he lets in nobody here knows. */
static void judge_others(const struct docker_facts *d, struct tally *tally)
{
	for (size_t i = 0; i < d->api_passed_on.count; i++)
		tally_note(tally, VERDICT_NOT_MEASURED,
			   "%s passes on to the API, or may: who reaches it that way is not known",
			   d->api_passed_on.items[i]);
}

/* Which listeners there are, though, is a thing that may not be known. */
static void judge_unknown(const struct view *v, struct tally *tally)
{
	const struct docker_facts *d = &v->facts->docker;

	judge_others(d, tally);
	if (v->facts->offline)
		return;
	if (d->elsewhere)
		tally_note(tally, VERDICT_NOT_MEASURED, "%s", d->elsewhere);
	if (d->tcp_unknown)
		tally_note(tally, VERDICT_NOT_MEASURED, "%s", d->tcp_unknown);
	if (d->running && d->sockets_unread)
		tally_note(tally, VERDICT_NOT_MEASURED, "%s", d->sockets_unread);
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
	CLEANUP(strv_clear) struct strv items = {0};

	for (size_t i = 0; runs && i < d->api_sockets.count; i++)
		if (d->api_sockets.items[i][0] == '@')
			judge_abstract(d->api_sockets.items[i], "", seen, tally);
	hosts_of(&d->next, &items);
	for (size_t i = 0; i < items.count; i++)
		if (starts_with(items.items[i], "unix://@"))
			judge_abstract(skip_prefix(items.items[i], "unix://"),
				       runs ? " at the next start" : "", seen, tally);
}

/*
 * What socket units listen on for dockerd, be it before it runs or from the next boot on. docker.socket's own
 * mode is a control's; of any other's nobody else speaks before the socket is there.
 */
static void judge_unit(const struct unit_facts *u, struct strv *seen, struct tally *tally)
{
	const char *mode = u->listen_mode && *u->listen_mode ? u->listen_mode : "0666";
	bool open = u->activates && (strtoul(mode, NULL, 8) & S_IWOTH);
	const char *when = u->active && unit_is_up(u->active) ? "" : " at the next boot";

	for (size_t i = 0; i < u->listens.count; i++)
		if (u->listens.items[i][0] == '@')
			judge_abstract(u->listens.items[i], when, seen, tally);
		else if (open)
			tally_note(tally, VERDICT_FAIL,
				   "%s opens the API at '%s' with mode %s%s: every account of this "
				   "host is root here",
				   u->name, u->listens.items[i], mode, when);
}

static void judge_units(const struct facts *f, struct strv *seen, struct tally *tally)
{
	for (size_t i = 0; i < f->nunits; i++)
		if (unit_opens_api(&f->units[i]))
			judge_unit(&f->units[i], seen, tally);
}

/* "tcp://10.0.0.9:2375 by x.socket": the address, and who. */
static const char *passed_by(const char *text, struct url_host *ret)
{
	const char *by = strstr(text, " by ");
	CLEANUP(freep) char *listener = xstrndup(text, (size_t)(by - text));
	CLEANUP(freep) char *address = url_host_of_api(listener);

	url_host_parse(address ? address : listener, ret);
	return by + strlen(" by ");
}

/* The API is behind it as it is on its own socket: without TLS, whatever dockerd is told of that. */
static void judge_passed_on(const struct docker_facts *d, struct tally *tally)
{
	for (size_t i = 0; i < d->tcp_passed_on.count; i++) {
		CLEANUP(url_host_clear) struct url_host u = {0};
		const char *by = passed_by(d->tcp_passed_on.items[i], &u);

		tally_note(tally, VERDICT_FAIL,
			   "%s passes on to the API, without TLS, what comes to port %s of %s: %s",
			   by, u.port ? u.port : "?", u.host,
			   listening_is_loopback(u.host)
				   ? "every account and program of this host that reaches it is "
				     "root here"
				   : "whoever reaches it is root here");
	}
}

static void judge_verified(const struct view *v, struct tally *tally)
{
	const struct docker_facts *d = &v->facts->docker;
	CLEANUP(strv_clear) struct strv seen = {0}, rest = {0};
	bool runs = d->running && !v->facts->offline;

	if (runs)
		judge_settings(&d->now, "", &seen, tally);
	rest_of(d, &rest);
	for (size_t i = 0; i < rest.count; i++)
		judge_one(rest.items[i], runs ? &d->now : &d->next, "", &seen, tally);
	judge_settings(&d->next, runs ? " at the next start" : "", &seen, tally);
	judge_sockets(d, runs, &seen, tally);
	judge_units(v->facts, &seen, tally);
	judge_passed_on(d, tally);
	judge_unknown(v, tally);
	tally_note(tally, VERDICT_NOT_APPLICABLE, "the API does not listen on a network address");
}

static void judge_passed_at_all(const struct docker_facts *d, struct tally *tally)
{
	for (size_t i = 0; i < d->tcp_passed_on.count; i++) {
		CLEANUP(url_host_clear) struct url_host u = {0};
		const char *by = passed_by(d->tcp_passed_on.items[i], &u);

		if (listening_is_any(u.host))
			tally_note(tally, VERDICT_FAIL,
				   "%s passes on to the API what comes to port %s of every address "
				   "of this host",
				   by, u.port ? u.port : "?");
	}
}

/* What stands among the hosts of dockerd is judged, and changed, as that setting. */
static void judge_addresses(const struct view *v, struct tally *tally)
{
	CLEANUP(strv_clear) struct strv rest = {0};

	rest_of(&v->facts->docker, &rest);
	for (size_t i = 0; i < rest.count; i++) {
		CLEANUP(url_host_clear) struct url_host u = {0};
		CLEANUP(freep) char *address = url_host_of_api(rest.items[i]);

		if (!address)
			continue;
		url_host_parse(address, &u);
		if (listening_is_any(u.host))
			tally_note(tally, VERDICT_FAIL,
				   "the API listens at every address of this host: %s", address);
	}
	judge_passed_at_all(&v->facts->docker, tally);
	judge_unknown(v, tally);
	tally_note(tally, VERDICT_PASS, "nothing beside dockerd's hosts is open at every address");
}

static int api_listener_diff(const void *desired, const struct view *now, struct delta *ret,
			     struct error *err UNUSED)
{
	const struct listener_desired *want = desired;
	const struct docker_facts *d = &now->facts->docker;
	struct tally tally = {0};

	if (d->install == DOCKER_NONE || d->unsupported) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "%s",
			    d->unsupported ? d->unsupported : "Docker is not installed");
		return 0;
	}
	if (want->aspect == ASPECT_ADDRESSES)
		judge_addresses(now, &tally);
	else
		judge_verified(now, &tally);
	if (want->aspect == ASPECT_ADDRESSES && tally.counts[VERDICT_FAIL] > 0)
		str_replace(&ret->fix,
			    "give ListenStream= of docker.socket, and of each socket unit with "
			    "Service=docker.service, one address; what "
			    "dockerd has open since its start goes when it is restarted");
	tally_finish(&tally, ret);
	return 0;
}

static int api_listener_check(const void *desired UNUSED, struct error *err UNUSED)
{
	return 0; /* the table of fields holds the aspects */
}

static const struct field fields[] = {
	{.key = "aspect",
	 .type = FIELD_ENUM,
	 .offset = offsetof(struct listener_desired, aspect),
	 .required = true,
	 .parse = aspect_parse,
	 .def = -1,
	 .help = "verified: TCP listeners ask for certificates; addresses: none is at every "
		 "address"},
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
