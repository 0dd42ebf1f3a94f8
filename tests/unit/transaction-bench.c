#include "tests/unit/transaction-bench.h"
#include "tests/subject-text.h"

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/effect/docker-confirm.h"
#include "engine/effect/start-failed.h"
#include "engine/plan/compose.h"
#include "rollback/journal.h"
#include "tests/own-edits.h"

char *journal_text(const struct state *s)
{
	CLEANUP(strv_clear) struct strv ids = {0}, names = {0};
	CLEANUP(records_clear) struct records records = {0};
	CLEANUP(close_fd) int directory = -1;

	assert_int_equal(state_transactions(s, &ids, NULL), 0);
	if (ids.count != 1)
		return xstrdup("");
	directory = state_open_txn(s, ids.items[0], false, NULL);
	assert_int_equal(journal_read(directory, &records, NULL), 0);
	for (size_t i = 0; i < records.count; i++)
		strv_add(&names, record_type_to_string(records.items[i].type));
	return strv_join(&names, " ");
}

static void note_journal(struct stub *stub)
{
	CLEANUP(freep) char *text = journal_text(stub->state);

	strv_add(&stub->journals, text);
}

static int stub_run(struct effector *e, enum handler handler, const struct effects *towards,
		    struct error *err)
{
	struct stub *stub = (struct stub *)e;

	note_journal(stub);
	strv_addf(&stub->asked, "%s %s", handler_to_string(handler),
		  towards->count && towards->items[0].after ? towards->items[0].after : "-");
	if (stub->dies)
		_exit(0);
	if ((int)stub->asked.count == stub->fail_at ||
	    (stub->fail_from && (int)stub->asked.count >= stub->fail_from))
		return error_set(err, -EIO, "the stub fails");
	for (size_t i = 0; i < towards->count; i++) {
		const struct effect *u = &towards->items[i];

		if (u->subject.scheme == SCHEME_STATE && stub->broken && unit_is_up(u->after) &&
		    strcmp(u->subject.key, stub->broken) == 0 &&
		    start_failed(e, stub->broken, error_set(err, -EIO, "the unit fails"), err) < 0)
			return -EIO;
	}
	for (size_t i = 0; i < towards->count; i++)
		if (towards->items[i].subject.scheme == SCHEME_DOCKER)
			settings_put(&stub->facts->docker.now, towards->items[i].subject.key,
				     towards->items[i].after, SOURCE_API, NULL);
	return 0;
}

static int stub_health(struct effector *e, const struct stopped_list *may_stop, int gate_ms,
		       struct error *err)
{
	struct stub *stub = (struct stub *)e;

	note_journal(stub);
	if (stub->loses_live)
		settings_put(&stub->facts->docker.now, "live-restore", "false", SOURCE_API, NULL);
	stub->loses_live = false;
	if (stub->intruded)
		temp_directory_write(stub->directory, &stub->intruded[1], THEIRS);
	stub->intruded = NULL;
	if (stub->removed)
		renameat(stub->directory->fd, stub->removed, stub->directory->fd, "taken");
	if (stub->removed && stub->instead)
		symlinkat(stub->instead, stub->directory->fd, stub->removed);
	stub->removed = NULL;
	return stub->unhealthy-- > 0 ? error_set(err, -EIO, "the stub is not well") : 0;
}

static void stub_gap(struct effector *e, bool last, struct gaps *ret)
{
	const struct stub *stub = (const struct stub *)e;

	if (stub->gap_ms > 0) {
		struct port_gap *g = gaps_add(ret, "web", "127.0.0.1:8080");

		g->ms = stub->gap_ms;
		g->least_ms = stub->gap_least_ms;
	}
	if (stub->gap_ms > 0)
		strv_add(&ret->unmeasured, "53/udp on :: of dns");
}

static int stub_in_force(struct effector *e, enum handler handler, const struct effects *towards)
{
	return ((struct stub *)e)->in_force;
}

static int stub_contradicts(struct effector *e, const struct effects *towards)
{
	const struct docker_facts *docker = &((struct stub *)e)->facts->docker;

	return docker->running && docker_contradicts(&docker->now, towards);
}

static int stub_may_give_up_live(struct effector *e, struct error *err)
{
	struct stub *stub = (struct stub *)e;

	stub->asked_live++;
	if (stub->down_from && stub->asked_live >= stub->down_from)
		return error_set(err, -EPERM, "dockerd is down");
	return 0;
}

static int stub_stopped_meanwhile(struct effector *e)
{
	const struct stub *stub = (const struct stub *)e;

	return stub->stopped_behind && (int)stub->asked.count >= stub->stopped_behind;
}

static int stub_arm(struct effector *e, const char *name, uint64_t usec, struct error *err)
{
	struct stub *stub = (struct stub *)e;

	if (stub->elapsed) {
		stub->elapsed = false;
		return error_set(err, -EIO, "the stub's timer is not waiting");
	}
	if (stub->arms_fail_from && ++stub->arms >= stub->arms_fail_from)
		return error_set(err, -EIO, "the stub has no timers");
	strv_addf(&stub->timers, "+%s", name);
	return 0;
}

static void stub_disarm(struct effector *e, const char *name)
{
	strv_addf(&((struct stub *)e)->timers, "-%s", name);
}

static const struct effector_ops stub_ops = {.run = stub_run,
					     .health = stub_health,
					     .gap = stub_gap,
					     .in_force = stub_in_force,
					     .contradicts = stub_contradicts,
					     .may_give_up_live = stub_may_give_up_live,
					     .stopped_meanwhile = stub_stopped_meanwhile,
					     .arm = stub_arm,
					     .disarm = stub_disarm};

void bench_open(struct bench *b, void **state)
{
	CLEANUP(error_clear) struct error err = {0};

	*b = (struct bench){.temp = *state, .state = STATE_INIT, .stub = {.base = {&stub_ops}}};
	assert_int_equal(mkdirat(b->temp->fd, "etc", 0755), 0);
	assert_int_equal(mkdirat(b->temp->fd, "var", 0755), 0);
	assert_int_equal(mkdirat(b->temp->fd, "var/lib", 0755), 0);
	temp_directory_write(b->temp, &FILE_PATH[1], BEFORE);
	if (state_open(&b->state, &b->temp->root, true, &err) < 0 ||
	    state_lock(&b->state, 0, &err) < 0)
		fail_msg("%s", error_text(&err));
	b->facts.docker.config_file = xstrdup(FILE_PATH);
	b->facts.docker.running = true;
	b->stub.facts = &b->facts;
	b->stub.state = &b->state;
	b->stub.directory = b->temp;
}

void bench_close(struct bench *b)
{
	state_close(&b->state);
	facts_clear(&b->facts);
	plan_clear(&b->plan);
	strv_clear(&b->stub.asked);
	strv_clear(&b->stub.journals);
	strv_clear(&b->stub.base.starts.left);
	strv_clear(&b->stub.timers);
}

void bench_each(void (*one)(struct bench *b, size_t row), size_t rows)
{
	for (size_t i = 0; i < rows; i++) {
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		one(&b, i);
		temp_directory_teardown(&fresh);
	}
}

void bench_compose(struct bench *b, const struct edits *edits, const struct effects *effects)
{
	CLEANUP(error_clear) struct error err = {0};

	b->plan.borrows = b->borrows;
	if (compose_changes(&b->plan, &b->temp->root, edits, &err) < 0 ||
	    compose_stages(&b->plan, &b->facts, effects, &err) < 0)
		fail_msg("%s", error_text(&err));
}

void bench_compose_key(struct bench *b, const char *key, const char *before, const char *after,
		       bool gives_up)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(freep) char *pointer = xasprintf("/%s", key);

	edits_add(&edits, "c", FILE_PATH, subject_of(SCHEME_JSON, pointer), NULL, after);
	effects_add(&effects, "c", HANDLER_DOCKER_RESTART, subject_of(SCHEME_DOCKER, key), before,
		    after);
	if (gives_up)
		effects_add(&effects, "c", HANDLER_DOCKER_RELOAD,
			    subject_of(SCHEME_DOCKER, "live-restore"), "true", "false");
	bench_compose(b, &edits, &effects);
}

void bench_plan(struct bench *b)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	edits_add(&edits, "daemon.icc", FILE_PATH, subj("json:/icc"), NULL, "false");
	edits_add(&edits, "daemon.mode", FILE_PATH, subj("mode"), NULL, "0600");
	edits_add(&edits, "c", "/etc/new", subj("exists"), NULL, "dir");
	edits_add_own(&edits, "/etc/new");
	edits_add(&edits, "c", NEW_PATH, subj("kv:x"), NULL, "1");
	edits_add_own(&edits, NEW_PATH);
	effect_bring(effects_add(&effects, "daemon.icc", HANDLER_DOCKER_RESTART, subj("docker:icc"),
				 "true", "false"),
		     FILE_PATH, subj("json:/icc"));
	if (b->live_restore) {
		edits_add(&edits, "daemon.live", FILE_PATH, subj("json:/live-restore"), NULL,
			  "true");
		effects_add(&effects, "daemon.live", HANDLER_DOCKER_RELOAD,
			    subj("docker:live-restore"), "false", "true");
	}
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "daemon.icc")->state = FINDING_PLANNED;
}

int bench_plan_rollback_of(struct bench *b, const char *id, const char *only,
			   enum on_conflict on_conflict, struct strv *conflicts)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r;

	if (history_load(&b->state, id, &t, &err) < 0)
		fail_msg("%s", error_text(&err));
	plan_clear(&b->plan);
	revert_name_config(&t, &b->temp->root, &b->facts);
	r = revert_plan(&b->state, &t, only, on_conflict, &b->temp->root, &b->facts, &b->plan,
			conflicts, &err);
	if (r < 0 && r != -ESTALE && r != -EEXIST && r != -EPERM)
		fail_msg("%s", error_text(&err));
	return r;
}

int bench_plan_rollback(struct bench *b, const char *only, enum on_conflict on_conflict,
			struct strv *conflicts)
{
	return bench_plan_rollback_of(b, NULL, only, on_conflict, conflicts);
}

int bench_run(struct bench *b, struct transaction_result *result)
{
	const struct transaction_request q = {
		.state = &b->state,
		.root = &b->temp->root,
		.facts = &b->facts,
		.plan = &b->plan,
		.effector = &b->stub.base,
		.kind = b->of ? "rollback" : "apply",
		.of = b->of,
		.only = b->only,
		.drain = b->drain,
		.undrain = b->undrain,
		.max_gap_ms = b->max_gap_ms,
		.confirm_usec = b->confirm_usec,
	};

	return transaction_run(&q, result, NULL);
}

void assert_text(const struct bench *b, const char *path, const char *text)
{
	CLEANUP(buf_clear) struct buf content = {0};
	int fd = openat(b->temp->fd, path + 1, O_RDONLY);

	if (!text) {
		assert_int_equal(fd, -1);
		return;
	}
	assert_true(fd >= 0);
	assert_int_equal(fd_read_all(fd, 1 << 20, &content), 0);
	close(fd);
	assert_string_equal(buf_str(&content), text);
}

mode_t mode_of(const struct bench *b, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(b->temp->fd, path + 1, &st, 0), 0);
	return st.st_mode & 07777;
}

void assert_before(const struct bench *b)
{
	assert_text(b, FILE_PATH, BEFORE);
	assert_int_equal(mode_of(b, FILE_PATH), 0644);
	assert_text(b, "/etc/new", NULL);
	assert_int_equal(faccessat(b->temp->fd, "etc/new", F_OK, 0), -1);
}

void assert_after(const struct bench *b)
{
	assert_text(b, FILE_PATH, AFTER);
	assert_int_equal(mode_of(b, FILE_PATH), 0600);
	assert_text(b, NEW_PATH, "x = 1\n");
}

void assert_swept(const struct bench *b)
{
	CLEANUP(freep)
	char *command = xasprintf("! find '%s/etc' -name '.*harden*' | grep -q .", b->temp->path);

	assert_int_equal(system(command), 0);
}

void bench_rewrite(const struct bench *b, void (*edit)(struct records *records, void *data),
		   void *data)
{
	CLEANUP(strv_clear) struct strv ids = {0};
	CLEANUP(records_clear) struct records r = {0};
	CLEANUP(close_fd) int directory = -1;
	struct journal j = JOURNAL_INIT;

	assert_int_equal(state_transactions(&b->state, &ids, NULL), 0);
	directory = state_open_txn(&b->state, ids.items[0], false, NULL);
	assert_int_equal(journal_read(directory, &r, NULL), 0);
	edit(&r, data);
	assert_int_equal(journal_create(directory, r.items, r.count, &j, NULL), 0);
	journal_close(&j);
}

static void break_off(struct records *r, void *data)
{
	static const char key[] = "\"boot_id\":\"";
	size_t count = 0;

	(void)data;
	for (size_t i = 0; i < r->count; i++) {
		char *boot = strstr(r->items[i].payload, key);

		if (boot)
			boot[strlen(key)] = boot[strlen(key)] == '0' ? '1' : '0';
	}
	while (count < r->count && r->items[count].type != RECORD_COMMIT)
		count++;
	for (size_t i = count; i < r->count; i++)
		free(r->items[i].payload);
	r->count = count;
}

void bench_break_off_before_boot(const struct bench *b)
{
	bench_rewrite(b, break_off, NULL);
}
