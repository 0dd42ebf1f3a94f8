/* Who has a process beside a dockerd that does not tell: the shims do, of those that the disk has, or of no one. */

#include "tests/test.h"

#include <errno.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/host/read/shims.h"
#include "tests/unit/temp-directory.h"

static const struct row {
	const char *what;
	bool runs, answers; /* dockerd */
	const char *shims; /* NULL: they cannot be listed */
	const char *state; /* of the container on the disk; NULL: not known */
	bool told; /* of all that may run */
} rows[] = {
	{"dockerd is stopped", false, false, "", "without a process", true},
	{"... and one lives on", false, false, "c1", "running", true},
	{"it does not answer", true, false, "", "without a process", true},
	{"... and one runs", true, false, "c1", "running", true},
	{"... that the disk does not have", true, false, "c9", "without a process", false},
	{"... and shims cannot be listed", true, false, NULL, NULL, false},
	{"it answered, and told nothing of containers", true, true, "", NULL, false},
};

static const struct row *now;

int __wrap_shims_find(struct strv *ret_ids, struct error *err);

int __wrap_shims_find(struct strv *ret_ids, struct error *err)
{
	if (!now->shims)
		return error_set(err, -EACCES, "no /proc");
	strv_split(ret_ids, now->shims, " ");
	return 0;
}

static void make_container(const struct temp_directory *t)
{
	static const char *const directories[] = {"var", "var/lib", "var/lib/docker",
						  "var/lib/docker/containers",
						  "var/lib/docker/containers/c1"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdirat(t->fd, directories[i], 0755), 0);
	temp_directory_write(t, "var/lib/docker/containers/c1/config.v2.json",
			     "{\"ID\": \"c1\", \"Name\": \"/web\", \"Config\": {}}");
	temp_directory_write(t, "var/lib/docker/containers/c1/hostconfig.json", "{}");
}

static void test_states(void **state)
{
	const struct temp_directory *t = *state;

	make_container(t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};
		struct containers all;

		now = &rows[i];
		f.docker.data_root = xstrdup("/var/lib/docker");
		f.docker.running = now->runs;
		if (now->runs && !now->answers)
			f.docker.not_measured = xstrdup("GET /info: no answer");
		gather_disk(&g);
		assert_false(containers_get(&f.docker.containers, &all));
		all = containers_on_disk(&f.docker.containers);
		assert_int_equal(all.count, 1);
		if (strcmp_null(all.items[0].state, now->state) != 0 ||
		    f.docker.containers.processes_told != now->told)
			fail_msg("%s: %s", now->what,
				 all.items[0].state ? all.items[0].state : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_states),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
