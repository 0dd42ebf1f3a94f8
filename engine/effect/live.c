#include "engine/effect/live.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/write/journald.h"

/* Containers may end, or networks go, while they run. */
#define HANDLERS_THAT_STOP (HANDLERS_DOCKERD | HANDLER_BIT(HANDLER_UNIT_STATE))

const char *effect_key(const struct effect *e, enum scheme scheme)
{
	return e->subject.scheme == scheme ? e->subject.key : NULL;
}

int live_bus(struct live *l, struct bus **ret, struct error *err)
{
	int r = l->bus ? 0 : bus_open(&l->bus, err);

	*ret = l->bus;
	return r;
}

void live_bus_lost(struct live *l, int code)
{
	if (code != -ECONNRESET && code != -ENOTCONN && code != -EPIPE && code != -ETIMEDOUT)
		return;
	if (l->bus)
		*(struct bus **)array_append(&l->lost, &l->nlost, sizeof(struct bus *)) = l->bus;
	l->bus = NULL;
}

void live_bus_release(struct live *l)
{
	for (size_t i = 0; i < l->nlost; i++)
		bus_free(l->lost[i]);
	free(l->lost);
	l->lost = NULL;
	l->nlost = 0;
}

static int run_nothing(struct live *l, const struct effects *towards, struct error *err)
{
	return 0;
}

/* One for each handler, or this does not compile. */
#define RUN_NONE run_nothing
#define RUN_SYSTEMD_RELOAD run_systemd_reload
#define RUN_UNIT_STATE run_unit_state
#define RUN_SYSCTL run_sysctl
#define RUN_AUDIT_RULES run_audit_rules
#define RUN_FIREWALL run_firewall
#define RUN_DOCKER_RELOAD run_docker_reload
#define RUN_DOCKER_SOCKET run_docker_socket
#define RUN_DOCKER_RESTART run_docker_restart
#define RUN(name, text, phrase, place) [HANDLER_##name] = RUN_##name,

static int live_run(struct effector *e, enum handler handler, const struct effects *towards,
		    struct error *err)
{
	static int (*const handlers[HANDLER_COUNT])(struct live *, const struct effects *,
						    struct error *) = {HANDLERS(RUN)};
	static const struct effects none = {0};
	struct live *l = (struct live *)e;
	bool watched = HANDLER_BIT(handler) & HANDLERS_THAT_STOP;
	int r;

	api_ask_before(l);
	accepting_remember(l);
	if (!(HANDLER_BIT(handler) & HANDLERS_RESTART))
		gap_watch_hurry(l->gaps); /* a restart begins in the middle of its job */
	if (watched)
		live_window_begin(l);
	r = handlers[handler](l, towards ? towards : &none, err);
	gap_watch_calm(l->gaps);
	api_take_gap(l);
	if (watched)
		live_window_end(l);
	l->restarted |= (HANDLER_BIT(handler) & HANDLERS_RESTART) != 0;
	if (r < 0)
		live_bus_lost(l, r);
	live_bus_release(l);
	return r;
}

static void live_free(struct effector *e)
{
	struct live *l = (struct live *)e;

	if (!l)
		return;
	live_bus_release(l);
	bus_free(l->bus);
	watched_clear(l);
	networks_clear(l);
	attached_clear(l);
	accepting_clear(l);
	started_with_clear(&l->started_with);
	api_clear(l);
	engine_state_clear(&l->state);
	strv_clear(&l->proxied);
	strv_clear(&l->led);
	strv_clear(&l->went_down);
	strv_clear(&l->effector.starts.left);
	strv_clear(&l->tried);
	strv_clear(&l->owed);
	strv_clear(&l->ran);
	strv_clear(&l->stopped);
	gate_start_clear(&l->next);
	forwarding_clear(&l->broken_off);
	strv_clear(&l->flushers);
	free(l->windows.items);
	free(l);
}

static int state_now(struct live *l, const char *unit, char **ret)
{
	struct bus *b;
	int r = live_bus(l, &b, NULL);

	if (r >= 0)
		r = bus_active_state(b, unit, ret, NULL);
	live_bus_lost(l, r);
	return r < 0 ? r : 1;
}

static int value_now(struct effector *e, struct subject subject, char **ret)
{
	switch (subject.scheme) {
	case SCHEME_SYSCTL:
		return setting_now(subject.key, ret);
	case SCHEME_CHAIN:
		return chain_now(subject.key, ret);
	case SCHEME_STATE:
		return state_now((struct live *)e, subject.key, ret);
	default:
		return -ENOTSUP;
	}
}

static void live_announce(struct effector *e, const struct announcement *a)
{
	CLEANUP(strv_clear) struct strv fields = {0};

	announcement_fields(a, &fields);
	journald_send(&fields);
	(void)e;
}

int effector_live(struct effector **ret, struct error *err)
{
	static const struct effector_ops ops = {.run = live_run,
						.in_force = live_in_force,
						.contradicts = live_contradicts,
						.value_now = value_now,
						.may_give_up_live = live_may_give_up_live,
						.stopped_meanwhile = live_stopped_meanwhile,
						.takes_along = live_takes_along,
						.ran_before = live_ran_before,
						.writes_along = live_writes_along,
						.wrote_along = live_wrote_along,
						.start_again = live_start_all_again,
						.remember = live_remember,
						.remember_as = live_remember_as,
						.health = live_health,
						.gap = live_gap,
						.trial = live_trial,
						.arm = live_arm,
						.disarm = live_disarm,
						.announce = live_announce,
						.free = live_free};
	struct live *l = xcalloc(1, sizeof(*l));

	l->effector.ops = &ops;
	*ret = &l->effector;
	return 0;
}
