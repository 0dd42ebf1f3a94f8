#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/format/container-info.h"
#include "engine/format/daemon-keys.h"

struct check check_of(const struct container *c)
{
	static const char *const names[] = {[CHECK_STARTING] = "starting",
					    [CHECK_HEALTHY] = "healthy",
					    [CHECK_UNHEALTHY] = "unhealthy"};
	struct check ret = {.failed = c->failed, .failing = c->failing, .last = c->checked_usec};
	uint64_t age;

	for (size_t i = CHECK_STARTING; c->health && i < ARRAY_SIZE(names); i++)
		if (strcmp(c->health, names[i]) == 0)
			ret.status = (enum check_status)i;
	ret.overdue = container_check_overdue(c, clock_usec(CLOCK_REALTIME), &age);
	return ret;
}

enum check_turn check_compare(const struct check *before, const struct check *now)
{
	bool was_well = before->status == CHECK_HEALTHY;

	if (now->status == CHECK_UNHEALTHY && before->status != CHECK_UNHEALTHY)
		return was_well && !before->failed ? CHECK_BROKE : CHECK_FLAPPED;
	if (now->status == CHECK_STARTING && was_well)
		return now->failing > 0 ? CHECK_SLIPS : CHECK_OPEN;
	if (now->status == CHECK_HEALTHY && now->failing > 0 && before->failing == 0)
		return CHECK_SLIPS;
	if (now->status == CHECK_HEALTHY && was_well && now->last <= before->last)
		return CHECK_OPEN;
	return CHECK_AS_BEFORE;
}

bool check_ended(const struct check *before, const struct check *now, const char *version)
{
	return engine_ends_checks(version) && !before->overdue && now->status != CHECK_NONE &&
	       now->last <= before->last;
}

/* The containers that are not well, all of this dockerd at once. */
static int list_unhealthy(struct engine_api *api, struct strv *ret)
{
	CLEANUP(buf_clear) struct buf body = {0};
	/* filters={"health":["unhealthy"]} */
	int r = engine_api_get(
		api, "/containers/json?filters=%7B%22health%22%3A%5B%22unhealthy%22%5D%7D", &body,
		NULL);

	return r < 0 ? r : container_info_read_list(&body, ret, NULL, NULL);
}

static bool any_check(const struct live *l)
{
	for (size_t i = 0; i < l->ncontainers; i++)
		if (l->containers[i].check.status != CHECK_NONE)
			return true;
	return false;
}

/* Nothing more can be put back on the way back: what is not well then is told alone. */
static bool is_way_back(const struct live *l)
{
	return !l->effector.interrupt;
}

/* What dockerd does not answer now, it must answer at the end, when its list is read. */
int checks_look(struct live *l, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(strv_clear) struct strv ids = {0};
	static const struct check unhealthy = {.status = CHECK_UNHEALTHY};

	if (is_way_back(l) || !any_check(l) || live_api_open(l, &api, NULL) < 0 ||
	    list_unhealthy(api, &ids) < 0)
		return 0;
	for (size_t i = 0; i < l->ncontainers; i++) {
		const struct watched *w = &l->containers[i];

		if (strv_contains(&ids, w->id) &&
		    check_compare(&w->check, &unhealthy) == CHECK_BROKE)
			return error_set(err, -EIO,
					 "the container '%s' was healthy, and its health check "
					 "fails since",
					 w->name);
	}
	return 0;
}

/* One that was well, was started again by its policy, and has not told since; or dockerd has not. */
static bool has_to_tell(struct engine_api *api, const struct watched *w)
{
	CLEANUP(container_clear) struct container c;
	int r = watched_inspect(api, w->id, &c, NULL);

	if (r < 0)
		return r != -ENOENT;
	return c.running && check_of(&c).status == CHECK_STARTING;
}

static int all_told(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	int r = live_api_open(l, &api, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < l->ncontainers; i++) {
		const struct watched *w = &l->containers[i];

		if (!w->told && w->check.status == CHECK_HEALTHY && !watched_runs(w) &&
		    has_to_tell(api, w))
			return -EAGAIN;
	}
	return 0;
}

/* Its first check comes as late as its interval says: one that has not told by then is a note. */
int checks_settle(struct live *l, const struct stopped_list *may_stop, int most_ms,
		  struct error *err)
{
	int r = is_way_back(l) || !any_check(l)
			? 0
			: live_wait_until_well(l, all_told, may_stop, most_ms, err);

	if (r == -EINTR)
		return r;
	error_clear(err);
	return checks_look(l, err);
}

static enum check_turn ask(const struct live *l, struct engine_api *api, const struct watched *w)
{
	struct check before = w->check;
	enum check_turn turn = CHECK_AS_BEFORE;
	CLEANUP(container_clear) struct container c;

	if (watched_inspect(api, w->id, &c, NULL) >= 0 && c.running) {
		struct check now = check_of(&c);

		/* those that ran until dockerd was touched tell nothing of what is now */
		if (l->windows.count > 0 && l->windows.items[l->windows.count - 1].to > before.last)
			before.last = l->windows.items[l->windows.count - 1].to;
		turn = check_compare(&before, &now);
		if (l->restarted && c.pid == w->pid && check_ended(&before, &now, l->version))
			turn = CHECK_ENDED;
	}
	return turn;
}

static void tell(struct live *l, const char *name, enum check_turn turn)
{
	static const char *const words[] = {
		[CHECK_AS_BEFORE] = NULL,
		[CHECK_BROKE] = "has failed since",
		[CHECK_FLAPPED] = "says that it is not well now; it was not surely well before",
		[CHECK_SLIPS] = "has begun to fail, and does not count as unhealthy yet",
		[CHECK_OPEN] = "has not told since whether it is well",
		[CHECK_ENDED] = NULL, /* in more words */
	};

	/* where dockerd was left alone, the next check comes when it comes */
	if (words[turn] && (turn != CHECK_OPEN || l->windows.count > 0))
		strv_addf(l->effector.notes, "the health check of the container '%s' %s", name,
			  words[turn]);
	if (turn == CHECK_ENDED)
		strv_addf(
			l->effector.notes,
			"the health check of the container '%s' ended with the restart of dockerd "
			"%s, which does not take it up again: what it said last stands; 'docker "
			"pause %s' and 'docker unpause %s' start it, and so does 'docker restart "
			"%s'",
			name, l->version, name, name, name);
}

void checks_tell(struct live *l)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;

	if (!l->effector.notes || !any_check(l) || live_api_open(l, &api, NULL) < 0)
		return;
	for (size_t i = 0; i < l->ncontainers; i++) {
		const struct watched *w = &l->containers[i];
		enum check_turn turn =
			w->told || w->check.status == CHECK_NONE ? CHECK_AS_BEFORE : ask(l, api, w);

		tell(l, w->name, turn);
	}
}
