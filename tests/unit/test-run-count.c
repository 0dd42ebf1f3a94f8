/* How often a program is run, and not how often it is read. */

#include "tests/unit/temp-directory.h"

#include <sys/wait.h>

#include "engine/host/ask/run-count.h"

static const struct temp_directory *t;

static void copy_program(const char *name)
{
	char bytes[65536];
	ssize_t n;
	int from = open("/bin/true", O_RDONLY | O_CLOEXEC);
	int to = openat(t->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	assert_true(from >= 0 && to >= 0);
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(to, bytes, (size_t)n), n);
	close(from);
	close(to);
}

static void run(const char *name)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", t->path, name);
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, path, NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_runs(void **state)
{
	CLEANUP(run_count_close) struct run_count c = RUN_COUNT_INIT;
	int r;

	t = *state;
	copy_program("program");
	copy_program("other");
	r = run_count_open(&c, &t->root, "/program", NULL);
	if (r < 0)
		SKIP_BECAUSE("the kernel tells nothing here");
	close(openat(t->fd, "program", O_RDONLY | O_CLOEXEC));
	run("other");
	assert_int_equal(run_count_take(&c, NULL), 0);
	assert_int_equal(c.counted, 0);
	for (int i = 0; i < 20; i++)
		run("program");
	assert_int_equal(run_count_take(&c, NULL), 0);
	assert_int_equal(c.counted, 20);
}

static void test_what_is_not_there(void **state)
{
	CLEANUP(run_count_close) struct run_count c = RUN_COUNT_INIT;

	t = *state;
	assert_int_equal(run_count_open(&c, &t->root, "/none", NULL), -ENOENT);
	assert_int_equal(c.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_runs),
		TEMP_DIRECTORY_TEST(test_what_is_not_there),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
