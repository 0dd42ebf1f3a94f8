#pragma once

/*
 * A server on a unix socket that plays dockerd for tests: a process of its own that answers
 * each request with what the rows say for its path, and keeps every request's first line in a
 * file. It talks HTTP and keeps connections open, as dockerd does.
 */

#include "engine/base/str.h"
#include "tests/unit/temp-directory.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

struct stub_reply {
	const char *path; /* "/info"; up to the ? */
	int status; /* 0: the whole answer is `body`, without a header */
	const char *body;
	size_t announced; /* Content-Length, when it shall not be the body's */
	void (*write)(int fd); /* writes the whole answer instead; the connection ends behind it */
};

struct stub_server {
	char *socket;
	char *log;
	pid_t pid;
};

static inline UNUSED const struct stub_reply *stub_find(const struct stub_reply *rows,
							const char *request)
{
	const char *path = strchr(request, ' ');
	static const struct stub_reply none = {.status = 404, .body = "{}"};

	for (; path && rows->path; rows++)
		if (strlen(rows->path) == strcspn(path + 1, "? ") &&
		    starts_with(path + 1, rows->path))
			return rows;
	return &none;
}

static inline UNUSED void stub_answer(int fd, const struct stub_reply *r)
{
	if (r->write) {
		r->write(fd);
		shutdown(fd, SHUT_RDWR);
		return;
	}
	if (r->status)
		dprintf(fd, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n", r->status,
			r->announced ? r->announced : strlen(r->body));
	dprintf(fd, "%s", r->body);
	if (!r->status || r->announced)
		shutdown(fd, SHUT_RDWR);
}

static inline UNUSED void stub_talk(int fd, int log, const struct stub_reply *rows)
{
	char request[4096];
	ssize_t n;

	while ((n = read(fd, request, sizeof(request) - 1)) > 0) {
		request[n] = '\0';
		dprintf(log, "%.*s\n", (int)strcspn(request, "\r"), request);
		stub_answer(fd, stub_find(rows, request));
	}
}

/* A process for each connection: several may be open at a time. */
static inline UNUSED void stub_serve(int listener, int log, const struct stub_reply *rows)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(listener);
			stub_talk(fd, log, rows);
			_exit(0);
		}
		close(fd);
	}
}

static inline UNUSED struct stub_server stub_start(const struct temp_directory *t,
						   const struct stub_reply *rows)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stub_server s = {.socket = xasprintf("%s/socket", t->path),
				.log = xasprintf("%s/requests", t->path)};
	int log = open(s.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_true(strlen(s.socket) < sizeof(address.sun_path));
	strcpy(address.sun_path, s.socket);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 16), 0);
	s.pid = fork();
	if (s.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		stub_serve(listener, log, rows);
		_exit(0);
	}
	close(listener);
	close(log);
	return s;
}

static inline UNUSED void stub_stop(struct stub_server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	unlink(s->socket);
	free(s->socket);
	free(s->log);
}
