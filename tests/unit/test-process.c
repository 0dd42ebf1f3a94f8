/* What a caller leaves to the process across exec: signals that are ignored, or blocked. */

#include "tests/test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/process.h"

static void nothing(int s)
{
}

/* How it is after process_harden(), of a signal that was ignored and blocked, in a child. */
static void try_signal(int s, void (*before)(int), void (*after)(int))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		struct sigaction action = {.sa_handler = nothing};
		sigset_t set;

		signal(s, before);
		sigfillset(&set);
		sigprocmask(SIG_SETMASK, &set, NULL);
		process_harden();
		sigprocmask(SIG_SETMASK, NULL, &set);
		sigaction(s, NULL, &action);
		_exit(action.sa_handler != after ? 1 : sigismember(&set, s) ? 2 : 0);
	}
	while (waitpid(pid, &status, 0) < 0)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("signal %d: ends with status %#x", s, (unsigned)status);
}

static void test_signals_of_the_caller(void **state)
{
	static const struct {
		int signal;
		void (*before)(int), (*after)(int);
	} cases[] = {
		{SIGCHLD, SIG_IGN, SIG_DFL},
		{SIGCHLD, SIG_DFL, SIG_DFL},
		{SIGALRM, SIG_IGN, SIG_DFL},
		{SIGUSR1, SIG_IGN, SIG_DFL},
		{SIGSEGV, SIG_IGN, SIG_DFL},
		{40 /* of real time */, SIG_IGN, SIG_DFL},
		{SIGPIPE, SIG_DFL, SIG_IGN},
		{SIGPIPE, SIG_IGN, SIG_IGN},
		{SIGXFSZ, SIG_DFL, SIG_IGN},
		{SIGTERM, SIG_DFL, SIG_DFL},
		/* nohup, and what a shell starts with "&" */
		{SIGHUP, SIG_IGN, SIG_IGN},
		{SIGINT, SIG_IGN, SIG_IGN},
		{SIGINT, SIG_DFL, SIG_DFL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		try_signal(cases[i].signal, cases[i].before, cases[i].after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals_of_the_caller),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
