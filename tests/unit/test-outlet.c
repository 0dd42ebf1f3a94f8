/* Nobody reads: what is said waits, the process does not, and nothing is lost or comes in another order. */

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cli/outlet.h"
#include "engine/base/buf.h"

#define LINES 3000 /* more than a pipe, a terminal or a socket takes unread */
#define BLOCKED_S 20

struct ends {
	int ours, theirs; /* theirs: what is read */
};

static void make_pipe(struct ends *e)
{
	int both[2];

	assert_int_equal(pipe(both), 0);
	*e = (struct ends){both[1], both[0]};
}

static void make_socket(struct ends *e)
{
	int both[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, both), 0);
	*e = (struct ends){both[1], both[0]};
}

static void make_terminal(struct ends *e)
{
	struct termios t;

	assert_int_equal(openpty(&e->theirs, &e->ours, NULL, NULL, NULL), 0);
	assert_int_equal(tcgetattr(e->ours, &t), 0);
	cfmakeraw(&t);
	assert_int_equal(tcsetattr(e->ours, TCSANOW, &t), 0);
}

static void make_stopped_terminal(struct ends *e)
{
	make_terminal(e);
	assert_int_equal(tcflow(e->ours, TCOOFF), 0);
}

static const struct row {
	const char *what;
	void (*make)(struct ends *);
} rows[] = {
	{"a pipe that nobody reads", make_pipe},
	{"a socket", make_socket},
	{"a terminal that nobody reads", make_terminal},
	{"a terminal with its output stopped", make_stopped_terminal},
};

/* In a process of its own: says all, then that it has, and waits for the reader. */
static void say_all(const struct ends *e, int done)
{
	char line[32];
	int n;

	alarm(BLOCKED_S);
	close(e->theirs);
	dup2(e->ours, STDOUT_FILENO);
	outlet_hold();
	for (int i = 0; i < LINES; i++) {
		n = snprintf(line, sizeof(line), "%06d and so on, a line\n", i);
		if (outlet_write(STDOUT_FILENO, line, (size_t)n) != 0)
			_exit(2);
		if (i % 100 == 0 && fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK)
			_exit(3); /* the description is a shell's as well */
	}
	if (write(done, "x", 1) != 1)
		_exit(4);
	_exit(outlet_flush() == 0 ? 0 : 5);
}

static int read_all(int fd)
{
	CLEANUP(buf_clear) struct buf text = {0};
	char block[4096];
	const char *at;
	ssize_t n;
	int lines = 0;

	while ((n = read(fd, block, sizeof(block))) > 0)
		buf_append(&text, block, (size_t)n);
	for (at = buf_str(&text); at && *at; at = strchr(at, '\n') + 1)
		if (strtol(at, NULL, 10) == lines)
			lines++;
	return lines;
}

static void try_row(const struct row *row)
{
	struct ends e;
	struct pollfd p;
	int done[2], status;
	pid_t pid;

	row->make(&e);
	assert_int_equal(pipe(done), 0);
	pid = fork();
	if (pid == 0)
		say_all(&e, done[1]);
	p = (struct pollfd){.fd = done[0], .events = POLLIN};
	if (poll(&p, 1, BLOCKED_S * 1000) != 1)
		fail_msg("%s: blocks", row->what);
	if (isatty(e.ours))
		tcflow(e.ours, TCOON);
	close(e.ours);
	assert_int_equal(read_all(e.theirs), LINES);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("%s: status %#x", row->what, (unsigned)status);
	close(e.theirs);
	close(done[0]);
	close(done[1]);
}

static void test_nobody_reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		try_row(&rows[i]);
}

/* Progress neither waits nor overtakes what is kept, and is not kept itself. */
static int progress(void)
{
	static char block[1 << 17];
	char last[4];
	struct ends e;
	size_t taken = 0;
	ssize_t n;

	alarm(BLOCKED_S);
	make_pipe(&e);
	dup2(e.ours, STDERR_FILENO);
	outlet_hold();
	memset(block, 'a', sizeof(block));
	outlet_write(STDERR_FILENO, block, sizeof(block));
	outlet_try(STDERR_FILENO, "b", 1);
	fcntl(e.theirs, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 8 && taken < sizeof(block); i++) {
		while ((n = read(e.theirs, block, sizeof(block))) > 0) {
			if (memchr(block, 'b', (size_t)n))
				return 1;
			taken += (size_t)n;
		}
		outlet_try(STDERR_FILENO, "", 0);
	}
	outlet_try(STDERR_FILENO, "c", 1);
	n = read(e.theirs, last, sizeof(last));
	return taken == sizeof(block) && n == 1 && last[0] == 'c' ? 0 : 2;
}

/* Whoever went away is told of, and not waited for; so is the end that somebody wants. */
static int gone(void)
{
	struct ends e;

	alarm(BLOCKED_S);
	signal(SIGPIPE, SIG_IGN);
	make_pipe(&e);
	dup2(e.ours, STDOUT_FILENO);
	close(e.theirs);
	outlet_hold();
	if (outlet_write(STDOUT_FILENO, "x", 1) != -EPIPE)
		return 1;
	return outlet_flush() == -EPIPE ? 0 : 2;
}

static void test_parts(void **state)
{
	int (*const parts[])(void) = {progress, gone};
	int status;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(parts[i]());
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status != 0)
			fail_msg("part %zu: status %#x", i, (unsigned)status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_reads),
		cmocka_unit_test(test_parts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
