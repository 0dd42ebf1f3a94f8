#include "engine/base/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

static bool is_ignored(int s)
{
	struct sigaction action;

	return sigaction(s, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* The kernel keeps a blocked signal pending even where it would be ignored. */
static sigset_t stop_signals(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (!is_ignored(signals[i]))
			sigaddset(&set, signals[i]);
	return set;
}

static sigset_t job_signals(void)
{
	static const int signals[] = {SIGTSTP, SIGTTIN, SIGTTOU};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&set, signals[i]);
	return set;
}

void interrupt_block(void)
{
	sigset_t ending = stop_signals(), job = job_signals();

	sigprocmask(SIG_BLOCK, &ending, NULL);
	sigprocmask(SIG_BLOCK, &job, NULL);
}

void interrupt_let_stop(void)
{
	sigset_t job = job_signals();

	sigprocmask(SIG_UNBLOCK, &job, NULL);
}

int interrupt_open(struct interrupt *ret, struct error *err)
{
	sigset_t set = stop_signals();
	int fd;

	interrupt_block();
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return error_errno(err, -errno, "cannot watch for signals");
	ret->fd = fd;
	return 0;
}

void interrupt_close(struct interrupt *i)
{
	if (i->fd >= 0)
		close(i->fd);
	i->fd = -1;
}

int interrupt_signal(void)
{
	sigset_t set = stop_signals(), pending;

	if (sigpending(&pending) < 0)
		return 0;
	for (int s = 1; s < NSIG; s++)
		if (sigismember(&set, s) == 1 && sigismember(&pending, s) == 1)
			return s;
	return 0;
}

void interrupt_take(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	sigtimedwait(&set, NULL, &(const struct timespec){0});
}

int interrupt_wait(const struct interrupt *i, int ms, struct error *err)
{
	return interrupt_wait_fd(i, -1, 0, ms, err);
}

int interrupt_wait_fd(const struct interrupt *i, int fd, short events, int ms, struct error *err)
{
	struct pollfd both[] = {{.fd = i ? i->fd : -1, .events = POLLIN},
				{.fd = fd, .events = events}};

	if (poll(both, 2, ms) < 0 && errno != EINTR)
		return error_errno(err, -errno, "cannot wait for a signal");
	if (both[0].revents)
		return error_set(err, -EINTR, "interrupted by signal %d", interrupt_signal());
	return 0;
}
