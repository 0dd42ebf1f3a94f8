#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/fd-io.h"
#include "engine/base/str.h"
#include "engine/host/read/root.h"
#include "engine/host/write/start-trial-impl.h"

/* Inside: containerd, then dockerd, and what they tell by their sockets until one of them ends. */

#define STEP_MS 20
#define ANSWER_MS 2000
#define FIRST_HANDED_OVER 3 /* sd_listen_fds(3) */

struct watch {
	const struct start_trial *t;
	double deadline;
	int notify; /* what dockerd tells systemd comes here */
	int handed_over; /* -1: none */
	pid_t containerd, dockerd;
	bool ready;
};

static bool set_address(struct sockaddr_un *a, const char *path)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(a->sun_path))
		return false;
	memcpy(a->sun_path, path, strlen(path));
	return true;
}

static int bound(const char *path, int type)
{
	CLEANUP(close_fd) int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	if (fd < 0 || !set_address(&address, path) || trial_make_above(path) < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	if (type == SOCK_STREAM && listen(fd, SOMAXCONN) < 0)
		return -1;
	return TAKE_FD(fd);
}

static int connected(const char *path)
{
	CLEANUP(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	if (fd < 0 || !set_address(&address, path) ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return TAKE_FD(fd);
}

static void be_program(const struct watch *w, const struct strv *line, const char *said,
		       bool is_dockerd)
{
	CLEANUP(strv_clear) struct strv environment = {0};
	CLEANUP(freep) char **argv = xcalloc(line->count + 1, sizeof(*argv)), **env = NULL;
	int null = open("/dev/null", O_RDONLY);
	int output = open(said, O_WRONLY | O_CREAT | O_APPEND, 0600);

	strv_add_all(&environment, &w->t->environment);
	if (is_dockerd)
		strv_add(&environment, "NOTIFY_SOCKET=" START_NOTIFY);
	if (is_dockerd && w->handed_over >= 0) {
		strv_addf(&environment, "LISTEN_PID=%d", (int)getpid());
		strv_add(&environment, "LISTEN_FDS=1");
	}
	env = xcalloc(environment.count + 1, sizeof(*env));
	memcpy(argv, line->items, line->count * sizeof(*argv));
	if (environment.count)
		memcpy(env, environment.items, environment.count * sizeof(*env));
	if (null < 0 || output < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0 || chdir("/") < 0)
		_exit(TRIAL_EXEC);
	if (is_dockerd && w->handed_over >= 0 && w->handed_over != FIRST_HANDED_OVER &&
	    dup2(w->handed_over, FIRST_HANDED_OVER) < 0)
		_exit(TRIAL_EXEC);
	if (is_dockerd && w->handed_over == FIRST_HANDED_OVER)
		fcntl(FIRST_HANDED_OVER, F_SETFD, 0);
	closefrom(FIRST_HANDED_OVER + (is_dockerd && w->handed_over >= 0));
	execve(argv[0], argv, env);
	_exit(127);
}

static pid_t start(const struct watch *w, const struct strv *line, const char *said,
		   bool is_dockerd)
{
	pid_t pid = fork();

	if (pid == 0)
		be_program(w, line, said, is_dockerd);
	return pid;
}

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Whether it ended, and how; others that ended meanwhile are seen off. */
static bool has_ended(const struct watch *w, pid_t which, int *ret_code)
{
	bool ended = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == which)
			*ret_code = code_of(status);
		ended |= pid == which;
	}
	return ended;
}

/* sd_notify(3): lines of assignments. */
static void take_notes(struct watch *w, int wait_ms)
{
	struct pollfd p = {.fd = w->notify, .events = POLLIN};
	char text[4096];
	ssize_t n;

	if (poll(&p, 1, wait_ms) <= 0)
		return;
	n = recv(w->notify, text, sizeof(text) - 1, MSG_DONTWAIT);
	if (n > 0) {
		text[n] = '\0';
		w->ready |= strstr(text, "READY=1") != NULL;
	}
}

/* HTTP/1.0, so that the answer ends with the connection. */
static bool answers(const char *path)
{
	static const char question[] = "GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n";
	CLEANUP(close_fd) int fd = connected(path);
	CLEANUP(buf_clear) struct buf answer = {0};

	if (fd < 0 || fd_write_all(fd, question, sizeof(question) - 1) < 0 ||
	    trial_take_output(fd, clock_ms() + ANSWER_MS, TRIAL_MAX_OUTPUT, &answer) < 0)
		return false;
	return starts_with(buf_str(&answer), "HTTP/1.") &&
	       strstr(buf_str(&answer), " 200 ") != NULL;
}

static bool containerd_is_up(struct watch *w, struct start_report *ret)
{
	ret->end = START_NO_CONTAINERD;
	if (trial_make_above(w->t->containerd_socket) < 0)
		return false;
	w->containerd = start(w, &w->t->containerd, START_CONTAINERD_SAID, false);
	while (w->containerd > 0 && clock_ms() < w->deadline) {
		int fd = connected(w->t->containerd_socket);

		close_fd(&fd);
		if (fd < 0 && has_ended(w, w->containerd, &ret->code))
			return false;
		if (access(w->t->containerd_socket, F_OK) == 0)
			return true;
		poll(NULL, 0, STEP_MS);
	}
	return false;
}

static void watch_dockerd(struct watch *w, struct start_report *ret)
{
	ret->end = START_SLOW;
	w->dockerd = start(w, &w->t->line, START_SAID, true);
	while (w->dockerd > 0 && clock_ms() < w->deadline) {
		take_notes(w, STEP_MS);
		if (has_ended(w, w->dockerd, &ret->code)) {
			ret->end = START_GAVE_UP;
			return;
		}
		if (w->ready && (!w->t->asked || answers(w->t->asked))) {
			ret->end = START_UP;
			return;
		}
	}
}

int start_watch(const struct start_trial *t, struct start_report *ret)
{
	struct watch w = {.t = t,
			  .deadline = clock_ms() + t->timeout_ms,
			  .notify = bound(START_NOTIFY, SOCK_DGRAM),
			  .handed_over = -1};

	if (t->handed_over)
		w.handed_over = bound(t->handed_over, SOCK_STREAM);
	if (w.notify < 0 || (t->handed_over && w.handed_over < 0))
		return TRIAL_SOCKET;
	if (t->containerd.count == 0 || containerd_is_up(&w, ret))
		watch_dockerd(&w, ret);
	return 0;
}
