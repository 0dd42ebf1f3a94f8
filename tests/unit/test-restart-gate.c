#include "tests/unit/temp-directory.h"

#include <errno.h>

#include "engine/effect/gate-changed.h"
#include "engine/effect/restart-gate.h"
#include "tests/unit/gate-facts.h"

/* A systemd and a dockerd that are not there. */
struct fake {
	const char *
		states; /* one letter a question: a r A d i f (the last stays); 'j': active with a job */
	size_t asked;
	bool mute; /* its API does not answer, by the time that its file is to lose live-restore */
	bool deaf; /* dockerd does not answer */
	bool down; /* docker.service does not run */
	const char *live_now, *live_next; /* NULL: not known */
	enum setting_source live_source;
	const char *file_error;
	const char *elsewhere;
	const char *running, *stopped; /* containers by dockerd's word */
	const char *loses; /* the one that runs */
	const char *userns; /* in force; NULL: dockerd does not tell */
	bool locks; /* a manager of a swarm, by autolock */
	const char *lock_unsure;
	const char *mtu; /* of its next start; NULL: the default, as when the run began */
	const char *shims; /* ids with a process: "a", "b", "ab" */
	int look_code, shims_code, state_code, pause_code;
	int jobs;
	enum bus_job job;
	char unit[64];
};

static int fake_state(void *host, struct gate_state *ret, struct error *err)
{
	static const struct {
		char letter;
		const char *active;
		bool job;
	} names[] = {{'a', "active", false},    {'r', "reloading", true},
		     {'A', "activating", true}, {'d', "deactivating", true},
		     {'i', "inactive", false},  {'f', "failed", false},
		     {'j', "active", true},     {'q', "inactive", true},
		     {'R', "reloading", false}, {'m', "active", false}};
	struct fake *f = host;
	const char *at = f->states ? f->states : f->down ? "i" : "a";
	char letter = at[f->asked + 1 < strlen(at) ? f->asked : strlen(at) - 1];

	f->asked++;
	if (f->state_code < 0)
		return error_set(err, f->state_code, "no systemd");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].letter == letter) {
			ret->active = xstrdup(names[i].active);
			ret->unloaded = letter == 'm';
			ret->job = names[i].job;
		}
	return 0;
}

static int fake_pause(void *host, int ms, struct error *err)
{
	return ((struct fake *)host)->pause_code;
}

static int fake_look(void *host, struct facts *ret, struct error *err)
{
	const struct fake *f = host;
	struct docker_facts *d = &ret->docker;

	if (f->look_code < 0)
		return error_set(err, f->look_code, "cannot look");
	d->running = !f->down;
	if (f->deaf || f->down)
		d->not_measured = xstrdup("no answer");
	if (f->live_now)
		settings_put(&d->now, "live-restore", f->live_now,
			     f->live_source ? f->live_source : SOURCE_API, "");
	if (f->live_next)
		settings_put(&d->next, "live-restore", f->live_next, SOURCE_FILE, "");
	if (f->mtu)
		settings_put(&d->next, "mtu", f->mtu, SOURCE_FILE, "");
	if (!d->not_measured)
		containers_known(&d->containers);
	if (f->userns)
		settings_put(&d->now, "userns-remap", f->userns, SOURCE_API, "");
	d->file_error = xstrdup_null(f->file_error);
	d->swarm_locks = f->locks;
	d->swarm_unsure = xstrdup_null(f->lock_unsure);
	d->elsewhere = xstrdup_null(f->elsewhere);
	if (f->running)
		add(ret, f->running, ID_A, true);
	if (f->running && f->loses)
		strv_add(&d->containers.seen[0].loses, f->loses);
	if (f->stopped && !d->not_measured)
		add(ret, f->stopped, ID_B, false);
	return 0;
}

static int fake_shims(void *host, struct strv *ret_ids, struct error *err)
{
	const struct fake *f = host;

	for (const char *p = f->shims; p && *p; p++)
		strv_add(ret_ids, *p == 'a' ? ID_A : ID_B);
	return f->shims_code < 0 ? error_set(err, f->shims_code, "no /proc") : 0;
}

static int fake_job(void *host, enum bus_job job, const char *unit, struct error *err)
{
	struct fake *f = host;

	f->jobs++;
	f->job = job;
	strncpy(f->unit, unit, sizeof(f->unit) - 1);
	return 0;
}

static int fake_answers(void *host, struct error *err)
{
	return ((struct fake *)host)->mute ? error_set(err, -ETIMEDOUT, "no answer") : 0;
}

static const struct restart_gate_ops fake_ops = {.state = fake_state,
						 .pause = fake_pause,
						 .look = fake_look,
						 .shims = fake_shims,
						 .job = fake_job,
						 .answers = fake_answers};

struct row {
	const char *what;
	struct fake host;
	const char *may_stop; /* split at | */
	int code;
	const char *words;
	bool lock_was_told;
	const char *moves; /* userns-remap is to be that; NULL: no effect of ours */
};

static const struct row rows[] = {
	{"nothing runs", {.live_now = "false", .live_next = "false"}, NULL, 0, NULL},
	{"live-restore is on and stays on",
	 {.live_now = "true", .live_next = "true", .running = "web", .shims = "a"},
	 NULL,
	 0,
	 NULL},
	{"live-restore is on, and a container would lose a port that nobody named",
	 {.live_now = "true",
	  .live_next = "true",
	  .running = "web",
	  .shims = "a",
	  .loses = "port 1/tcp"},
	 NULL,
	 -EPERM,
	 "the plan did not name them: web (port 1/tcp)"},
	{"... and the plan named it",
	 {.live_now = "true",
	  .live_next = "true",
	  .running = "web",
	  .shims = "a",
	  .loses = "port 1/tcp"},
	 "web (runs on, cut off: it loses port 1/tcp)",
	 0,
	 NULL},
	{"who was to run on is not named as one that stops",
	 {.live_now = "false", .live_next = "true", .running = "web", .shims = "a"},
	 "web (runs on, cut off: it loses port 1/tcp)",
	 -EPERM,
	 "live-restore is not in force, and the plan did not name what would stop: web"},
	{"live-restore is off",
	 {.live_now = "false", .live_next = "true", .running = "web", .shims = "a"},
	 NULL,
	 -EPERM,
	 "live-restore is not in force, and the plan did not name what would stop: web"},
	{"... and the plan named it",
	 {.live_now = "false", .live_next = "false", .running = "web", .shims = "a"},
	 "web (stays stopped: restart policy no)",
	 0,
	 NULL},
	{"... and the plan named another one",
	 {.live_now = "false", .running = "web2", .shims = "a"},
	 "web (stays stopped: restart policy no)|we",
	 -EPERM,
	 "web2"},
	{"dockerd would look elsewhere, and nothing runs",
	 {.live_now = "true", .live_next = "true", .userns = "\"\"", .stopped = "web"},
	 NULL,
	 0,
	 NULL,
	 .moves = "\"default\""},
	{"... and a container came since the plan",
	 {.live_now = "true",
	  .live_next = "true",
	  .userns = "\"\"",
	  .running = "web",
	  .shims = "a"},
	 NULL,
	 -EPERM,
	 "with userns-remap changed it would not know containers any more that run, and the plan "
	 "did not "
	 "name them: web",
	 .moves = "\"default\""},
	{"... on the way back, where dockerd only tells that it is on",
	 {.live_now = "true", .live_next = "true", .running = "web", .shims = "a"},
	 NULL,
	 -EPERM,
	 "userns-remap",
	 .moves = "\"\""},
	{"... which is there already",
	 {.live_now = "true",
	  .live_next = "true",
	  .userns = "\"\"",
	  .running = "web",
	  .shims = "a"},
	 NULL,
	 0,
	 NULL,
	 .moves = "\"\""},
	{"the next start has no live-restore",
	 {.live_now = "true", .live_next = "false", .running = "web", .shims = "a"},
	 NULL,
	 -EPERM,
	 "next start"},
	{"the next start's file cannot be read",
	 {.live_now = "true", .live_next = "true", .file_error = "bad", .running = "web"},
	 NULL,
	 -EPERM,
	 "next start"},
	{"nobody has told that live-restore is in force",
	 {.live_now = "true", .live_source = SOURCE_FILE, .live_next = "true", .running = "web"},
	 NULL,
	 -EPERM,
	 "not in force"},
	{"dockerd does not answer, and containers have processes",
	 {.deaf = true, .live_now = "true", .live_next = "true", .shims = "ab"},
	 NULL,
	 -EPERM,
	 "could not be asked, and the plan did not name what would stop: aaaaaaaaaaaa, bbbb"},
	{"dockerd does not answer, and no container has a process",
	 {.deaf = true, .live_next = "false"},
	 NULL,
	 0,
	 NULL},
	{"a process of a container that dockerd does not show",
	 {.live_now = "false", .live_next = "false", .shims = "b"},
	 NULL,
	 -EPERM,
	 "bbbbbbbbbbbb"},
	{"the shim of one that has just ended",
	 {.live_now = "false", .live_next = "false", .stopped = "job", .shims = "b"},
	 NULL,
	 0,
	 NULL},
	{"dockerd is down, containers live on, and the start takes them up",
	 {.down = true, .live_next = "true", .shims = "a"},
	 NULL,
	 0,
	 NULL},
	{"dockerd is down, containers live on, and the start would end them",
	 {.down = true, .live_next = "false", .shims = "a"},
	 NULL,
	 -EPERM,
	 "next start"},
	{"... but for one that the plan named, as the disk has it",
	 {.down = true, .live_next = "false", .running = "web", .shims = "a"},
	 "web (stays stopped)",
	 0,
	 NULL},
	{"... and another one",
	 {.down = true, .live_next = "false", .running = "web", .shims = "ab"},
	 "web (stays stopped)",
	 -EPERM,
	 "name what would stop: bbbbbbbbbbbb"},
	{"dockerd is down and nothing runs", {.down = true, .live_next = "false"}, NULL, 0, NULL},
	{"dockerd runs as another unit",
	 {.down = true, .live_next = "true", .elsewhere = "dockerd runs beside it"},
	 NULL,
	 -EPERM,
	 "runs beside it"},
	{"the host cannot be looked at", {.look_code = -EIO}, NULL, -EIO, "cannot look"},
	{"processes cannot be listed", {.shims_code = -EACCES}, NULL, -EACCES, "no /proc"},
	{"systemd cannot be asked", {.state_code = -ECONNRESET}, NULL, -ECONNRESET, "no systemd"},
	{"somebody's reload is waited for",
	 {.states = "rrra", .live_now = "true", .live_next = "true", .running = "web"},
	 NULL,
	 0,
	 NULL},
	{"... and what it leaves is looked at",
	 {.states = "rrra", .live_now = "false", .running = "web"},
	 NULL,
	 -EPERM,
	 "not in force"},
	{"a restart is waited for",
	 {.states = "dqAa", .live_now = "true", .live_next = "true", .running = "web"},
	 NULL,
	 0,
	 NULL},
	{"a reload that never ends",
	 {.states = "r", .live_now = "true", .live_next = "true", .running = "web"},
	 NULL,
	 -ETIMEDOUT,
	 "docker.service is reloading with a job of systemd under way after 1 s"},
	{"a reload without a job",
	 {.states = "R", .live_now = "true", .live_next = "true"},
	 NULL,
	 -ETIMEDOUT,
	 "docker.service is reloading after 1 s"},
	{"a signal while waiting", {.states = "r", .pause_code = -EINTR}, NULL, -EINTR, NULL},
	{"a swarm's task that took the place of a named one",
	 {.live_now = "false", .running = "web.1.bbbbbbbbbbbbbbbbbbbbbbbbb"},
	 "web.1.aaaaaaaaaaaaaaaaaaaaaaaaa (comes back)",
	 0,
	 NULL},
	{"a task of another slot",
	 {.live_now = "false", .running = "web.2.bbbbbbbbbbbbbbbbbbbbbbbbb"},
	 "web.1.aaaaaaaaaaaaaaaaaaaaaaaaa (comes back)",
	 -EPERM,
	 "web.2"},
	{"autolock was switched on meanwhile",
	 {.live_now = "false", .locks = true},
	 NULL,
	 -EPERM,
	 "would lock this node of a swarm until 'docker swarm unlock'"},
	{"... and the plan said so", {.locks = true}, NULL, 0, NULL, .lock_was_told = true},
	{"whether it locks is not known any more",
	 {.lock_unsure = "Permission denied"},
	 NULL,
	 -EPERM,
	 "not known any more (Permission denied)"},
	{"others gave its next start something meanwhile",
	 {.mtu = "9"},
	 NULL,
	 -EPERM,
	 "others changed meanwhile"},
	{"... and it is down: whoever starts it brings that, and this once it is up",
	 {.down = true, .mtu = "9"},
	 NULL,
	 0,
	 NULL},
	{"one that is down has its key to wait for anyway",
	 {.down = true, .live_next = "true", .locks = true},
	 NULL,
	 0,
	 NULL},
};

static void name_all(struct stopped_list *list, const char *lines)
{
	CLEANUP(strv_clear) struct strv all = {0};

	strv_split(&all, lines, "|");
	for (size_t i = 0; i < all.count; i++)
		stopped_add_text(list, all.items[i]);
}

static char *live_restore = (char[]){"live-restore"};

/* Whatever is not let through leads to no job; what is, to exactly one. */
static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fake host = rows[i].host;
		CLEANUP(stopped_clear) struct stopped_list may_stop = {0};
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(effects_clear) struct effects towards = {0};
		const struct gate_start then = {.known = true};
		const struct own_start own = {.keys = {&live_restore, 1}};
		const struct restart_gate gate = {.ops = &fake_ops,
						  .host = &host,
						  .may_stop = &may_stop,
						  .towards = &towards,
						  .then = &then,
						  .own = &own,
						  .lock_was_told = rows[i].lock_was_told,
						  .settle_ms = 1000};
		int r;

		if (rows[i].may_stop)
			name_all(&may_stop, rows[i].may_stop);
		if (rows[i].moves)
			effects_add(&towards, NULL, HANDLER_DOCKER_RESTART,
				    subject_of(SCHEME_DOCKER, "userns-remap"), NULL, rows[i].moves);
		r = restart_gate_pass(&gate, BUS_RESTART, "docker.service", &err);
		if (r != rows[i].code || host.jobs != (r == 0) ||
		    (rows[i].words && !strstr(error_text(&err), rows[i].words)))
			fail_msg("%s: %d, %d jobs, '%s'", rows[i].what, r, host.jobs,
				 error_text(&err));
		if (r == 0)
			assert_string_equal(host.unit, "docker.service");
	}
}

/*
 * The rule itself over every state there is: with a container that runs and is not named, a job
 * is run only where live-restore is in force by dockerd's own word and will be at the next start.
 */
static void test_never_with_an_unnamed_container(void **state)
{
	static const char *const states[] = {"a", "i", "f", "r", "d", "A", "ra", "df", "qAa", "R"};
	static const char *const values[] = {NULL, "false", "true"};

	for (int n = 0; n < 10 * 3 * 3 * 2 * 2; n++) {
		const char *last = states[n % 10] + strlen(states[n % 10]) - 1;
		const char *now = values[n / 10 % 3], *next = values[n / 30 % 3];
		struct fake host = {.states = states[n % 10],
				    .down = strchr("ifd", *last) != NULL,
				    .deaf = n / 90 % 2,
				    .live_now = now,
				    .live_next = next,
				    .live_source = n / 180 % 2 ? SOURCE_WITNESS : SOURCE_API,
				    .running = "web",
				    .shims = "a"};
		const struct restart_gate gate = {
			.ops = &fake_ops, .host = &host, .settle_ms = 500};
		bool on = now && strcmp(now, "true") == 0 && !host.deaf && n / 180 % 2 == 0;
		bool stays = next && strcmp(next, "true") == 0;

		restart_gate_pass(&gate, BUS_RESTART, "docker.socket", NULL);
		if (host.jobs && !(stays && (host.down || on)))
			fail_msg("restarted at '%s', now %s, next %s", states[n % 10], now, next);
	}
}

/* A dockerd that is down beside containers is started, or the file keeps live-restore. */
static void test_give_up_live(void **state)
{
	static const struct {
		const char *what;
		struct fake host;
		int code, jobs;
		bool stopped; /* by somebody: it is not to be started */
	} cases[] = {
		{"no container has a process", {.states = "R"}, 0, 0},
		{"dockerd runs", {.states = "ra", .live_next = "true", .shims = "a"}, 0, 0},
		{"it runs, and its unit is masked", {.states = "m", .shims = "a"}, -EPERM, 0},
		{"... without containers", {.states = "m"}, 0, 0},
		{"it is frozen, or hangs", {.mute = true, .shims = "a"}, -ETIMEDOUT, 0},
		{"... without containers", {.mute = true}, 0, 0},
		{"it is down", {.down = true, .live_next = "true", .shims = "a"}, 0, 1},
		{"it failed",
		 {.states = "f", .down = true, .live_next = "true", .shims = "a"},
		 0,
		 1},
		{"it was stopped",
		 {.down = true, .live_next = "true", .shims = "a"},
		 -EPERM,
		 0,
		 true},
		{"... without containers", {.down = true}, 0, 0, true},
		{"... and started again",
		 {.states = "a", .live_next = "true", .shims = "a"},
		 0,
		 0,
		 true},
		{"its start would end them", {.down = true, .shims = "a"}, -EPERM, 0},
		{"processes cannot be listed", {.shims_code = -EACCES}, -EACCES, 0},
		{"systemd cannot be asked", {.state_code = -ENOENT, .shims = "a"}, -ENOENT, 0},
		{"it is never done", {.states = "r", .shims = "a"}, -ETIMEDOUT, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake host = cases[i].host;
		const struct restart_gate gate = {.ops = &fake_ops,
						  .host = &host,
						  .settle_ms = 500,
						  .ought_to_run = !cases[i].stopped};
		int r = restart_gate_give_up_live(&gate, "docker.service", NULL);

		if (r != cases[i].code || host.jobs != cases[i].jobs)
			fail_msg("%s: %d, %d jobs", cases[i].what, r, host.jobs);
		if (host.jobs)
			assert_int_equal(host.job, BUS_START);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_never_with_an_unnamed_container),
		cmocka_unit_test(test_give_up_live),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
