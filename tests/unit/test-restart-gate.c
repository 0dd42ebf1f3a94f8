#include "tests/unit/temp-folder.h"

#include <errno.h>

#include "engine/effect/restart-gate.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* A systemd and a dockerd that are not there. */
struct fake {
	const char *
		states; /* one letter a question: a r A d i f (the last stays); 'j': active with a job */
	size_t asked;
	bool deaf; /* dockerd does not answer */
	bool down; /* docker.service does not run */
	const char *live_now, *live_next; /* NULL: not known */
	enum setting_source live_source;
	const char *file_error;
	const char *elsewhere;
	const char *running, *stopped; /* containers by dockerd's word */
	const char *loses; /* the one that runs */
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
	} names[] = {
		{'a', "active", false},      {'r', "reloading", true}, {'A', "activating", true},
		{'d', "deactivating", true}, {'i', "inactive", false}, {'f', "failed", false},
		{'j', "active", true},       {'q', "inactive", true},  {'R', "reloading", false}};
	struct fake *f = host;
	const char *at = f->states ? f->states : f->down ? "i" : "a";
	char letter = at[f->asked + 1 < strlen(at) ? f->asked : strlen(at) - 1];

	f->asked++;
	if (f->state_code < 0)
		return error_set(err, f->state_code, "no systemd");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].letter == letter) {
			ret->active = xstrdup(names[i].active);
			ret->job = names[i].job;
		}
	return 0;
}

static int fake_pause(void *host, int ms, struct error *err)
{
	return ((struct fake *)host)->pause_code;
}

static void add(struct facts *facts, const char *name, const char *id, bool running)
{
	struct container *c = container_list_add(&facts->docker.containers);

	container_init(c);
	c->name = xstrdup(name);
	c->id = xstrdup(id);
	c->running = running;
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
	if (!d->not_measured)
		containers_known(&d->containers);
	d->file_error = xstrdup_null(f->file_error);
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

static const struct restart_gate_ops fake_ops = {.state = fake_state,
						 .pause = fake_pause,
						 .look = fake_look,
						 .shims = fake_shims,
						 .job = fake_job};

struct row {
	const char *what;
	struct fake host;
	const char *may_stop; /* split at | */
	int code;
	const char *words;
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
};

static void name_all(struct stopped_list *list, const char *lines)
{
	CLEANUP(strv_clear) struct strv all = {0};

	strv_split(&all, lines, "|");
	for (size_t i = 0; i < all.count; i++)
		stopped_add_text(list, all.items[i]);
}

/* Whatever is not let through leads to no job; what is, to exactly one. */
static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fake host = rows[i].host;
		CLEANUP(stopped_clear) struct stopped_list may_stop = {0};
		CLEANUP(error_clear) struct error err = {0};
		const struct restart_gate gate = {
			.ops = &fake_ops, .host = &host, .may_stop = &may_stop, .settle_ms = 1000};
		int r;

		if (rows[i].may_stop)
			name_all(&may_stop, rows[i].may_stop);
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
	} cases[] = {
		{"no container has a process", {.states = "R"}, 0, 0},
		{"dockerd runs", {.states = "ra", .live_next = "true", .shims = "a"}, 0, 0},
		{"it is down", {.down = true, .live_next = "true", .shims = "a"}, 0, 1},
		{"it failed",
		 {.states = "f", .down = true, .live_next = "true", .shims = "a"},
		 0,
		 1},
		{"its start would end them", {.down = true, .shims = "a"}, -EPERM, 0},
		{"processes cannot be listed", {.shims_code = -EACCES}, -EACCES, 0},
		{"systemd cannot be asked", {.state_code = -ENOENT, .shims = "a"}, -ENOENT, 0},
		{"it is never done", {.states = "r", .shims = "a"}, -ETIMEDOUT, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake host = cases[i].host;
		const struct restart_gate gate = {
			.ops = &fake_ops, .host = &host, .settle_ms = 500};
		int r = restart_gate_give_up_live(&gate, "docker.service", NULL);

		if (r != cases[i].code || host.jobs != cases[i].jobs)
			fail_msg("%s: %d, %d jobs", cases[i].what, r, host.jobs);
		if (host.jobs)
			assert_int_equal(host.job, BUS_START);
	}
	(void)state;
}

static void test_names(void **state)
{
	CLEANUP(stopped_clear) struct stopped_list names = {0};

	stopped_add_text(&names, "web (is removed: --rm)");
	stopped_add_text(&names, "db");
	stopped_add_text(&names, "api: it has no restart policy");
	assert_true(container_is_named(&names, "web"));
	assert_true(container_is_named(&names, "db"));
	assert_true(container_is_named(&names, "api"));
	assert_false(container_is_named(&names, "we"));
	assert_false(container_is_named(&names, "web2"));
	assert_false(container_is_named(&names, NULL));
	assert_false(container_is_named(&names, ""));
	assert_false(container_is_named(NULL, "web"));
}

/* A task of a swarm comes back under another id: its service and slot are its name. */
static void test_names_of_tasks(void **state)
{
#define TASK_A "abcdefghijklmnopqrstuvwx0"
#define TASK_B "0123456789abcdefghijklmno"
	static const struct {
		const char *named, *container;
		bool is;
	} names[] = {
		{"web.1." TASK_A, "web.1." TASK_A, true},
		{"web.1." TASK_A, "web.1." TASK_B, true},
		{"web.1." TASK_A ": stops", "web.1." TASK_B, true},
		{"web.1." TASK_A, "web.2." TASK_B, false},
		{"web.1." TASK_A, "db1.1." TASK_B, false},
		{"web.1." TASK_A, "web", false},
		{"web", "web.1." TASK_A, false},
		{"web.1." TASK_A, "web.1.abcdefghijklmnopqrstuvwx", false}, /* too short an id */
		{"web.1." TASK_A, "web.1.ABCDEFGHIJKLMNOPQRSTUVWX0", false},
		{"web-1-" TASK_A, "web-1-" TASK_B, false},
		{"web." TASK_A, "web." TASK_B, false}, /* no slot */
		{TASK_A, TASK_B, false},
		{"." TASK_A, "." TASK_B, false},
		{"web(by hand)", "web", true},
		{"web (goes down with a.service)", "web", true},
		{"web", "web(", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(stopped_clear) struct stopped_list list = {0};

		stopped_add_text(&list, names[i].named);
		if (container_is_named(&list, names[i].container) != names[i].is)
			fail_msg("'%s' names '%s': %d", names[i].named, names[i].container,
				 !names[i].is);
	}
}

/* dockerd's word counts only where all of it was given; else whoever has a process is in danger. */
static void test_whose_word_counts(void **state)
{
	static const struct judged {
		const char *name;
		bool up, known, running, measured; /* of dockerd */
		bool told, lives; /* of the container */
		bool shim, live_restore;
		const char *refusal; /* NULL: it may be restarted */
	} judged[] = {
		{"all is told", true, true, true, true, true, true, true, true, NULL},
		{"live-restore is off", true, true, true, true, true, true, true, false,
		 "live-restore is not in force"},
		{"nobody lives", true, true, true, true, true, false, false, false, NULL},
		{"by dockerd's word it has ended", true, true, true, true, true, false, true, false,
		 NULL},
		{"the list is not known", true, false, true, true, true, true, true, true,
		 "could not be asked"},
		{"half an answer", true, true, true, false, true, true, true, true,
		 "could not be asked"},
		{"it says that it does not run", true, true, false, true, true, true, true, true,
		 "could not be asked"},
		{"one of which nothing was told", true, true, true, true, false, false, false,
		 false, "live-restore is not in force"},
		{"down, and no process is left", false, true, false, false, true, true, false,
		 false, NULL},
		{"down, with a process", false, true, false, false, true, true, true, false,
		 "would not have live-restore"},
		{"down, and its next start spares it", false, true, false, false, true, true, true,
		 true, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(judged); i++) {
		const struct judged *row = &judged[i];
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(strv_clear) struct strv shims = {0};
		const char *live = row->live_restore ? "true" : "false";
		struct container *c;
		int r;

		add(&f, "web", ID_A, row->lives);
		c = &f.docker.containers.seen[0];
		if (!row->told) {
			str_replace(&c->name, NULL);
			c->unread = xstrdup("no answer");
		}
		f.docker.running = row->running;
		if (!row->measured)
			f.docker.not_measured = xstrdup("no answer");
		if (row->known)
			containers_known(&f.docker.containers);
		settings_put(&f.docker.now, "live-restore", live, SOURCE_API, "");
		settings_put(&f.docker.next, "live-restore", live, SOURCE_FILE, "");
		if (row->shim)
			strv_add(&shims, ID_A);
		r = restart_gate_judge(&f, &shims, NULL, row->up, &err);
		if ((r < 0) != (row->refusal != NULL) ||
		    (r < 0 && !strstr(error_text(&err), row->refusal)))
			fail_msg("%s: %d %s", row->name, r, r < 0 ? error_text(&err) : "");
	}
}

/* live-restore keeps what dockerd has; one that it does not list is only let go by its name. */
static void test_unlisted(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv shims = {0};
	CLEANUP(stopped_clear) struct stopped_list named = {0};
	struct container *c;

	add(&f, "db", ID_A, false);
	c = &f.docker.containers.seen[0];
	c->unlisted = true;
	c->unread = xstrdup("dockerd does not list it");
	f.docker.running = true;
	containers_known(&f.docker.containers);
	settings_put(&f.docker.now, "live-restore", "true", SOURCE_API, "");
	settings_put(&f.docker.next, "live-restore", "true", SOURCE_FILE, "");
	assert_int_equal(restart_gate_judge(&f, &shims, NULL, true, &err), -EPERM);
	assert_non_null(strstr(error_text(&err), "does not list"));
	assert_non_null(strstr(error_text(&err), "db"));
	stopped_add_text(&named, "db (not known: dockerd does not list it)");
	assert_int_equal(restart_gate_judge(&f, &shims, &named, true, NULL), 0);
	str_replace(&c->name, NULL); /* of one without a name the plan has the id */
	assert_int_equal(restart_gate_judge(&f, &shims, &named, true, NULL), -EPERM);
	stopped_add_text(&named, ID_A " (not known: dockerd does not list it)");
	assert_int_equal(restart_gate_judge(&f, &shims, &named, true, NULL), 0);
}

/* Where its start finds no room, dockerd is neither restarted nor started: whoever is named. */
static void test_no_room(void **state)
{
	for (int up = 0; up < 2; up++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(strv_clear) struct strv shims = {0};

		containers_known(&f.docker.containers);
		f.docker.running = up;
		assert_int_equal(restart_gate_judge(&f, &shims, NULL, up, &err), 0);
		f.docker.no_room = xstrdup("'/srv' has 0 bytes free");
		assert_int_equal(restart_gate_judge(&f, &shims, NULL, up, &err), -EPERM);
		assert_non_null(strstr(error_text(&err),
				       up ? "is not restarted: '/srv'" : "is not started: '/srv'"));
		str_replace(&f.docker.no_room, NULL);
		f.docker.no_restart = xstrdup("RefuseManualStart=yes");
		assert_int_equal(restart_gate_judge(&f, &shims, NULL, up, NULL), up ? -EPERM : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_never_with_an_unnamed_container),
		cmocka_unit_test(test_give_up_live),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_of_tasks),
		cmocka_unit_test(test_whose_word_counts),
		cmocka_unit_test(test_unlisted),
		cmocka_unit_test(test_no_room),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
