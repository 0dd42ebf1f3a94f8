#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/effect/live.h"
#include "engine/effect/own-now.h"
#include "engine/format/api-client.h"
#include "engine/host/ask/tls-ask.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/root.h"

/*
 * What clients of the Engine API see: that it answers where it did, and that who could connect there can. dockerd's
 * containers are asked for by one socket; remote clients, and those of another group, come by others.
 */

#define ASK_MS 500 /* who has not answered by then is not counted on */
#define WAIT_MS 5000

void api_clear(struct live *l)
{
	for (size_t i = 0; i < l->api.count; i++)
		api_place_clear(&l->api.places[i]);
	free(l->api.places);
	free(l->api.unknown);
	l->api = (struct api_watch){0};
}

/* The first reason is enough. */
static void not_measured(struct live *l, const char *why)
{
	if (!l->api.unknown)
		l->api.unknown = xstrdup(why);
}

static struct api_place *add(struct live *l, const struct knock *k, const char *at)
{
	struct api_place *p = array_append(&l->api.places, &l->api.count, sizeof(*p));

	p->knock = *k;
	p->at = xstrdup(at);
	return p;
}

static void add_file(struct live *l, const char *path)
{
	struct knock k;

	if (knock_at_file(&k, path))
		add(l, &k, path);
}

static void add_address(struct live *l, const struct docker_facts *d, const char *address,
			unsigned number, bool own)
{
	CLEANUP(freep) char *at = NULL;
	struct api_place *p;
	struct knock k;

	if (!knock_to(&k, address, number))
		return;
	k.hold = true; /* one that lies in a queue is answered by nobody */
	at = knock_text(&k);
	p = add(l, &k, at);
	p->end = xasprintf("%s %u", address, number);
	p->own = own ? xstrdup(address) : NULL;
	p->clients = api_clients_at(&d->tcp_connected, p->end);
}

/* "tcp://0.0.0.0:2375", as a published port of that address. */
static void add_listener(struct live *l, const struct docker_facts *d, const char *listener,
			 const struct own_now *own)
{
	CLEANUP(strv_clear) struct strv places = {0}, beyond = {0};
	CLEANUP(freep) char *host = NULL, *port = NULL, *as_published = NULL;
	unsigned number = 0;

	if (!listening_split(skip_prefix(listener, "tcp://"), &host, &port))
		return;
	as_published = xasprintf("%s/tcp on %s", port, host);
	if (accepting_places(as_published, &own->addresses, &number, &places, &beyond))
		for (size_t i = 0; i < places.count; i++)
			add_address(l, d, places.items[i], number, i > 0);
	if (own_is_missing(own, as_published))
		not_measured(l, error_text(&own->unknown));
	if (beyond.count > 0)
		not_measured(l, "of the host's own addresses four in each family are tried");
	/* what listens at all addresses of IPv6 does so at those of IPv4, as a rule: who does not answer is dropped */
	if (strcmp(host, "::") == 0) {
		CLEANUP(freep) char *v4 = xasprintf("tcp://0.0.0.0:%s", port);

		add_listener(l, d, v4, own);
	}
}

void api_remember(struct live *l, const struct facts *f)
{
	const struct docker_facts *d = &f->docker;
	const char *why = d->sockets_unread ? d->sockets_unread : d->tcp_unknown;
	CLEANUP(own_now_clear) struct own_now own = {0};

	api_clear(l);
	l->api.unknown = xstrdup_null(why);
	own_now_ask(&own); /* without them the loopback tells */
	for (size_t i = 0; i < d->api_sockets.count; i++)
		add_file(l, d->api_sockets.items[i]);
	for (size_t i = 0; i < d->tcp_open.count; i++)
		add_listener(l, d, d->tcp_open.items[i], &own);
}

/* All at once, since who holds a connection does so for a moment. */
static void ask_all(struct live *l)
{
	struct knock *all = xcalloc(l->api.count + 1, sizeof(*all));

	for (size_t i = 0; i < l->api.count; i++) {
		all[i] = l->api.places[i].knock;
		all[i].due = !l->api.places[i].tls;
	}
	knock_all(all, l->api.count, ASK_MS);
	for (size_t i = 0; i < l->api.count; i++) {
		struct api_place *p = &l->api.places[i];
		bool tls = false;

		p->knock = all[i];
		if (!p->tls && !p->knock.due)
			not_measured(l, "some could not be tried, for want of descriptors or since "
					"too many wait there");
		if (p->tls)
			p->knock.answers = tls_ask(p->at, ASK_MS, &tls, NULL) >= 0 && tls;
	}
	free(all);
}

/* Beside TLS: whether a connection is taken at all. */
static bool takes_any(const struct api_place *p)
{
	struct knock k = p->knock;

	k.due = true;
	return knock_all(&k, 1, ASK_MS) == 1;
}

static struct api_grants grants_at(const char *path)
{
	CLEANUP(root_close) struct root host = {.fd = -1};
	CLEANUP(node_clear) struct node node = {0};

	if (path[0] != '/' || root_open(&host, "/", NULL) < 0 ||
	    observe(&host, path, 0, &node, NULL, NULL) < 0)
		return (struct api_grants){0};
	return api_grants_of(&node);
}

/* Whoever connects to docker.socket while dockerd is down would start it. */
static bool may_knock(struct live *l, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;

	return live_api_open(l, &api, err) >= 0;
}

/* Those that answer now stay. */
void api_ask_before(struct live *l)
{
	CLEANUP(error_clear) struct error why = {0};
	size_t kept = 0;

	if (!l->remembered || !l->docker_ran || l->api.asked)
		return;
	l->api.asked = true;
	if (l->api.count > 0 && !may_knock(l, &why))
		not_measured(l, error_text(&why));
	else
		ask_all(l);
	for (size_t i = 0; i < l->api.count; i++) {
		struct api_place *p = &l->api.places[i];

		if (!p->knock.due || !p->knock.answers) {
			api_place_clear(p);
			continue;
		}
		if (p->end && tls_ask(p->at, ASK_MS, &p->tls, NULL) < 0)
			p->tls = false;
		p->grants = grants_at(p->at);
		l->api.places[kept++] = *p;
	}
	l->api.count = kept;
}

/* TLS may be given up by a plan, such as a way back: then a connection that is taken is enough. */
static bool plan_has_tls(const struct live *l)
{
	static const char *const keys[] = {"tls", "tlsverify"};
	const struct own_start *own = l->effector.own;

	for (size_t i = 0; own && i < ARRAY_SIZE(keys); i++)
		if (strv_contains(&own->keys, keys[i]))
			return true;
	return false;
}

static gid_t group_number(const char *name)
{
	FILE *file = fopen("/etc/group", "re");
	const struct group *g;
	gid_t ret = (gid_t)-1;

	if (*name && strspn(name, "0123456789") == strlen(name))
		ret = (gid_t)strtoul(name, NULL, 10);
	while (file && ret == (gid_t)-1 && (g = fgetgrent(file)))
		if (strcmp(g->gr_name, name) == 0)
			ret = g->gr_gid;
	if (file)
		fclose(file);
	return ret;
}

/* The host as it is now, asked for only where something is missing. */
static int look_now(struct live *l, struct facts *ret, bool *known, struct error *err)
{
	int r = *known ? 0 : live_look(l, ret, err);

	*known |= r >= 0;
	return r;
}

static bool is_lost(const struct live *l, const struct api_place *p)
{
	if (!p->tls && !p->knock.due)
		return false; /* that is told */
	return !p->knock.answers && !(p->tls && plan_has_tls(l) && takes_any(p));
}

static void say_lost(const struct api_place *p, struct strv *ret)
{
	strv_addf(ret, "%s%s%s%s%s", p->at, p->tls ? " (by TLS)" : "", p->clients ? " (where " : "",
		  p->clients ? p->clients : "", p->clients ? " had connections)" : "");
}

/* Before anybody knocks: it may be another host's by now. */
static void drop_gone(struct live *l)
{
	CLEANUP(own_now_clear) struct own_now now = {0};
	size_t kept = 0;

	own_now_ask(&now);
	for (size_t i = 0; i < l->api.count; i++)
		if (own_went(l, &now, l->api.places[i].own))
			api_place_clear(&l->api.places[i]);
		else
			l->api.places[kept++] = l->api.places[i];
	l->api.count = kept;
}

/*
 * What no setting and no unit asks for any more is not lost: the plan has taken it away, or has named that somebody had
 * before it; what others change meanwhile is not brought (gate-changed.h).
 */
static int find_lost(struct live *l, struct facts *now, bool *known, struct strv *ret,
		     struct error *err)
{
	drop_gone(l);
	ask_all(l);
	for (size_t i = 0; i < l->api.count; i++) {
		const struct api_place *p = &l->api.places[i];
		int r;

		if (!is_lost(l, p))
			continue;
		r = look_now(l, now, known, err);
		if (r < 0)
			return r;
		if (api_place_is_asked(now, p))
			say_lost(p, ret);
	}
	return 0;
}

static bool is_own_path(const struct live *l, const char *path)
{
	const struct own_start *own = l->effector.own;

	for (size_t i = 0; own && i < own->paths.count; i++)
		if (api_path_is(own->paths.items[i], path))
			return true;
	return false;
}

static int find_shut(struct live *l, struct facts *now, bool *known, struct strv *ret,
		     struct error *err)
{
	for (size_t i = 0; i < l->api.count; i++) {
		const struct api_place *p = &l->api.places[i];
		struct api_grants is = grants_at(p->at), asked = p->grants;
		CLEANUP(freep) char *who = api_grants_lost(&p->grants, &is, &asked), *lost = NULL;
		int r;

		if (!who || is_own_path(l, p->at))
			continue;
		r = look_now(l, now, known, err);
		if (r < 0)
			return r;
		asked = api_grants_asked(now, p->at, group_number);
		lost = api_grants_lost(&p->grants, &is, &asked);
		if (lost)
			strv_addf(ret, "%s, which %s could use", p->at, lost);
	}
	return 0;
}

static int check(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(facts_clear) struct facts now = {0};
	CLEANUP(strv_clear) struct strv lost = {0};
	CLEANUP(freep) char *list = NULL;
	bool known = false;
	int r = may_knock(l, err) ? 0 : -EIO;

	if (r >= 0)
		r = find_lost(l, &now, &known, &lost, err);
	if (r >= 0)
		r = find_shut(l, &now, &known, &lost, err);
	if (r < 0 || lost.count == 0)
		return r;
	list = strv_join(&lost, ", ");
	return error_set(err, -EIO, "the Engine API answered before, and does not now: %s", list);
}

static void tell_unknown(struct live *l)
{
	if (l->api.unknown && l->restarted && l->effector.notes)
		strv_addf(l->effector.notes,
			  "whether the Engine API answers at every address where it did was not "
			  "measured: %s",
			  l->api.unknown);
	str_replace(&l->api.unknown, NULL); /* once */
}

int api_wait(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(error_clear) struct error why = {0};
	int r;

	r = l->api.asked && l->api.count > 0
		    ? live_wait_until_well(l, check, may_stop, WAIT_MS, &why)
		    : 0;
	tell_unknown(l);
	/* on the way back nothing more can be put back: it is told alone */
	if (r < 0 && !l->effector.interrupt) {
		if (l->effector.notes)
			strv_add_once(l->effector.notes, error_text(&why));
		return 0;
	}
	if (r < 0)
		error_move(err, &why);
	return r;
}

void api_came_back(struct live *l)
{
	l->api.back_ms = clock_ms();
}

void api_take_gap(struct live *l)
{
	uint64_t left = 0;
	double gap;
	struct bus *b;
	int r;

	if (l->api.back_ms <= 0)
		return;
	r = live_bus(l, &b, NULL);
	if (r >= 0)
		r = bus_left_active(b, DOCKER_SERVICE, &left, NULL);
	live_bus_lost(l, r);
	gap = l->api.back_ms - (double)left / 1e3;
	if (r >= 0 && left > 0 && gap > l->api.longest_ms)
		l->api.longest_ms = gap;
	l->api.back_ms = 0;
}
