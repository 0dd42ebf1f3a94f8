#include "engine/plan/objections.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/api-client.h"
#include "engine/format/api-socket.h"
#include "engine/format/schemes/json-text.h"
#include "engine/plan/dockerd-reach.h"
#include "engine/plan/own-keys.h"
#include "engine/plan/reader-holds.h"
#include "engine/plan/stopping-text.h"
#include "engine/plan/swarm-holds.h"
#include "engine/plan/units-along.h"
#include "engine/plan/unseen-text.h"
#include "engine/plan/watches.h"

static const char dockerd_moved_next[] =
	"what runs would be out of view: take that back, or restart dockerd yourself first";

static const char waiting_next[] = "take that out of the file, or bring about what it names, first";

struct kind;

/* One kind of them is looked for. */
struct search {
	const struct facts *facts;
	const struct deed *deed;
	const struct kind *kind;
	struct objections *ret;
};

/*
 * `up` and `back` are its weight on the way up and on the way back. They are the same but where a
 * row says why.
 */
struct kind {
	const char *name;
	unsigned handlers; /* with which it comes; 0: it comes with the writing of any file */
	bool config; /* it comes with the writing of dockerd's config file, too */
	enum objection_weight up, back;
	void (*find)(struct search *s);
	const char *next;
};

static struct objection *find_text(const struct objections *all, const char *text)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->items[i].text, text) == 0)
			return &all->items[i];
	return NULL;
}

/* What comes in two ways is said once. `path` is NULL where it does not come with one. */
static struct objection *add(struct search *s, const char *text, const char *path)
{
	struct objection *o = find_text(s->ret, text);

	if (!o) {
		o = array_append(&s->ret->items, &s->ret->count, sizeof(*o));
		o->kind = s->kind->name;
		o->text = xstrdup(text);
		o->weight = s->deed->back ? s->kind->back : s->kind->up;
		o->next = s->kind->next;
	}
	o->handlers |= s->kind->handlers & s->deed->handlers;
	if (path)
		strv_add_once(&o->paths, path);
	return o;
}

static void add_all(struct search *s, const struct strv *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		add(s, lines->items[i], NULL);
}

static void find_mute(struct search *s)
{
	CLEANUP(freep) char *why = dockerd_mute(s->facts);

	if (why)
		add(s, why, NULL);
}

/* Nor can it be told then what the file may say beside the flags. */
static void find_start_unknown(struct search *s)
{
	const struct docker_facts *d = &s->facts->docker;
	CLEANUP(freep) char *why = NULL;

	if (d->start_unknown)
		add(s, d->start_unknown, s->deed->config ? d->config_file : NULL);
	if (!d->file_untrusted)
		return;
	why = xasprintf("what dockerd's next start reads is not known: %s", d->file_error);
	add(s, why, s->deed->config ? d->config_file : NULL);
}

static void find_no_restart(struct search *s)
{
	if (s->facts->docker.no_restart)
		add(s, s->facts->docker.no_restart, NULL);
}

static void find_no_socket_restart(struct search *s)
{
	if (s->facts->docker.no_socket_restart)
		add(s, s->facts->docker.no_socket_restart, NULL);
}

static void find_unseen(struct search *s)
{
	CLEANUP(freep) char *mute = dockerd_mute(s->facts);
	CLEANUP(freep) char *text = unseen_text(s->facts, mute != NULL);

	if (text)
		add(s, text, NULL);
}

/* No verification could end well, and what runs would be lost sight of: that is no side effect. */
static void find_moved(struct search *s)
{
	const struct docker_facts *d = &s->facts->docker;
	size_t running;

	if (d->moves_data && s->deed->own_known && !strv_contains(&s->deed->own, "data-root") &&
	    !(containers_running(&d->containers, &running) && running == 0))
		add(s, d->moves_data, NULL);
}

/* What it lists now stays where it is when dockerd looks elsewhere. */
static void find_restart_brings(struct search *s)
{
	const struct docker_facts *d = &s->facts->docker;

	if (!s->deed->leaves_root)
		add_all(s, &d->starts);
	if (s->deed->may_leave_root)
		add_all(s, &d->starts_elsewhere);
	add_all(s, &s->facts->docker.restart_brings);
}

/* The next dockerd is another one than the one that runs. */
static void find_start_brings(struct search *s)
{
	add_all(s, &s->facts->docker.start_brings);
}

static void find_restart_runs(struct search *s)
{
	add_all(s, &s->facts->docker.restart_runs);
}

static void find_units_bring(struct search *s)
{
	add_all(s, &s->facts->docker.reload_brings);
}

static void find_reload_brings(struct search *s)
{
	add_all(s, &s->facts->docker.dockerd_reload_brings);
}

/* Who would be left with a socket that nobody listens on any more. */
static void find_cut_off(struct search *s)
{
	CLEANUP(strv_clear) struct strv names = {0};
	const char *unknown = api_socket_cut_off(s->facts, s->deed->handlers, &names);

	if (unknown) {
		CLEANUP(freep)
		char *text = xasprintf("whether a container has the API's socket mounted, which is "
				       "made anew, is not known: %s",
				       unknown);

		add(s, text, NULL);
	}
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep)
		char *text = xasprintf("container %s has the API's socket mounted, which is made "
				       "anew: it is cut off until its own next start",
				       names.items[i]);

		add(s, text, NULL);
	}
}

static void add_watchers(struct search *s, const char *path, bool touched, const char *comes_with)
{
	CLEANUP(strv_clear) struct strv who = {0};

	watchers_of(s->facts, path, touched, &who);
	for (size_t i = 0; i < who.count; i++)
		add(s, who.items[i], comes_with);
}

/*
 * Who is connected to the API over TCP now, and would not be let in any more. On the way up the guards of these keys
 * hold for the clients of each listener that is known (modules/daemon/guards-endpoint.c): who comes in elsewhere is left.
 */
static void find_clients(struct search *s)
{
	const struct docker_facts *d = &s->facts->docker;
	const struct setting *hosts = settings_find(&d->now, "hosts");
	const struct api_move move = {.moves = s->deed->moves_api,
				      .hosts = s->deed->hosts,
				      .hosts_now = hosts ? hosts->value : NULL,
				      .verifies = s->deed->asks_certificate,
				      .asked = s->deed->back ? NULL : &d->tcp_listeners};
	CLEANUP(freep) char *text = api_clients_objection(&d->tcp_connected, &move);

	if (text)
		add(s, text, NULL);
}

/* Whichever handler there is, or none: they look at the file. */
static void find_watched(struct search *s)
{
	for (size_t i = 0; i < s->deed->paths.count; i++) {
		const char *path = s->deed->paths.items[i];

		add_watchers(s, path, strv_contains(&s->deed->touched, path), path);
	}
}

/* What a restart itself writes, and no plan names. */
static void find_restart_watched(struct search *s)
{
	const struct setting *pidfile = settings_find(&s->facts->docker.next, "pidfile");
	CLEANUP(strv_clear) struct strv paths = {0};

	if (pidfile && pidfile->value)
		strv_add_owned(&paths, json_value_to_string(pidfile->value));
	if (api_socket_is_made_anew(s->facts, s->deed->handlers))
		api_socket_paths(s->facts, &paths);
	for (size_t i = 0; i < paths.count; i++)
		add_watchers(s, paths.items[i], false, NULL);
}

static void find_untried(struct search *s)
{
	const struct docker_facts *d = &s->facts->docker;
	CLEANUP(freep) char *why = NULL;

	if (!d->untried || s->deed->start_known || start_can_be_asked(s->facts))
		return;
	why = xasprintf("the next start of dockerd is not tried yet (%s), this version cannot be "
			"asked beforehand, and if it fails, it could not be put back",
			d->untried);
	add(s, why, NULL);
}

/* Whether who else reads the file starts with what is written, and what that does, nobody asks it. */
static void find_readers(struct search *s)
{
	const struct docker_facts *d = &s->facts->docker;

	for (size_t i = 0; s->deed->config && i < d->nreaders; i++) {
		CLEANUP(freep) char *why = reader_unknown_text(s->facts, &d->readers[i]);

		if (why)
			add(s, why, d->config_file);
	}
}

static void find_stopping(struct search *s)
{
	const struct deed *deed = s->deed;
	CLEANUP(freep) char *then = undo_goes_on(deed->undoes);
	/* which helps nobody whom dockerd does not see thereafter */
	bool helps = deed->undoes && deed->hides == SIGHT_KEPT;
	CLEANUP(freep)
	char *text =
		stopping_objection(s->facts, deed->stopped, deed->loses_live, helps ? then : NULL);

	if (text)
		add(s, text, NULL);
}

static void find_swarm_lock(struct search *s)
{
	CLEANUP(freep) char *text = swarm_lock_text(s->facts);

	if (text)
		add(s, text, NULL);
}

static void find_swarm_majority(struct search *s)
{
	if (s->facts->docker.swarm_majority)
		add(s, s->facts->docker.swarm_majority, NULL);
}

static void find_swarm_absent(struct search *s)
{
	add_all(s, &s->facts->docker.swarm_absent);
}

/* In another place than it has its things in now; where it does not run, at its next start. */
static void find_hidden(struct search *s)
{
	const struct deed *deed = s->deed;
	const struct container_list *list = &s->facts->docker.containers;
	CLEANUP(strv_clear) struct strv lines = {0};
	struct containers all;

	if (deed->hides >= SIGHT_OF_IMAGES && !containers_get(list, &all))
		strv_add(&lines, containers_why(list));
	out_of_sight_find(&s->facts->docker, deed->hides, &lines);
	for (size_t i = 0; i < lines.count; i++) {
		struct objection *o =
			add(s, lines.items[i], deed->config ? s->facts->docker.config_file : NULL);

		strv_add_all(&o->keys, &deed->hides_by);
	}
}

/* The restart would leave it behind, and the gate would put all back. */
static void find_hidden_running(struct search *s)
{
	const struct setting *live = settings_find(&s->facts->docker.now, "live-restore");
	bool lives_on = live && strcmp_null(live->value, "true") == 0;
	CLEANUP(freep) char *containers = out_of_sight_containers(&s->facts->docker);
	CLEANUP(freep) char *plugins = out_of_sight_plugins(&s->facts->docker);

	if (containers && s->deed->hides != SIGHT_KEPT &&
	    (lives_on || strv_contains(&s->deed->hides_by, "userns-remap")))
		add(s, containers, NULL);
	if (plugins && s->deed->hides == SIGHT_OF_ALL)
		add(s, plugins, NULL);
}

/* What others wrote into dockerd's config file, and nothing has put in force yet. */
static void find_waiting(struct search *s)
{
	static const char *const kinds[] = {"waiting", "waiting-dead", "waiting-fatal"};
	const struct docker_facts *d = &s->facts->docker;

	for (size_t i = 0; s->deed->own_known && i < d->nwaiting; i++) {
		const struct waiting_key *w = &d->waiting[i];

		if (strcmp(kinds[w->harm], s->kind->name) == 0 &&
		    waiting_is_brought(w, s->deed->handlers, &s->deed->own))
			add(s, w->brings, NULL);
	}
}

/* On the way up the kind of resource says it, and has them in the plan. */
static void find_along(struct search *s)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	units_along(s->facts, &s->deed->down, &s->deed->states, &lines);
	add_all(s, &lines);
}

#define ASKS OBJECTION_ASKS
#define TELLS OBJECTION_TELLS
#define FORBIDS OBJECTION_FORBIDS
#define RESTART HANDLERS_RESTART
#define SOCKET HANDLER_BIT(HANDLER_DOCKER_SOCKET)
#define UNITS HANDLER_BIT(HANDLER_SYSTEMD_RELOAD)
#define RELOAD HANDLER_BIT(HANDLER_DOCKER_RELOAD)

static const struct kind kinds[] = {
	{"unseen", RESTART, false, ASKS, ASKS, find_unseen, NULL},
	/* the apply that is taken back was consented to, and made the socket anew as well */
	{"cut-off", RESTART, false, ASKS, TELLS, find_cut_off, NULL},
	/* a way back that nobody is asked about is not held for who came since */
	{"clients", RESTART, false, ASKS, TELLS, find_clients, NULL},
	/* on the way up the other controls go on; who consents is refused by the preflight */
	{"mute", HANDLERS_DOCKERD, false, ASKS, FORBIDS, find_mute, dockerd_mute_next},
	{"start-unknown", HANDLERS_DOCKERD, true, ASKS, ASKS, find_start_unknown, NULL},
	{"no-restart", RESTART, false, FORBIDS, FORBIDS, find_no_restart, NULL},
	{"no-socket-restart", SOCKET, false, FORBIDS, FORBIDS, find_no_socket_restart, NULL},
	/* before those of others' changes, which ask with the same words where nothing runs */
	{"moved", RESTART, false, FORBIDS, FORBIDS, find_moved, dockerd_moved_next},
	{"restart-brings", RESTART, false, ASKS, ASKS, find_restart_brings, NULL},
	{"start-brings", RESTART, false, ASKS, ASKS, find_start_brings, NULL},
	{"restart-runs", RESTART, false, TELLS, TELLS, find_restart_runs, NULL},
	{"units-bring", UNITS, false, ASKS, ASKS, find_units_bring, NULL},
	{"reload-brings", RELOAD, false, ASKS, ASKS, find_reload_brings, NULL},
	{"watched", 0, false, ASKS, ASKS, find_watched, NULL},
	{"restart-watched", RESTART, false, ASKS, ASKS, find_restart_watched, NULL},
	{"readers", 0, true, ASKS, ASKS, find_readers, NULL},
	{"untried", RESTART, false, ASKS, ASKS, find_untried, NULL},
	{"stopping", RESTART, false, ASKS, ASKS, find_stopping, NULL},
	{"swarm-lock", RESTART, false, ASKS, ASKS, find_swarm_lock, NULL},
	{"swarm-majority", RESTART, false, ASKS, ASKS, find_swarm_majority, NULL},
	{"swarm-address", RESTART, false, ASKS, ASKS, find_swarm_absent, NULL},
	{"along", HANDLER_BIT(HANDLER_UNIT_STATE), false, ASKS, ASKS, find_along, NULL},
	{"hidden-running", RESTART, false, FORBIDS, FORBIDS, find_hidden_running, NULL},
	{"hidden", RESTART, true, ASKS, ASKS, find_hidden, NULL},
	{"waiting-fatal", HANDLERS_DOCKERD, false, FORBIDS, FORBIDS, find_waiting, waiting_next},
	/* as where harden itself would write it; back to a host as it was somebody may want to all the same */
	{"waiting-dead", HANDLERS_DOCKERD, false, FORBIDS, ASKS, find_waiting, waiting_next},
	{"waiting", HANDLERS_DOCKERD, false, ASKS, ASKS, find_waiting, NULL},
};

const char *objection_kind(size_t index)
{
	return index < ARRAY_SIZE(kinds) ? kinds[index].name : NULL;
}

static bool may_come(const struct kind *kind, const struct deed *deed)
{
	return kind->handlers == 0 || kind->handlers & deed->handlers ||
	       (kind->config && deed->config);
}

void objections_find(const struct facts *facts, const struct deed *deed, struct objections *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct search s = {facts, deed, &kinds[i], ret};

		if (may_come(&kinds[i], deed))
			kinds[i].find(&s);
	}
}
