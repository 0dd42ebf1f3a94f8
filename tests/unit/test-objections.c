#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/plan/image.h"
#include "engine/plan/preflight.h"
#include "engine/plan/restart-holds.h"
#include "engine/plan/stopping-text.h"
#include "tests/subject-text.h"

/*
 * What speaks against a control on the way up speaks against a rollback that does the same: each kind
 * of the list is made up here, once, and both have to name it.
 */

#define CONFIG "/etc/docker/daemon.json"

static void plant_mute(struct facts *f, struct stopped_list *stopped)
{
	f->docker.not_measured = xstrdup("no answer");
}

static void plant_start_unknown(struct facts *f, struct stopped_list *stopped)
{
	f->docker.start_unknown = xstrdup("docker.service starts '/bin/sh'");
}

static void plant_untrusted(struct facts *f, struct stopped_list *stopped)
{
	f->docker.file_error = xstrdup("'/etc/docker' is a link that belongs to user 7");
	f->docker.file_untrusted = true;
}

static void plant_no_restart(struct facts *f, struct stopped_list *stopped)
{
	f->docker.no_restart = xstrdup("RefuseManualStop=yes of docker.service");
}

static void plant_no_socket(struct facts *f, struct stopped_list *stopped)
{
	f->docker.no_socket_restart = xstrdup("RefuseManualStop=yes of docker.socket");
}

static void plant_unseen(struct facts *f, struct stopped_list *stopped)
{
	settings_put(&f->docker.now, "live-restore", "false", SOURCE_API, NULL);
	containers_unknown(&f->docker.containers, "the disk was not asked");
}

static void has_live(struct facts *f)
{
	settings_put(&f->docker.now, "live-restore", "true", SOURCE_API, NULL);
	settings_put(&f->docker.next, "live-restore", "true", SOURCE_FILE, NULL);
}

/* live-restore keeps what runs, and neither its sessions nor what does not run. */
static void plant_untold(struct facts *f, struct stopped_list *stopped)
{
	struct container *c = container_list_add(&f->docker.containers);

	has_live(f);
	c->id = xstrdup("0123456789ab");
	c->unread = xstrdup("GET /containers/0123456789ab/json: 403");
	container_list_add(&f->docker.containers)->name = xstrdup("web");
}

/* Nobody has asked, for whatever reason, and no error of dockerd's says so. */
static void plant_unseen_live(struct facts *f, struct stopped_list *stopped)
{
	plant_unseen(f, stopped);
	has_live(f);
}

static void plant_restart_brings(struct facts *f, struct stopped_list *stopped)
{
	strv_add(&f->docker.restart_brings, "stack.service goes down");
}

static void plant_start_brings(struct facts *f, struct stopped_list *stopped)
{
	strv_add(&f->docker.start_brings, "the next dockerd has other flags");
}

/* Then nothing is lost sight of that runs: it is asked for like others' changes. */
static void plant_moved_idle(struct facts *f, struct stopped_list *stopped)
{
	settings_put(&f->docker.now, "data-root", "\"/var/lib/docker\"", SOURCE_API, NULL);
	settings_put(&f->docker.next, "data-root", "\"/data\"", SOURCE_FILE, NULL);
	find_waiting_keys(f, NULL);
}

static void plant_moved(struct facts *f, struct stopped_list *stopped)
{
	plant_moved_idle(f, stopped);
	container_list_add(&f->docker.containers)->running = true;
}

static void plant_restart_runs(struct facts *f, struct stopped_list *stopped)
{
	strv_add(&f->docker.restart_runs, "if dockerd fails, systemd starts page.service");
}

static void plant_units_bring(struct facts *f, struct stopped_list *stopped)
{
	strv_add(&f->docker.reload_brings, "'50-move.conf' is not loaded");
}

static void plant_reload_brings(struct facts *f, struct stopped_list *stopped)
{
	strv_add(&f->docker.dockerd_reload_brings, "a reload runs /opt/hook");
}

static void plant_cut_off(struct facts *f, struct stopped_list *stopped)
{
	struct container *c = container_list_add(&f->docker.containers);

	c->name = xstrdup("agent");
	c->running = true;
	container_add_mount(c)->source = xstrdup("/run/docker.sock");
	settings_put(&f->docker.next, "hosts", "[\"fd://\"]", SOURCE_FLAG, "test");
}

/* Whatever the value is that the others' rows set: it is no address. */
static void plant_clients(struct facts *f, struct stopped_list *stopped)
{
	settings_put(&f->docker.now, "hosts", "[\"fd://\",\"tcp://0.0.0.0:2375\"]", SOURCE_API,
		     NULL);
	strv_add(&f->docker.tcp_connected, "10.0.0.9 at 10.0.0.2 2375");
	strv_add(&f->docker.tcp_connected, "10.0.0.9 at 10.0.0.2 2375");
}

/* On the way up the guard of the key asks. */
static void plant_clients_guarded(struct facts *f, struct stopped_list *stopped)
{
	plant_clients(f, stopped);
	strv_add(&f->docker.tcp_listeners, "tcp://0.0.0.0:2375");
}

static void plant_watched(struct facts *f, struct stopped_list *stopped)
{
	struct watched_path *w = facts_add_watched(f);

	w->path = xstrdup("/etc/docker");
	w->brings = xstrdup("systemd starts dr.service when '/etc/docker' changes");
}

static void plant_restart_watched(struct facts *f, struct stopped_list *stopped)
{
	struct watched_path *w = facts_add_watched(f);

	settings_put(&f->docker.next, "pidfile", "\"/run/docker.pid\"", SOURCE_DEFAULT, "test");
	w->path = xstrdup("/run/docker.pid");
	w->brings = xstrdup("systemd starts re.service when '/run/docker.pid' changes");
}

/* One that has the directory of the file, or the one that it would be made in, by its number. */
static void plant_watcher(struct facts *f, struct stopped_list *stopped)
{
	static const char *const directories[] = {"/etc/docker", "/etc"};
	struct file_watcher *w = facts_add_watcher(f);

	w->who = xstrdup("entr (pid 7, in container ci)");
	w->then = xstrdup("what it does is not known");
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		struct file_watch *item;
		struct stat st;

		if (lstat(directories[i], &st) < 0)
			continue;
		item = array_append(&w->items, &w->count, sizeof(*item));
		item->inode = st.st_ino;
		item->device = (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev);
		item->mask = IN_CREATE | IN_ATTRIB;
	}
}

static void plant_readers(struct facts *f, struct stopped_list *stopped)
{
	struct config_reader *r = facts_add_reader(f);

	r->text = xstrdup("docker-b.service");
	r->runs = true;
}

static void plant_untried(struct facts *f, struct stopped_list *stopped)
{
	str_replace(&f->docker.version, "20.10.24");
	f->docker.untried = xstrdup("its file was changed after its start");
}

static void plant_stopping(struct facts *f, struct stopped_list *stopped)
{
	stopped_add_text(stopped, "pg (stays stopped: restart policy no)");
}

static void plant_swarm_lock(struct facts *f, struct stopped_list *stopped)
{
	f->docker.swarm_locks = true;
}

static void plant_swarm_unsure(struct facts *f, struct stopped_list *stopped)
{
	f->docker.swarm_unsure = xstrdup("its key could not be read");
}

static void plant_swarm_majority(struct facts *f, struct stopped_list *stopped)
{
	f->docker.swarm_majority = xstrdup("of 3 managers 2 can be reached");
}

static void plant_swarm_absent(struct facts *f, struct stopped_list *stopped)
{
	strv_add(&f->docker.swarm_absent, "the swarm of this host needs 10.7.7.1");
}

static void plant_waiting(struct facts *f, struct stopped_list *stopped)
{
	settings_put(&f->docker.now, "debug", "false", SOURCE_API, NULL);
	settings_put(&f->docker.next, "debug", "true", SOURCE_FILE, NULL);
	find_waiting_keys(f, NULL);
}

static void plant_waiting_fatal(struct facts *f, struct stopped_list *stopped)
{
	plant_waiting(f, stopped);
	f->docker.waiting[0].harm = WAITING_NO_DOCKERD;
}

static void plant_waiting_dead(struct facts *f, struct stopped_list *stopped)
{
	plant_waiting(f, stopped);
	f->docker.waiting[0].harm = WAITING_NO_CONTAINERS;
}

static void plant_along(struct facts *f, struct stopped_list *stopped)
{
	struct unit_state *unit = unit_states_put(&f->unit_states, "u.service", "active");

	strv_add(&unit->dependents, "stack.service");
	strv_add(&unit->dependents, "down.service");
	unit_states_put(&f->unit_states, "stack.service", "active");
}

static void plant_along_unknown(struct facts *f, struct stopped_list *stopped)
{
	f->unit_states.not_measured = xstrdup("systemd does not answer");
}

static void plant_hidden(struct facts *f, struct stopped_list *stopped)
{
	count_set(&f->docker.images, 2);
}

static void plant_hidden_running(struct facts *f, struct stopped_list *stopped)
{
	struct container *c = container_list_add(&f->docker.containers);

	has_live(f);
	plant_hidden(f, stopped);
	c->name = xstrdup("web");
	c->running = true;
}

/* What a control stops its module names, with what goes along: both are in its plan. */
#define ELSEWHERE ((enum objection_weight) - 1)
#define ASKS OBJECTION_ASKS
#define TELLS OBJECTION_TELLS
#define FORBIDS OBJECTION_FORBIDS

static const struct row {
	const char *kind; /* as the list calls it */
	void (*plant)(struct facts *f, struct stopped_list *stopped);
	enum handler handler; /* with which it comes ... */
	enum handler other; /* ... and another that does not bring it; NONE: all do */
	bool written; /* it comes with the file alone */
	enum objection_weight up, back;
	const char *words;
	const char *key; /* of dockerd, whose effect it is; NULL: any */
} rows[] = {
	{"mute", plant_mute, HANDLER_DOCKER_RELOAD, HANDLER_SYSTEMD_RELOAD, false, ASKS, FORBIDS,
	 "cannot be asked"},
	{"start-unknown", plant_start_unknown, HANDLER_DOCKER_RELOAD, HANDLER_SYSTEMD_RELOAD, true,
	 ASKS, ASKS, "/bin/sh"},
	{"start-unknown", plant_untrusted, HANDLER_DOCKER_RELOAD, HANDLER_SYSTEMD_RELOAD, true,
	 ASKS, ASKS, "belongs to user 7"},
	{"no-restart", plant_no_restart, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false,
	 FORBIDS, FORBIDS, "RefuseManualStop"},
	{"no-restart", plant_no_restart, HANDLER_DOCKER_SOCKET, HANDLER_SYSTEMD_RELOAD, false,
	 FORBIDS, FORBIDS, "RefuseManualStop"},
	{"no-socket-restart", plant_no_socket, HANDLER_DOCKER_SOCKET, HANDLER_DOCKER_RESTART, false,
	 FORBIDS, FORBIDS, "RefuseManualStop"},
	{"unseen", plant_unseen, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false, ASKS, ASKS,
	 "the disk was not asked"},
	{"unseen", plant_unseen_live, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false, ASKS,
	 ASKS, "restarted, and the disk was not asked"},
	{"unseen", plant_untold, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false, ASKS, ASKS,
	 "nothing of 1 of its 2 containers (GET /containers/0123456789ab/json: 403)"},
	{"unseen", plant_untold, HANDLER_DOCKER_SOCKET, HANDLER_UNIT_STATE, false, ASKS, ASKS,
	 "nothing of 1 of its 2 containers"},
	{"restart-brings", plant_restart_brings, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD,
	 false, ASKS, ASKS, "stack.service"},
	{"restart-brings", plant_restart_brings, HANDLER_DOCKER_SOCKET, HANDLER_UNIT_STATE, false,
	 ASKS, ASKS, "stack.service"},
	{"start-brings", plant_start_brings, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false,
	 ASKS, ASKS, "other flags"},
	{"moved", plant_moved, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false, FORBIDS,
	 FORBIDS, "out of view"},
	{"moved", plant_moved_idle, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false, ASKS,
	 ASKS, "out of view"},
	{"restart-runs", plant_restart_runs, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false,
	 TELLS, TELLS, "page.service"},
	{"units-bring", plant_units_bring, HANDLER_SYSTEMD_RELOAD, HANDLER_DOCKER_RELOAD, false,
	 ASKS, ASKS, "50-move.conf"},
	{"reload-brings", plant_reload_brings, HANDLER_DOCKER_RELOAD, HANDLER_DOCKER_RESTART, false,
	 ASKS, ASKS, "/opt/hook"},
	/* what is taken back made the socket anew as well */
	{"cut-off", plant_cut_off, HANDLER_DOCKER_SOCKET, HANDLER_DOCKER_RELOAD, false, ASKS, TELLS,
	 "agent"},
	{"clients", plant_clients, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false, ASKS,
	 TELLS, "open connections to the API over TCP from 10.0.0.9 would be refused", "hosts"},
	{"clients", plant_clients_guarded, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false,
	 ELSEWHERE, TELLS, "open connections to the API over TCP from 10.0.0.9 would be refused",
	 "hosts"},
	{"readers", plant_readers, HANDLER_NONE, HANDLER_NONE, true, ASKS, ASKS,
	 "docker-b.service"},
	{"watched", plant_watched, HANDLER_NONE, HANDLER_NONE, true, ASKS, ASKS, "dr.service"},
	{"watched", plant_watched, HANDLER_DOCKER_RELOAD, HANDLER_NONE, true, ASKS, ASKS,
	 "dr.service"},
	{"restart-watched", plant_restart_watched, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD,
	 false, ASKS, ASKS, "re.service"},
	{"watched", plant_watcher, HANDLER_NONE, HANDLER_NONE, true, ASKS, ASKS,
	 "in container ci) watches '/etc"},
	{"untried", plant_untried, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false, ASKS, ASKS,
	 "not tried"},
	{"stopping", plant_stopping, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false, ASKS,
	 ASKS, "pg"},
	{"swarm-lock", plant_swarm_lock, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false, ASKS,
	 ASKS, "'docker swarm unlock'"},
	{"swarm-lock", plant_swarm_unsure, HANDLER_DOCKER_SOCKET, HANDLER_UNIT_STATE, false, ASKS,
	 ASKS, "its key could not be read"},
	{"swarm-majority", plant_swarm_majority, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD,
	 false, ASKS, ASKS, "of 3 managers"},
	{"swarm-majority", plant_swarm_majority, HANDLER_DOCKER_SOCKET, HANDLER_UNIT_STATE, false,
	 ASKS, ASKS, "of 3 managers"},
	{"swarm-address", plant_swarm_absent, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false,
	 ASKS, ASKS, "10.7.7.1"},
	{"swarm-address", plant_swarm_absent, HANDLER_DOCKER_SOCKET, HANDLER_UNIT_STATE, false,
	 ASKS, ASKS, "10.7.7.1"},
	{"along", plant_along, HANDLER_UNIT_STATE, HANDLER_SYSTEMD_RELOAD, false, ELSEWHERE, ASKS,
	 "stopping u.service stops stack.service, too"},
	{"along", plant_along_unknown, HANDLER_UNIT_STATE, HANDLER_SYSTEMD_RELOAD, false, ELSEWHERE,
	 ASKS, "go down with u.service is not known"},
	{"hidden", plant_hidden, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD, false, ELSEWHERE,
	 ASKS, "2 images (size not measured) would vanish from view", "storage-driver"},
	{"hidden-running", plant_hidden_running, HANDLER_DOCKER_RESTART, HANDLER_DOCKER_RELOAD,
	 false, ELSEWHERE, FORBIDS, "container web runs", "storage-driver"},
	{"waiting-fatal", plant_waiting_fatal, HANDLER_DOCKER_RELOAD, HANDLER_SYSTEMD_RELOAD, false,
	 FORBIDS, FORBIDS, "debug"},
	{"waiting-fatal", plant_waiting_fatal, HANDLER_DOCKER_RESTART, HANDLER_UNIT_STATE, false,
	 FORBIDS, FORBIDS, "debug"},
	{"waiting-dead", plant_waiting_dead, HANDLER_DOCKER_RESTART, HANDLER_UNIT_STATE, false,
	 FORBIDS, ASKS, "debug"},
	{"waiting", plant_waiting, HANDLER_DOCKER_RELOAD, HANDLER_SYSTEMD_RELOAD, false, ASKS, ASKS,
	 "debug"},
	{"waiting", plant_waiting, HANDLER_DOCKER_RESTART, HANDLER_UNIT_STATE, false, ASKS, ASKS,
	 "debug"},
};

static void fill(struct facts *f, const struct row *row, struct stopped_list *stopped)
{
	f->docker.running = true;
	f->docker.version = xstrdup("26.1.5");
	f->docker.config_file = xstrdup(CONFIG);
	containers_known(&f->docker.containers);
	row->plant(f, stopped);
}

/* How a delta says it: the heaviest. -1: it does not. */
static int weight_up(const struct row *row, enum handler handler, bool writes)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(strv_clear) struct strv own = {0};
	struct stopped_list stopped = {0};
	CLEANUP(freep) char *holds = NULL, *warnings = NULL;

	fill(&f, row, &stopped);
	if (handler != HANDLER_NONE)
		delta_effect(&d, handler, subject_of(SCHEME_DOCKER, row->key ? row->key : "icc"),
			     NULL, "false");
	if (writes)
		delta_edit(&d, CONFIG, subj("json:/icc"), "false");
	hold_objections(&f, &stopped, &own, &d);
	holds = strv_join(&d.holds, "\n");
	warnings = strv_join(&d.warnings, "\n");
	stopped_clear(&stopped);
	return d.refusal && strstr(d.refusal, row->words) ? (int)OBJECTION_FORBIDS
	       : strstr(holds, row->words)                ? (int)OBJECTION_ASKS
	       : strstr(warnings, row->words)             ? (int)OBJECTION_TELLS
							  : -1;
}

static bool is_said(const struct plan *plan, const char *words, enum check_level level)
{
	for (size_t i = 0; i < plan->checks.count; i++)
		if (plan->checks.items[i].level == level &&
		    strstr(plan->checks.items[i].text, words))
			return true;
	return false;
}

static void make_plan(struct plan *plan, const struct row *row, enum handler handler, bool writes)
{
	const struct subject dockers = subject_of(SCHEME_DOCKER, row->key ? row->key : "icc");
	struct stage *stage = plan_add_stage(plan);

	stage->up = handler != HANDLER_NONE ? HANDLER_BIT(handler) : 0;
	if (stage->up)
		effects_add(&stage->effects, "x", handler,
			    handler == HANDLER_UNIT_STATE ? subj("state:u.service") : dockers,
			    "false", NULL);
	if (writes) {
		struct change *c = plan_add_change(plan, CONFIG);

		edits_add(&c->edits, "x", CONFIG, subj("json:/icc"), "false", NULL);
		c->images = xcalloc(2, sizeof(*c->images));
		c->nimages = 2;
	}
}

static int check(const struct row *row, enum handler handler, bool writes, const char *ack,
		 struct plan *plan, struct error *err)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(strv_clear) struct strv acks = {0};

	if (ack)
		strv_add(&acks, ack);
	fill(&f, row, &plan->stopped);
	make_plan(plan, row, handler, writes);
	return plan_check_restart(plan, &f, &acks, err);
}

/* How a rollback says it; consent to it is said as well, and is that of a control that brings it. */
static int weight_back(const struct row *row, enum handler handler, bool writes)
{
	CLEANUP(plan_clear) struct plan bare = {0}, other = {0}, acked = {0};
	CLEANUP(error_clear) struct error err = {0}, why = {0};

	if (check(row, handler, writes, NULL, &bare, &err) == 0)
		return is_said(&bare, row->words, CHECK_WARN) ? (int)OBJECTION_TELLS : -1;
	assert_true(is_said(&bare, row->words, CHECK_NO));
	assert_non_null(strstr(error_text(&err), row->words));
	assert_int_equal(check(row, handler, writes, "other", &other, NULL), -EPERM);
	if (check(row, handler, writes, "x", &acked, &why) < 0)
		return (int)OBJECTION_FORBIDS;
	assert_true(is_said(&acked, "(acknowledged: x)", CHECK_WARN));
	assert_true(is_said(&acked, row->words, CHECK_WARN));
	assert_non_null(strstr(error_text(&err), "--ack x"));
	assert_int_equal(acked.consented.count, 1);
	return (int)OBJECTION_ASKS;
}

static void test_both_ways_name_it(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		int up = weight_up(row, row->handler, row->written);
		int back = weight_back(row, row->handler, row->written);

		if (up != (int)row->up || back != (int)row->back)
			fail_msg("%s with %s: %d on the way up, %d on the way back", row->kind,
				 handler_to_string(row->handler), up, back);
	}
}

static void test_where_nothing_brings_it_nobody_says_it(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		int up = weight_up(row, row->other, false);
		int back = weight_back(row, row->other, false);

		if (up >= 0 || back >= 0)
			fail_msg("%s with %s: %d on the way up, %d on the way back", row->kind,
				 handler_to_string(row->other), up, back);
	}
}

/* One that comes with a file comes without any handler. */
static void test_what_comes_with_a_file(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int up = weight_up(&rows[i], HANDLER_NONE, true);
		int back = weight_back(&rows[i], HANDLER_NONE, true);

		if ((up >= 0) != rows[i].written || (back >= 0) != rows[i].written)
			fail_msg("%s: %d on the way up, %d on the way back", rows[i].kind, up,
				 back);
	}
}

static void test_every_kind_has_its_row(void **state)
{
	for (size_t k = 0; objection_kind(k); k++) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			found |= strcmp(rows[i].kind, objection_kind(k)) == 0;
		if (!found)
			fail_msg("nothing is made up of the kind %s", objection_kind(k));
	}
}

/* Two things that two controls bring want two consents, and the refusal names both. */
static void test_each_is_consented_to_by_who_brings_it(void **state)
{
	static const struct {
		const char *acks[2];
		const char *says; /* NULL: nothing more is asked */
	} cases[] = {
		{{NULL, NULL}, "'--ack a --ack b' consents to it"},
		{{"a", NULL}, "'--ack b' consents to it"},
		{{"b", NULL}, "'--ack a' consents to it"},
		{{"a", "b"}, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(strv_clear) struct strv acks = {0};
		CLEANUP(error_clear) struct error err = {0};
		struct stage *stage = plan_add_stage(&plan);

		for (size_t k = 0; k < 2 && cases[i].acks[k]; k++)
			strv_add(&acks, cases[i].acks[k]);
		strv_add(&f.docker.restart_brings, "stack.service goes down");
		strv_add(&f.docker.reload_brings, "'50-move.conf' is not loaded");
		containers_known(&f.docker.containers);
		effects_add(&stage->effects, "a", HANDLER_DOCKER_RESTART, subj("docker:icc"), NULL,
			    "false");
		effects_add(&stage->effects, "b", HANDLER_SYSTEMD_RELOAD, subj("unit:x"), NULL,
			    "y");
		stage->up =
			HANDLER_BIT(HANDLER_DOCKER_RESTART) | HANDLER_BIT(HANDLER_SYSTEMD_RELOAD);
		assert_int_equal(plan_check_restart(&plan, &f, &acks, &err),
				 cases[i].says ? -EPERM : 0);
		if (cases[i].says && !strstr(error_text(&err), cases[i].says))
			fail_msg("%s", error_text(&err));
	}
}

/* One directory that is looked at, with files of several controls: each of them brings it. */
static void test_whoever_writes_there_consents(void **state)
{
	static const char *const paths[] = {"/etc/docker/a", "/etc/docker/b", "/etc/docker/c"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(strv_clear) struct strv acks = {0};
		struct stopped_list none = {0};

		plant_watched(&f, &none);
		for (size_t k = 0; k < ARRAY_SIZE(paths); k++)
			edits_add(&plan_add_change(&plan, paths[k])->edits, paths[k], paths[k],
				  subj("json:/icc"), "false", NULL);
		assert_int_equal(plan_check_restart(&plan, &f, &acks, NULL), -EPERM);
		strv_add(&acks, paths[i]);
		assert_int_equal(plan_check_restart(&plan, &f, &acks, NULL), 0);
	}
}

/* Who is told of new files alone does not see that one is given a mode; a mode is not a new file. */
static void test_a_mode_is_seen_by_who_looks_at_modes(void **state)
{
	static const struct {
		const char *subject, *value;
		unsigned mask;
		bool held;
	} cases[] = {
		{"mode", "0644", IN_ATTRIB, true},       {"mode", "0644", IN_CREATE, false},
		{"group", "0", IN_ATTRIB, true},         {"group", "0", IN_CREATE, false},
		{"json:/icc", "false", IN_CREATE, true}, {"exists", "dir", IN_CREATE, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		CLEANUP(objections_clear) struct objections found = {0};
		bool replaced = strcmp(cases[i].value, "false") == 0;
		struct file_watcher *w;

		plant_watcher(&f, NULL);
		w = &f.docker.watchers[0];
		for (size_t k = 0; k < w->count; k++)
			w->items[k].mask = cases[i].mask;
		delta_edit(&d, CONFIG, subj(cases[i].subject), cases[i].value);
		hold_objections(&f, NULL, NULL, &d);
		assert_int_equal(d.holds.count > 0, cases[i].held);

		make_plan(&plan, &rows[0], HANDLER_NONE, true);
		for (size_t k = 0; k < 2; k++)
			plan.changes[0].images[k].node.kind = NODE_FILE;
		image_set_content(&plan.changes[0].images[0], "", 0);
		image_set_content(&plan.changes[0].images[1], "{}", replaced ? 2 : 0);
		plan_objections(&plan, &f, &found);
		assert_int_equal(found.count > 0, replaced || cases[i].mask == IN_ATTRIB);
	}
}

static struct container *add_running(struct facts *f, const char *name)
{
	struct container *c = container_list_add(&f->docker.containers);

	container_init(c);
	c->name = xstrdup(name);
	c->state = xstrdup("running");
	c->restart_policy = xstrdup("no");
	c->running = true;
	return c;
}

/* web runs on with live-restore; the two others end with dockerd whatever it has. */
static void plant_causes(struct facts *f, const char *members, struct stopped_list *stopped)
{
	f->docker.running = true;
	f->docker.version = xstrdup("26.1.5");
	f->docker.swarm = xstrdup("inactive");
	containers_known(&f->docker.containers);
	add_running(f, "web");
	add_running(f, "stackc");
	strv_add(&f->docker.goes_along, "stackc (goes down with stack.service)");
	add_running(f, "builder")->ends_with = xstrdup("ends with its request");
	if (strchr(members, 'w'))
		stopped_add_text(stopped, "web (stays stopped: restart policy no)");
	if (strchr(members, 's'))
		stopped_add_text(stopped, "stackc (goes down with stack.service)");
	if (strchr(members, 'b'))
		stopped_add_text(stopped, "builder (ends with its request)");
}

/* A remedy is for whom it helps: those that stop for another cause are not told to run on. */
static void test_a_remedy_is_for_whom_it_helps(void **state)
{
	static const struct {
		const char *members;
		bool loses; /* a restart alone takes live-restore away; false: it is off */
		const char *says; /* NULL: no remedy */
	} cases[] = {
		{"w", false, "; they run on where 'harden apply --only daemon.live-restore'"},
		{"s", false, NULL},
		{"b", false, NULL},
		{"sb", false, NULL}, /* as where it is borrowed */
		{"ws", false,
		 "; of these web runs on where 'harden apply --only daemon.live-restore'"},
		{"wsb", false, "; of these web runs on where"},
		{"w", true, "; they run on where that is fixed before"},
		{"wb", true, "; of these web runs on where that is fixed before"},
		{"s", true, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(objections_clear) struct objections found = {0};
		struct stopped_list stopped = {0};
		const struct deed deed = {.back = true,
					  .undoes = "ID",
					  .handlers = HANDLER_BIT(HANDLER_DOCKER_RESTART),
					  .loses_live = cases[i].loses,
					  .stopped = &stopped};
		const char *text;

		plant_causes(&f, cases[i].members, &stopped);
		settings_put(&f.docker.now, "live-restore", cases[i].loses ? "true" : "false",
			     SOURCE_API, NULL);
		if (cases[i].loses)
			f.docker.no_reload = xstrdup("it would be refused");
		objections_find(&f, &deed, &found);
		assert_int_equal(found.count, 1);
		text = found.items[0].text;
		if (cases[i].says ? !strstr(text, cases[i].says)
				  : strstr(text, " on where ") != NULL)
			fail_msg("row %zu: %s", i, text);
		stopped_clear(&stopped);
	}
}

/* Whether anybody would is not known where nobody knows who there is. */
static void test_a_remedy_is_not_guessed(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(freep) char *text = NULL;
	struct stopped_list stopped = {0};

	stopped_add_text(&stopped, "web (stays stopped: restart policy no)");
	text = stopping_remedy(&f, &stopped, "x");
	assert_string_equal(text, "");
	stopped_clear(&stopped);
}

/* What waits in a file that others emptied is judged by what the rollback writes in its place. */
static void test_waiting_beside_what_is_written(void **state)
{
	static const struct {
		const char *now, *written; /* NULL: nobody can tell; the file is gone */
		bool asks;
	} cases[] = {
		{"[\"a=b\", \"c=d\"]", "{\"labels\": [\"c=d\", \"a=b\"]}", false},
		{"[\"a=b\"]", "{\"labels\": [\"c=d\"]}", true},
		{"[\"a=b\"]", "{}", true},
		{"[\"a=b\"]", "{ broken", true},
		{"[\"a=b\"]", NULL, true},
		{NULL, "{\"labels\": [\"a=b\"]}", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(plan_clear) struct plan plan = {0};
		struct stopped_list none = {0};
		struct waiting_key *w;
		struct image *last;
		bool asks;

		fill(&f, &(struct row){.plant = plant_swarm_lock}, &none);
		f.docker.swarm_locks = false;
		settings_put(&f.docker.now, "labels", cases[i].now,
			     cases[i].now ? SOURCE_API : SOURCE_UNKNOWN, NULL);
		w = facts_add_waiting(&f);
		w->key = xstrdup("labels");
		w->brings = xstrdup("others changed");
		make_plan(&plan, &rows[0], HANDLER_DOCKER_RESTART, true);
		last = &plan.changes[0].images[1];
		last->has_content = cases[i].written != NULL;
		last->node.kind = cases[i].written ? NODE_FILE : NODE_ABSENT;
		if (cases[i].written)
			buf_puts(&last->content, cases[i].written);
		asks = plan_check_restart(&plan, &f, &(struct strv){0}, NULL) == -EPERM;
		if (asks != cases[i].asks)
			fail_msg("row %zu: %d", i, asks);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways_name_it),
		cmocka_unit_test(test_where_nothing_brings_it_nobody_says_it),
		cmocka_unit_test(test_what_comes_with_a_file),
		cmocka_unit_test(test_a_mode_is_seen_by_who_looks_at_modes),
		cmocka_unit_test(test_every_kind_has_its_row),
		cmocka_unit_test(test_waiting_beside_what_is_written),
		cmocka_unit_test(test_a_remedy_is_for_whom_it_helps),
		cmocka_unit_test(test_a_remedy_is_not_guessed),
		cmocka_unit_test(test_whoever_writes_there_consents),
		cmocka_unit_test(test_each_is_consented_to_by_who_brings_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
