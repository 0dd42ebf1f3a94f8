#include "tests/subject-text.h"
#include "tests/unit/temp-directory.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/facts/witness.h"
#include "engine/plan/compose.h"
#include "rollback/witness.h"

#define CONFIG "/etc/docker/daemon.json"

struct bench {
	struct temp_directory *temp;
	struct state state;
	struct facts facts;
	struct plan plan;
};

static void bench_open(struct bench *b, void **state)
{
	CLEANUP(error_clear) struct error err = {0};

	*b = (struct bench){.temp = *state, .state = STATE_INIT};
	assert_int_equal(mkdirat(b->temp->fd, "var", 0755), 0);
	assert_int_equal(mkdirat(b->temp->fd, "var/lib", 0755), 0);
	if (state_open(&b->state, &b->temp->root, true, &err) < 0)
		fail_msg("%s", error_text(&err));
	b->facts.docker.running = true;
	b->facts.docker.config_file = xstrdup(CONFIG);
	b->facts.docker.config_digest = xstrdup("5feceb66");
	facts_add_unit(&b->facts, "docker.service")->invocation_id = xstrdup("0a02");
}

static void bench_close(struct bench *b)
{
	state_close(&b->state);
	facts_clear(&b->facts);
	plan_clear(&b->plan);
}

/* A plan that does nothing but ask for the handler. */
static void plan_handler(struct bench *b, enum handler handler)
{
	CLEANUP(effects_clear) struct effects effects = {0};

	effects_add(&effects, "c", handler, subj("docker:debug"), NULL, "true");
	assert_int_equal(compose_stages(&b->plan, &b->facts, &effects, NULL), 0);
}

/* What the file says now: "-" when there is none. */
static char *written_config(const struct bench *b)
{
	CLEANUP(witness_clear) struct witness w = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	int fd = openat(b->state.fd, STATE_WITNESS, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return xstrdup("-");
	assert_int_equal(fd_read_all(fd, 1 << 20, &text), 0);
	close(fd);
	assert_int_equal(witness_parse(&text, "0a02", &w, NULL), 1);
	return xstrdup(w.config ? w.config : "not known");
}

static void assert_config(const struct bench *b, const char *want)
{
	CLEANUP(freep) char *config = written_config(b);

	assert_string_equal(config, want);
}

/* The daemon has read its file; a transaction that is undone makes that file younger than it. */
static void test_before(void **state)
{
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	plan_handler(&b, HANDLER_DOCKER_RELOAD);
	assert_int_equal(witness_write_before(&b.state, &b.facts, &b.plan, NULL), 0);
	assert_config(&b, "5feceb66");
	witness_forget(&b.state);
	assert_config(&b, "-");
}

static void test_untried_stays_untried(void **state)
{
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	plan_handler(&b, HANDLER_DOCKER_RELOAD);
	b.facts.docker.untried = xstrdup("it changed");
	assert_int_equal(witness_write_before(&b.state, &b.facts, &b.plan, NULL), 0);
	assert_config(&b, "not known");
	assert_int_equal(witness_write(&b.state, &b.temp->root, &b.facts, &b.plan, NULL), 0);
	assert_config(&b, "not known");
}

static void test_reload_takes_it(void **state)
{
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	plan_handler(&b, HANDLER_DOCKER_RELOAD);
	assert_int_equal(witness_write(&b.state, &b.temp->root, &b.facts, &b.plan, NULL), 0);
	assert_config(&b, "5feceb66");
}

static void test_no_file(void **state)
{
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	plan_handler(&b, HANDLER_DOCKER_RESTART);
	free(b.facts.docker.config_digest);
	b.facts.docker.config_digest = NULL;
	assert_int_equal(witness_write_before(&b.state, &b.facts, &b.plan, NULL), 0);
	assert_config(&b, WITNESS_NO_CONFIG);
}

/* Neither the daemon nor its file: nothing to say. */
static void test_other_plans(void **state)
{
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	plan_handler(&b, HANDLER_SYSCTL);
	assert_int_equal(witness_write_before(&b.state, &b.facts, &b.plan, NULL), 0);
	assert_config(&b, "-");
}

/* Stuck: nothing is known to be in force, but with which file it starts is, for the recovery. */
static void test_stuck_keeps_the_config(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(witness_clear) struct witness w = {0};
	int fd;

	bench_open(&b, state);
	witness_unsettle(&b.state);
	assert_config(&b, "-");
	plan_handler(&b, HANDLER_DOCKER_RELOAD);
	assert_int_equal(witness_write_before(&b.state, &b.facts, &b.plan, NULL), 0);
	witness_unsettle(&b.state);
	fd = openat(b.state.fd, STATE_WITNESS, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fd_read_all(fd, 1 << 20, &text), 0);
	close(fd);
	assert_int_equal(witness_parse(&text, "0a02", &w, NULL), 0);
	assert_non_null(strstr(buf_str(&text), "5feceb66"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_before),
		TEMP_DIRECTORY_TEST(test_stuck_keeps_the_config),
		TEMP_DIRECTORY_TEST(test_untried_stays_untried),
		TEMP_DIRECTORY_TEST(test_reload_takes_it),
		TEMP_DIRECTORY_TEST(test_no_file),
		TEMP_DIRECTORY_TEST(test_other_plans),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
