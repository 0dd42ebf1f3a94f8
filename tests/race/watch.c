/*
 * Somebody (nobody) waits at the directory in which root stages a file or keeps a snapshot, and
 * opens each name the moment that it appears: he must never get one open. The control arm makes its
 * files as many programs do, and has to lose. TAP; needs root.
 *
 *     watch FILES
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/acl.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/host/write/write.h"
#include "engine/plan/image.h"
#include "rollback/blobs.h"
#include "rollback/state.h"
#include "tests/race/arena.h"

struct watched {
	volatile unsigned long appeared, opened, refused, gone;
	volatile bool ready;
};

static const char secret[] = "{\"secret\": true}\n";

/* Also the directory's names that no event told of, since a queue may overflow. */
static void try_open(struct watched *w, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	w->appeared++;
	if (fd >= 0)
		w->opened++;
	else if (errno == EACCES)
		w->refused++;
	else
		w->gone++;
	close_fd(&fd);
}

__attribute__((noreturn)) static void watch(struct watched *w, const char *path)
{
	int events = inotify_init1(IN_CLOEXEC);
	int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char buffer[8192] __attribute__((aligned(__alignof__(struct inotify_event))));

	if (inotify_add_watch(events, path, IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_MODIFY) < 0)
		_exit(2);
	w->ready = true;
	for (;;) {
		ssize_t n = read(events, buffer, sizeof(buffer));

		for (char *at = buffer; n > 0 && at < buffer + n;) {
			const struct inotify_event *e = (const struct inotify_event *)(void *)at;

			if (e->len > 0)
				try_open(w, dir, e->name);
			at += sizeof(*e) + e->len;
		}
	}
}

static pid_t start_watcher(struct watched *w, const char *path)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0)
		_exit(1);
	watch(w, path);
}

/* One way to put a file where nobody watches; `n` counts them. */
struct way {
	const char *name;
	bool naive;
	void (*put)(int dir, unsigned long n);
	const char *default_acl; /* of the watched directory */
};

static void image_of(unsigned long n, mode_t mode, struct image *ret)
{
	CLEANUP(freep) char *text = xasprintf("%s%lu\n", secret, n);

	*ret = (struct image){.node = {.kind = NODE_FILE, .mode = mode}};
	image_set_content(ret, text, strlen(text));
}

static void put_staged(int dir, unsigned long n)
{
	CLEANUP(freep) char *tag = xasprintf("abc%lu", n), *name = staged_name("daemon.json", tag);
	CLEANUP(image_clear) struct image image;

	image_of(n, n % 2 ? 0600 : 0640, &image);
	if (write_staged(dir, name, &image, NULL) < 0)
		abort();
	if (n % 3 == 0)
		write_place(dir, "daemon.json", name, NULL);
	write_unlink(dir, name, NULL);
	write_unlink(dir, "daemon.json", NULL);
}

/* The directory "blobs" of a transaction is watched, opened up as no real one is. */
static void put_blob(int dir, unsigned long n)
{
	CLEANUP(close_fd) int txn = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(plan_clear) struct plan plan = {0};
	struct change *c = plan_add_change(&plan, "/etc/docker/daemon.json");

	c->images = xcalloc(1, sizeof(*c->images));
	c->nimages = 1;
	image_of(n, 0644, &c->images[0]);
	if (blobs_store(txn, &plan, NULL) < 0)
		abort();
	unlinkat(dir, c->images[0].node.data, 0);
}

static void put_naively(int dir, unsigned long n)
{
	CLEANUP(freep) char *name = xasprintf(".new%lu", n);
	CLEANUP(close_fd) int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0 || fd_write_all(fd, secret, strlen(secret)) < 0 || fchmod(fd, 0600) < 0)
		abort();
	unlinkat(dir, name, 0);
}

static const struct way ways[] = {
	{.name = "a staged file", .put = put_staged},
	{.name = "a staged file below a default access list",
	 .put = put_staged,
	 .default_acl = "u::rwx,u:65534:rwx,g::rwx,m::rwx,o::r-x"},
	{.name = "a snapshot", .put = put_blob},
	{.name = "a snapshot below a default access list",
	 .put = put_blob,
	 .default_acl = "u::rwx,u:65534:rwx,g::rwx,m::rwx,o::r-x"},
	{.name = "the control arm: created, then chmod", .naive = true, .put = put_naively},
};

static bool set_default_acl(const char *path, const char *text)
{
	acl_t acl = acl_from_text(text);
	int r = acl ? acl_set_file(path, ACL_TYPE_DEFAULT, acl) : -1;

	acl_free(acl);
	return r == 0;
}

/* Until the watcher met enough of them: what is gone before he comes proves nothing. */
static void put_files(const struct way *way, struct watched *w, int dir, unsigned long files)
{
	for (unsigned long n = 0; n < files || (n < 100 * files && w->refused < files); n++) {
		way->put(dir, n);
		if (way->naive && w->opened > 0 && n >= files)
			return;
	}
	usleep(50000);
}

static bool run_way(const struct way *way, unsigned long files, size_t number)
{
	struct arena a;
	CLEANUP(freep) char *path = NULL;
	struct watched *w;
	int dir, status;
	bool good;
	pid_t pid;

	if (arena_open(&a) < 0)
		abort();
	path = xasprintf("%s/blobs", a.path);
	w = (struct watched *)(void *)((char *)a.shared + sizeof(*a.shared));
	mkdir(path, 0755);
	if (way->default_acl && !set_default_acl(path, way->default_acl)) {
		printf("ok %zu - %s # SKIP no access lists here\n", number, way->name);
		arena_close(&a);
		return true;
	}
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pid = start_watcher(w, path);
	while (!w->ready && waitpid(pid, &status, WNOHANG) == 0)
		usleep(1000);
	put_files(way, w, dir, files);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(dir);
	good = way->naive ? w->opened > 0 : w->opened == 0 && w->refused >= files / 10;
	printf("%sok %zu - %s: %lu times tried, %lu opened, %lu refused, %lu gone\n",
	       good ? "" : "not ", number, way->name, w->appeared, w->opened, w->refused, w->gone);
	fflush(stdout);
	arena_close(&a);
	return good;
}

/* The real directory of a transaction cannot even be watched. */
static bool check_state(size_t number)
{
	struct arena a;
	struct state s = STATE_INIT;
	struct stat st;
	bool good;
	int txn;

	if (arena_open(&a) < 0)
		abort();
	if (mkdirat(a.root.fd, "var", 0755) < 0 || mkdirat(a.root.fd, "var/lib", 0755) < 0)
		abort();
	good = state_open(&s, &a.root, true, NULL) >= 0;
	txn = good ? state_open_txn(&s, "20260101-000000-abcdef", true, NULL) : -1;
	good = txn >= 0 && fstat(txn, &st) == 0 && (st.st_mode & 07777) == 0700 &&
	       fstat(s.fd, &st) == 0 && (st.st_mode & 07777) == 0700 && st.st_uid == 0;
	printf("%sok %zu - the state directory and a transaction's are 0700\n", good ? "" : "not ",
	       number);
	close_fd(&txn);
	state_close(&s);
	arena_close(&a);
	return good;
}

int main(int argc, char **argv)
{
	unsigned long files = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	bool good = true;

	if (files == 0) {
		fputs("usage: watch FILES\n", stderr);
		return 64;
	}
	if (geteuid() != 0) {
		puts("1..0 # SKIP needs root");
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		good &= run_way(&ways[i], files, i + 1);
	good &= check_state(ARRAY_SIZE(ways) + 1);
	printf("1..%zu\n", ARRAY_SIZE(ways) + 1);
	return !good;
}
