#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "tests/bench/bench.h"

/* Where a run takes more than this share of its work's time, one is all there is. */
#define SHARE_OF_PEER 0.1
#define SHARE_OF_ONE 0.4
#define GRACE_MS 1e3 /* between the request to end and the kill */
#define HANGS_MS 30e3 /* one that was killed after so long has no time to blame */

static volatile sig_atomic_t interrupted;

static void note(int signal)
{
	if (signal != SIGALRM)
		interrupted = 1;
}

void run_init(void)
{
	const struct sigaction action = {.sa_handler = note};

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

bool run_interrupted(void)
{
	return interrupted;
}

/* The alarm comes again and again, lest it come between a look at the clock and the wait. */
static void alarm_at(double deadline_ms)
{
	double left = deadline_ms - clock_ms();
	const struct timeval again = {.tv_usec = 200000};
	struct itimerval t = {again, again};

	if (deadline_ms <= 0)
		t = (struct itimerval){0};
	else if (left > 200)
		t.it_value = (struct timeval){(time_t)(left / 1000), 1000};
	setitimer(ITIMER_REAL, &t, NULL);
}

static void be_command(const struct strv *argv, const char *said, int go)
{
	char **words = xcalloc(argv->count + 1, sizeof(*words));
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int log = open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char byte;

	memcpy(words, argv->items, argv->count * sizeof(*words));
	setpgid(0, 0);
	setenv("LC_ALL", "C", 1);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	if (read(go, &byte, 1) == 1)
		execvp(words[0], words);
	_exit(127);
}

/* A stop of somebody who is followed: goes on, unless it is one that waits for SIGCONT. */
static void follow(pid_t who, int status, struct run *r)
{
	int event = status >> 16, signal = WSTOPSIG(status);

	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK)
		r->processes++;
	if (event == PTRACE_EVENT_CLONE)
		r->threads++;
	if (event == PTRACE_EVENT_STOP && signal != SIGTRAP)
		ptrace(PTRACE_LISTEN, who, NULL, NULL);
	else
		ptrace(PTRACE_CONT, who, NULL, (void *)(long)(event ? 0 : signal));
}

static bool start_following(pid_t pid, struct run *r)
{
	const long options =
		PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;

	if (ptrace(PTRACE_SEIZE, pid, NULL, options) < 0)
		return false;
	r->processes = r->threads = 0;
	return true;
}

static void wait_command(pid_t pid, double deadline_ms, struct run *r)
{
	struct rusage usage = {0};
	double ended = 0;
	int status;
	pid_t who;

	/* __WALL: threads of a command that is followed, too */
	while ((who = wait4(-1, &status, __WALL, &usage)) != pid || WIFSTOPPED(status)) {
		if (who > 0 && WIFSTOPPED(status))
			follow(who, status, r);
		if (who < 0 && errno == ECHILD)
			break;
		if (ended == 0 && (interrupted || clock_ms() > deadline_ms)) {
			ended = clock_ms();
			kill(-pid, SIGTERM);
			alarm_at(ended);
		}
		if (ended > 0 && clock_ms() - ended > GRACE_MS)
			kill(-pid, SIGKILL);
	}
	r->status = ended > 0 || who != pid ? -1 : status;
	r->peak_kib = usage.ru_maxrss;
	r->cpu_ms = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
		    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

/* Those that it left behind; a daemon that made a session of its own is not looked for. */
static void end_group(pid_t pid)
{
	kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL | WNOHANG) > 0)
		;
}

void run_command(const struct strv *argv, const char *said, bool counted, double deadline_ms,
		 struct run *ret)
{
	double start;
	int go[2];
	pid_t pid;

	*ret = (struct run){.processes = -1, .threads = -1, .status = -1};
	if (interrupted || clock_ms() > deadline_ms || pipe2(go, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0)
		be_command(argv, said, go[0]);
	setpgid(pid, pid);
	if (pid > 0 && counted)
		start_following(pid, ret);
	alarm_at(deadline_ms);
	start = clock_ms();
	if (pid > 0 && write(go[1], "", 1) == 1)
		wait_command(pid, deadline_ms, ret);
	ret->wall_ms = clock_ms() - start;
	alarm_at(0);
	close(go[0]);
	close(go[1]);
	if (pid > 0)
		end_group(pid);
}

/* --- a work --------------------------------------------------------------------- */

/* The end of what it said, on one line. */
static char *last_words(const char *said)
{
	char text[301] = "";
	FILE *f = fopen(said, "re");
	size_t n;

	if (f && fseek(f, -(long)(sizeof(text) - 1), SEEK_END) < 0)
		rewind(f);
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	if (f)
		fclose(f);
	while (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	for (char *at = text; (at = strchr(at, '\n'));)
		*at = ' ';
	return xstrdup(text);
}

void run_failed(const struct run *r, const char *said, struct contender *c)
{
	CLEANUP(freep) char *words = last_words(said);

	/* that the time ends is no fault of its, unless it took much of it */
	c->state = r->status == -1 && r->wall_ms < HANGS_MS ? STATE_LEFT_OUT : STATE_FAILED;
	if (r->status == -1 && interrupted)
		c->why = xstrdup("it was interrupted");
	else if (r->status == -1 && r->wall_ms > 0)
		c->why = xasprintf("it was ended after %.1f s, with the time", r->wall_ms / 1e3);
	else if (r->status == -1)
		c->why = xstrdup("no time was left");
	else if (WIFSIGNALED(r->status))
		c->why = xasprintf("ended by signal %d: %s", WTERMSIG(r->status), words);
	else
		c->why = xasprintf("ended with %d: %s", WEXITSTATUS(r->status), words);
}

static void keep(struct contender *c, const struct run *r)
{
	struct figures *f = &c->figures;

	f->wall_ms[f->runs] = r->wall_ms;
	f->cpu_ms[f->runs++] = r->cpu_ms;
	if (r->peak_kib > f->peak_kib)
		f->peak_kib = r->peak_kib;
}

static bool run_once(const struct bench *b, struct contender *c, bool counted, struct run *r)
{
	CLEANUP(freep) char *said = xasprintf("%s/said", b->directory);

	run_command(&c->argv, said, counted, b->deadline_ms, r);
	if (r->status != -1 && WIFEXITED(r->status) &&
	    (WEXITSTATUS(r->status) == 0 || WEXITSTATUS(r->status) == c->accepts))
		return true;
	if (r->status == -1 && c->figures.runs > 0)
		c->once = true; /* what was measured before the time was over stays */
	else
		run_failed(r, said, c);
	return false;
}

static bool is_run(const struct contender *c)
{
	return c->state == STATE_MEASURED && c->argv.count > 0;
}

/* Its run counts only where there is no time for others. */
static void warm_up(const struct bench *b, struct work *w, double share_ms)
{
	bool slow = false;

	for (size_t i = 0; i < w->count; i++) {
		struct contender *c = &w->items[i];
		struct run r;

		if (!is_run(c) || !run_once(b, c, true, &r))
			continue;
		c->figures.processes = r.processes;
		c->figures.threads = r.threads;
		c->once = c->role == ROLE_PEER && r.wall_ms > SHARE_OF_PEER * share_ms;
		slow = slow || (c->role != ROLE_PEER && r.wall_ms > SHARE_OF_ONE * share_ms);
		keep(c, &r);
	}
	/* all but peers go on together: a rollback needs its apply, and a ratio its floor */
	for (size_t i = 0; i < w->count; i++) {
		struct contender *c = &w->items[i];

		c->once = c->once || (slow && c->role != ROLE_PEER);
		if (c->argv.count > 0 && !c->once)
			c->figures.runs = 0;
	}
}

void work_run(const struct bench *b, struct work *w)
{
	double start = clock_ms(), round = start;
	double share = (b->deadline_ms - start) / (double)(b->left ? b->left : 1);
	size_t most = b->quick ? RUNS_MOST - 2 : RUNS_MOST;

	warm_up(b, w, share);
	for (size_t n = 0; n < most; n++) {
		double begun = clock_ms();

		if (n > 0 && 2 * begun - round > start + share)
			break;
		round = begun;
		for (size_t i = 0; i < w->count; i++) {
			struct contender *c = &w->items[i];
			struct run r;

			if (is_run(c) && !c->once && run_once(b, c, false, &r))
				keep(c, &r);
		}
	}
}
