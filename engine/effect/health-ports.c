#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/effect/restart-gate.h"
#include "engine/host/read/proxies.h"

#define WAIT_MS 5000

/*
 * Whether what containers publish is still there: docker-proxy is dockerd's own witness of each port
 * that it holds, whatever inspect says (20.10 and 26.1 go on telling ports that were lost), and where
 * it was told to start none, the rules that lead to it are. Where no proxy is left at all, its settings
 * tell whether they were switched off, or all lost. What else runs here may take away the rules alone.
 */

/* Before each handler that ends dockerd; what an earlier one took away is owed all the same. */
static void remember_proxies(struct live *l)
{
	CLEANUP(strv_clear) struct strv now = {0};

	if (proxies_list(&now, NULL) < 0)
		return;
	for (size_t i = 0; i < now.count; i++)
		strv_add_once(&l->proxied, now.items[i]);
}

/* What cannot be read is not remembered, and nothing is said to be there still for it. */
static void remember_rules(struct live *l)
{
	CLEANUP(strv_clear) struct strv ports = {0}, led = {0};

	for (size_t i = 0; i < l->ncontainers; i++)
		strv_add_all(&ports, &l->containers[i].ports);
	if (ports.count == 0 || ports_led(&ports, &led, NULL) < 0)
		return;
	for (size_t i = 0; i < led.count; i++)
		strv_add_once(&l->led, led.items[i]);
}

void ports_remember(struct live *l)
{
	remember_proxies(l);
	remember_rules(l);
}

void ports_lost(const struct strv *ports, const struct strv *before, const struct strv *after,
		struct strv *ret)
{
	for (size_t i = 0; i < ports->count; i++)
		if (strv_contains(before, ports->items[i]) &&
		    !strv_contains(after, ports->items[i]))
			strv_add(ret, ports->items[i]);
}

bool ports_are_kept(const struct live *l, const struct watched *w)
{
	CLEANUP(strv_clear) struct strv proxied = {0}, led = {0}, lost = {0};
	size_t held = 0;

	if (proxies_list(&proxied, NULL) < 0 || ports_led(&w->ports, &led, NULL) < 0)
		return false;
	for (size_t i = 0; i < w->ports.count; i++)
		held += strv_contains(&l->proxied, w->ports.items[i]) ||
			strv_contains(&l->led, w->ports.items[i]);
	ports_lost(&w->ports, &l->proxied, &proxied, &lost);
	ports_lost(&w->ports, &l->led, &led, &lost);
	return held > 0 && lost.count == 0;
}

int proxies_are_meant(const struct settings *now)
{
	const struct setting *s = settings_find(now, "userland-proxy");

	if (!s || s->source == SOURCE_DEFAULT)
		return 1;
	if (s->source == SOURCE_UNKNOWN || !s->value)
		return -1;
	return strcmp(s->value, "true") == 0;
}

/* Asked only where none is left; what is not known is said. */
static bool none_is_meant(struct live *l)
{
	const struct effector *e = &l->effector;
	CLEANUP(facts_clear) struct facts now = {0};
	int meant = -1;

	if (live_look(l, &now, NULL) >= 0 && !now.docker.not_measured)
		meant = proxies_are_meant(&now.docker.now);
	if (meant < 0 && e->notes)
		strv_add_once(e->notes,
			      "whether dockerd took published ports again is not known: no "
			      "docker-proxy is left, and whether dockerd was to start them "
			      "(userland-proxy) could not be asked");
	return meant <= 0;
}

static int check_ports(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(strv_clear) struct strv now = {0};
	int r = proxies_list(&now, err);

	if (r >= 0 && now.count == 0 && none_is_meant(l))
		return 0;
	for (size_t i = 0; r >= 0 && i < l->ncontainers; i++) {
		struct watched *w = &l->containers[i];
		CLEANUP(strv_clear) struct strv lost = {0};
		CLEANUP(freep) char *list = NULL, *advice = NULL;

		ports_lost(&w->ports, &l->proxied, &now, &lost);
		if (lost.count == 0 || !watched_find(l, w->id) ||
		    (may_stop && stopped_find(may_stop, w->name)))
			continue;
		list = strv_join(&lost, ", ");
		advice = restart_advice(l, w, "the address and the port are free here");
		r = error_set(err, -EIO,
			      "the container '%s' runs on, but dockerd did not take its published "
			      "ports again at its start: %s; %s",
			      w->name, list, advice);
	}
	return r < 0 ? r : 0;
}

/* Whether dockerd is to have rules here, where they were: what is not known does not excuse it. */
static bool no_rules_are_meant(struct live *l)
{
	CLEANUP(facts_clear) struct facts now = {0};
	const struct setting *rules, *backend;

	if (live_look(l, &now, NULL) < 0 || now.docker.not_measured)
		return false;
	rules = settings_find(&now.docker.now, "iptables");
	backend = settings_find(&now.docker.now, "firewall-backend");
	return (rules && strcmp_null(rules->value, "false") == 0) ||
	       (backend && strcmp_null(backend->value, "\"nftables\"") == 0);
}

/* Of these the ports to which a rule led, and no rule leads now. -EIO tells of them. */
static int check_led(struct live *l, const struct watched *w, struct error *err)
{
	CLEANUP(strv_clear) struct strv now = {0}, lost = {0};
	CLEANUP(freep) char *list = NULL;
	int r = ports_led(&w->ports, &now, err);

	if (r < 0)
		return r;
	ports_lost(&w->ports, &l->led, &now, &lost);
	if (lost.count == 0 || no_rules_are_meant(l))
		return 0;
	list = strv_join(&lost, ", ");
	return error_set(
		err, -EIO,
		"the container '%s' runs on, but no rule of the packet filter leads to its "
		"published ports any more: %s; a restart of dockerd makes dockerd's rules "
		"again",
		w->name, list);
}

static int check_rules(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < l->ncontainers; i++) {
		struct watched *w = &l->containers[i];

		if (watched_find(l, w->id) && !(may_stop && stopped_find(may_stop, w->name)))
			r = check_led(l, w, err);
	}
	return r;
}

/* By a unit that the plan said may do that; it is told all the same. */
static int rules_wait(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(freep) char *units = strv_join(&l->flushers, ", ");
	int r;

	if (l->led.count == 0)
		return 0;
	r = l->flushers.count ? check_rules(l, may_stop, &why)
			      : live_wait_until_well(l, check_rules, may_stop, WAIT_MS, &why);
	if (r == -EIO && l->flushers.count) {
		if (l->effector.notes)
			strv_addf(l->effector.notes, "%s (by %s, as was announced)",
				  error_text(&why), units);
		return 0;
	}
	if (r == -EIO || r == -EINTR) {
		error_move(err, &why);
		return r;
	}
	if (r < 0 && l->effector.notes)
		strv_addf(l->effector.notes,
			  "whether rules of the packet filter still lead to published ports could "
			  "not be asked: %s",
			  error_text(&why));
	return 0;
}

int ports_wait(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	int r = 0;

	if (l->windows.count == 0)
		return 0;
	if (l->proxied.count > 0)
		r = live_wait_until_well(l, check_ports, may_stop, WAIT_MS, err);
	return r < 0 ? r : rules_wait(l, may_stop, err);
}
