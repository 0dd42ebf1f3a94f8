#include "tests/bench/stub-docker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"
#include "engine/format/mount-table.h"
#include "engine/host/read/proc.h"

/* --- containers ----------------------------------------------------------- */

static char *group_directory(const char *name)
{
	CLEANUP(mount_table_clear) struct mount_table t = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	proc_read("/proc/self/mountinfo", &text, NULL);
	mount_table_parse(&t, buf_str(&text));
	for (size_t i = 0; i < t.count; i++)
		if (strcmp(t.items[i].type, "cgroup2") == 0)
			return xasprintf("%s%s", t.items[i].point, name);
	return NULL;
}

static void enter_group(const char *above, size_t number)
{
	CLEANUP(freep) char *directory = xasprintf("%s/%064zx", above, number);
	CLEANUP(freep) char *procs = xasprintf("%s/cgroup.procs", directory);
	int fd;

	mkdir(directory, 0755);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "0", 1) < 0)
		perror(procs);
	close(fd);
}

static pid_t start_container(const struct stub_docker *s, size_t number)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (s->group)
		enter_group(s->group, number);
	for (;;)
		pause();
}

/* --- the server ------------------------------------------------------------- */

static char *list_of(const struct stub_docker *s)
{
	struct buf b = {0};

	buf_puts(&b, "[");
	for (size_t i = 0; i < s->count; i++)
		buf_printf(&b, "%s{\"Id\":\"%064zx\"}", i ? "," : "", i);
	buf_puts(&b, "]");
	return buf_take(&b);
}

/* The sample with its four marks filled in. */
static void put_inspect(struct buf *b, const char *sample, const struct stub_docker *s, size_t n)
{
	for (const char *at = sample; *at;) {
		size_t plain = strcspn(at, "@");
		const char *end = at[plain] ? strchr(at + plain + 1, '@') : NULL;

		buf_append(b, at, plain);
		at += plain;
		if (!end)
			continue;
		if (starts_with(at, "@ID@"))
			buf_printf(b, "%064zx", n);
		else if (starts_with(at, "@SHORT@"))
			buf_printf(b, "%012zx", n);
		else if (starts_with(at, "@PID@"))
			buf_printf(b, "%d", (int)s->containers[n]);
		else
			buf_printf(b, "%zu", n);
		at = end + 1;
	}
}

static void answer(int fd, const char *body, size_t n)
{
	CLEANUP(buf_clear) struct buf all = {0};

	buf_printf(&all, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
	buf_append(&all, body, n);
	for (size_t done = 0; done < all.len;) {
		ssize_t r = write(fd, all.data + done, all.len - done);

		if (r <= 0)
			return;
		done += (size_t)r;
	}
}

/* One connection, until it is closed; answers are made before, so that the client is what is measured. */
static void talk(int fd, const struct buf *inspects, const struct stub_docker *s, const char *list)
{
	static const char prefix[] = "GET /containers/";
	char request[4096];
	ssize_t n;

	while ((n = read(fd, request, sizeof(request) - 1)) > 0) {
		request[n] = '\0';
		if (starts_with(request, "GET /containers/json")) {
			answer(fd, list, strlen(list));
		} else if (starts_with(request, prefix)) {
			size_t at = strtoul(request + strlen(prefix) + 48, NULL, 16);

			answer(fd, inspects[at].data, inspects[at].len);
		} else {
			answer(fd, "{\"Volumes\":[]}", 14);
		}
	}
}

static void serve(int listener, const struct stub_docker *s)
{
	CLEANUP(buf_clear) struct buf sample = {0};
	struct buf *inspects = xcalloc(s->count, sizeof(*inspects));
	char *list = list_of(s);

	proc_read(INSPECT, &sample, NULL);
	for (size_t i = 0; i < s->count; i++)
		put_inspect(&inspects[i], buf_str(&sample), s, i);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			talk(fd, inspects, s, list);
			_exit(0);
		}
		close(fd);
	}
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 64) < 0) {
		perror(path);
		_exit(1);
	}
	return fd;
}

struct stub_docker stub_docker_start(size_t count, const char *group)
{
	char directory[] = "/tmp/harden-bench.XXXXXX";
	struct stub_docker s = {.count = count, .containers = xcalloc(count, sizeof(pid_t))};
	int listener;

	s.directory = xstrdup(mkdtemp(directory));
	s.socket = xasprintf("%s/socket", s.directory);
	s.group = group_directory(group);
	if (s.group && mkdir(s.group, 0755) < 0 && errno != EEXIST) {
		perror(s.group);
		free(TAKE_PTR(s.group));
	}
	for (size_t i = 0; i < count; i++)
		s.containers[i] = start_container(&s, i);
	listener = listen_at(s.socket);
	s.server = fork();
	if (s.server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener, &s);
	}
	close(listener);
	return s;
}

/* Those of a run that was killed, too. */
static void remove_groups(const char *above)
{
	DIR *directory = opendir(above);
	const struct dirent *e;

	while (directory && (e = readdir(directory)))
		if (e->d_type == DT_DIR && e->d_name[0] != '.' &&
		    unlinkat(dirfd(directory), e->d_name, AT_REMOVEDIR) < 0)
			perror(e->d_name);
	if (directory)
		closedir(directory);
	if (rmdir(above) < 0)
		perror(above);
}

void stub_docker_stop(struct stub_docker *s)
{
	kill(s->server, SIGKILL);
	waitpid(s->server, NULL, 0);
	for (size_t i = 0; i < s->count; i++) {
		kill(s->containers[i], SIGKILL);
		waitpid(s->containers[i], NULL, 0);
	}
	if (s->group)
		remove_groups(s->group);
	unlink(s->socket);
	rmdir(s->directory);
	free(s->containers);
	free(s->group);
	free(s->directory);
	free(s->socket);
}
