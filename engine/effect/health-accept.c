#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/effect/own-now.h"
#include "engine/effect/restart-gate.h"

/*
 * What users see of a container: that its published ports take connections. dockerd and the packet filter
 * are asked elsewhere (health-ports.c); here somebody knocks, at each address and in each family. What
 * took none before is nobody's loss.
 */

#define FIRST_MS 500 /* who has not taken a connection by then is not counted on */
#define LEAST_MS 5000 /* to take a connection again, however short the gate is */
#define MOST_ADDRESSES 4 /* of the host's own, in each family */

bool accepting_places(const char *port, const struct strv *own, unsigned *ret_number,
		      struct strv *ret, struct strv *ret_beyond)
{
	char protocol[8], address[64];
	bool v6 = strchr(port, ':') != NULL;
	size_t n = 0;

	if (sscanf(port, "%u/%7[a-z] on %63s", ret_number, protocol, address) != 3 ||
	    strcmp(protocol, "tcp") != 0)
		return false;
	if (strcmp(address, "0.0.0.0") != 0 && strcmp(address, "::") != 0) {
		strv_add(ret, address);
		return true;
	}
	strv_add(ret, v6 ? "::1" : "127.0.0.1");
	for (size_t i = 0; i < own->count; i++)
		if (v6 == (strchr(own->items[i], ':') != NULL))
			strv_add(n++ < MOST_ADDRESSES ? ret : ret_beyond, own->items[i]);
	return true;
}

/* The knocks beside the places, while it is not known which of them are answered. */
struct asking {
	struct knock *knocks;
	size_t count;
	unsigned services;
};

static void asking_clear(struct asking *a)
{
	free(a->knocks);
}

static void add_place(struct live *l, struct asking *a, const struct watched *w,
		      const char *address, bool own, unsigned number, unsigned service)
{
	struct knock k;
	struct accepting *at;

	if (!knock_to(&k, address, number))
		return;
	k.due = k.hold = true;
	k.service = service;
	*(struct knock *)array_append(&a->knocks, &a->count, sizeof(k)) = k;
	at = array_append(&l->accepting, &l->naccepting, sizeof(*at));
	at->id = xstrdup(w->id);
	at->name = xstrdup(w->name);
	at->at = knock_text(&k);
	at->own = own ? xstrdup(address) : NULL;
}

unsigned accepting_service(const struct watched *w, size_t i, unsigned number)
{
	for (size_t k = 0; k < i; k++)
		if (strtoul(w->ports.items[k], NULL, 10) == number)
			return (unsigned)k;
	return (unsigned)i;
}

static void add_ports(struct live *l, struct asking *a, const struct watched *w,
		      const struct own_now *own)
{
	unsigned first = a->services;

	a->services += (unsigned)w->ports.count;
	for (size_t i = 0; i < w->ports.count; i++) {
		CLEANUP(strv_clear) struct strv places = {0}, beyond = {0};
		unsigned number = 0;

		if (!accepting_places(w->ports.items[i], &own->addresses, &number, &places,
				      &beyond))
			strv_addf(&l->unmeasured, "%s of %s", w->ports.items[i], w->name);
		else if (own_is_missing(own, w->ports.items[i]))
			strv_addf(&l->unmeasured, "%u/tcp on this host's own addresses of %s",
				  number, w->name);
		for (size_t p = 0; p < beyond.count; p++)
			strv_addf(&l->unmeasured, "%u/tcp on %s of %s", number, beyond.items[p],
				  w->name);
		for (size_t p = 0; p < places.count; p++)
			add_place(l, a, w, places.items[p], p > 0, number,
				  first + accepting_service(w, i, number));
	}
}

static void accepting_free(struct accepting *a)
{
	free(a->id);
	free(a->name);
	free(a->at);
	free(a->own);
}

void accepting_clear(struct live *l)
{
	gap_watch_free(l->gaps);
	l->gaps = NULL;
	for (size_t i = 0; i < l->naccepting; i++)
		accepting_free(&l->accepting[i]);
	free(l->accepting);
	l->accepting = NULL;
	l->naccepting = 0;
	strv_clear(&l->unmeasured);
	l->accepting_asked = false;
}

/* Those that answer stay, with their knocks; those that could not be asked are told. */
static void keep_answering(struct live *l, struct asking *a)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->count; i++) {
		if (!a->knocks[i].due)
			strv_addf(&l->unmeasured, "%s of %s", l->accepting[i].at,
				  l->accepting[i].name);
		if (!a->knocks[i].due || !a->knocks[i].answers) {
			accepting_free(&l->accepting[i]);
			continue;
		}
		a->knocks[kept] = a->knocks[i];
		l->accepting[kept++] = l->accepting[i];
	}
	a->count = l->naccepting = kept;
}

void accepting_remember(struct live *l)
{
	CLEANUP(asking_clear) struct asking a = {0};
	CLEANUP(own_now_clear) struct own_now own = {0};
	CLEANUP(error_clear) struct error why = {0};

	if (!l->remembered || !l->docker_ran || l->accepting_asked)
		return;
	l->accepting_asked = true;
	own_now_ask(&own); /* without them the loopback tells */
	for (size_t i = 0; i < l->ncontainers; i++) {
		add_ports(l, &a, &l->containers[i], &own);
		if (l->containers[i].swarm_task)
			strv_add_once(&l->unmeasured, "what the swarm publishes for its services");
	}
	knock_all(a.knocks, a.count, FIRST_MS);
	keep_answering(l, &a);
	if (a.count > 0 &&
	    gap_watch_start(&l->gaps, a.knocks, a.count, l->effector.max_gap_ms, &why) < 0 &&
	    l->effector.notes)
		strv_addf(l->effector.notes, "whether published ports answer was not measured: %s",
			  error_text(&why));
}

static struct watched *container_of(struct live *l, const char *id)
{
	for (size_t i = 0; i < l->ncontainers; i++)
		if (strcmp(l->containers[i].id, id) == 0)
			return &l->containers[i];
	return NULL;
}

/*
 * Whether it need not answer: it ended by itself, as others tell, or was to go or to lose its ports by the
 * plan. One that its policy brings back has to.
 */
static bool is_excused(struct live *l, const struct watched *w, const struct stopped_list *may_stop)
{
	const struct stopped *s = may_stop ? stopped_find(may_stop, w->name) : NULL;

	if (w->told)
		return true;
	if (s && (s->comes_back == COMES_BACK_YES || s->comes_back == COMES_BACK_UNLESS_0))
		return stopped_by_unit(s);
	return s || !watched_runs(w);
}

/* Whether its dockerd has given up the proxy, without which nothing leads IPv6 to many containers. */
static bool proxy_was_given_up(struct live *l)
{
	CLEANUP(facts_clear) struct facts now = {0};

	return l->proxied.count > 0 && live_look(l, &now, NULL) >= 0 && !now.docker.not_measured &&
	       proxies_are_meant(&now.docker.now) == 0;
}

/* userland-proxy=false is held back where a port is published for IPv6: who got here has consented. */
static bool was_announced(struct live *l, struct accepting *a)
{
	if (a->at[0] != '[' || !(a->told || proxy_was_given_up(l)))
		return false;
	if (!a->told && l->effector.notes)
		strv_addf(
			l->effector.notes,
			"%s of the container '%s' takes no connection any more: dockerd starts no "
			"proxy for it, as was announced",
			a->at, a->name);
	a->told = true;
	return true;
}

static int complain(const struct strv *away, struct error *err)
{
	CLEANUP(freep) char *list = strv_join(away, ", ");

	return error_set(err, -EIO, "%s took connections before, and %s now: %s",
			 away->count == 1 ? "a published port" : "published ports",
			 away->count == 1 ? "takes none" : "take none", list);
}

/* Somebody may answer there yet: it may be another host's by now. */
static void drop_gone(struct live *l)
{
	CLEANUP(own_now_clear) struct own_now now = {0};

	own_now_ask(&now);
	for (size_t i = 0; i < l->naccepting; i++)
		if (!l->accepting[i].went)
			l->accepting[i].went = own_went(l, &now, l->accepting[i].own);
}

static int look(struct live *l, const struct stopped_list *may_stop, bool anew, struct error *err)
{
	CLEANUP(strv_clear) struct strv away = {0};

	drop_gone(l);
	for (size_t i = 0; l->gaps && i < l->naccepting; i++) {
		struct accepting *a = &l->accepting[i];
		struct watched *w = container_of(l, a->id);

		if (w && (anew || watched_runs(w)) && gap_watch_look(l->gaps, i).away && !a->went &&
		    !is_excused(l, w, may_stop) && !was_announced(l, a))
			strv_addf(&away, "%s of the container '%s'", a->at, a->name);
	}
	return away.count ? complain(&away, err) : 0;
}

static int check_survivors(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	return look(l, may_stop, false, err);
}

static int check(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	return look(l, may_stop, true, err);
}

static int wait_for(struct live *l,
		    int (*ask)(struct live *, const struct stopped_list *, struct error *),
		    const struct stopped_list *may_stop, int most_ms, struct error *err)
{
	CLEANUP(error_clear) struct error why = {0};
	int r;

	if (l->gaps)
		gap_watch_ask(l->gaps);
	r = live_wait_until_well(l, ask, may_stop, most_ms > LEAST_MS ? most_ms : LEAST_MS, &why);
	/* on the way back nothing more can be put back: it is told alone */
	if (r == -EIO && !l->effector.interrupt) {
		if (l->effector.notes)
			strv_add_once(l->effector.notes, error_text(&why));
		return 0;
	}
	if (r < 0)
		error_move(err, &why);
	return r;
}

int accepting_wait_survivors(struct live *l, const struct stopped_list *may_stop, int most_ms,
			     struct error *err)
{
	return wait_for(l, check_survivors, may_stop, most_ms, err);
}

int accepting_wait(struct live *l, const struct stopped_list *may_stop, int most_ms,
		   struct error *err)
{
	return wait_for(l, check, may_stop, most_ms, err);
}

/* What need not answer has no gap: it is told by those who know why. What was to go for good has no end of one. */
void live_gap(struct effector *e, bool last, struct gaps *ret)
{
	CLEANUP(strv_clear) struct strv gone = {0};
	struct live *l = (struct live *)e;
	double now = clock_ms();

	gaps_clear(ret);
	if (last)
		gap_watch_stop(l->gaps);
	drop_gone(l);
	for (size_t i = 0; l->gaps && i < l->naccepting; i++) {
		const struct accepting *a = &l->accepting[i];
		const struct watched *w = container_of(l, a->id);
		struct timing t = gap_watch_look(l->gaps, i);
		struct port_gap *g;

		if (a->told)
			strv_addf(&gone, "%s of %s, which takes none any more, as announced", a->at,
				  a->name);
		if (a->went)
			strv_addf(&gone, "%s of %s, where this host has no address any more", a->at,
				  a->name);
		if (!w || a->told || a->went || is_excused(l, w, e->may_stop))
			continue;
		g = gaps_add(ret, a->name, a->at);
		g->ms = (uint64_t)(timing_most_ms(&t, now) + 0.999);
		g->least_ms = (uint64_t)(timing_least_ms(&t, now) + 0.999);
		g->away = t.away;
	}
	ret->api_ms = (uint64_t)(l->api.longest_ms + 0.999);
	strv_copy(&ret->unmeasured, &l->unmeasured);
	strv_add_all(&ret->unmeasured, &gone);
}
