#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/containers.h"
#include "engine/host/read/file-age.h"
#include "engine/host/read/proc.h"

/*
 * What containers outlived, on a host that is played: "old" began before dockerd, "new" after it. Each
 * row changes one thing of a host where all is as it was when "old" began.
 */

#define OLD "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NEW "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

enum { PID_OLD = 10, PID_DOCKERD = 20, PID_NEW = 30, PID_OLD_SHIM = 11, PID_NEW_SHIM = 31 };

#define SECOND UINT64_C(1000000)
#define AGO (1000 * SECOND) /* that "old" began */
#define SHIM "/usr/bin/containerd-shim-runc-v2"
#define RUNC "/usr/sbin/runc"

#define BUNDLE(filter, apparmor)                                                                   \
	"{\"process\":{\"apparmorProfile\":\"" apparmor                                            \
	"\",\"capabilities\":{\"bounding\":[\"CAP_KILL\"]}},\"linux\":{" filter "}}"
#define FIRST "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}"
#define SECOND_FILTER "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_KILL\"}"
#define SAME BUNDLE(FIRST, "docker-default")

enum age { AGE_BEFORE, AGE_NEW, AGE_TOUCHED, AGE_GONE, AGE_HIDDEN };

struct scene {
	const char *exe; /* of the shim; NULL: as it is installed */
	enum age shim, runc, dockerd;
	const char *runtime; /* what the shim wrote down; NULL: the path */
	const char *bundle; /* of "old"; NULL: SAME, "": it cannot be read */
	const char *sample; /* of "new"; NULL: there is no such container */
	const char *security, *seccomp, *apparmor; /* of "old"; of dockerd */
	bool privileged, no_shim, no_dockerd;
	const char *outlived, *unread; /* NULL: nothing */
};

static const struct scene *played;

static int answer(enum age age, ino_t ino, struct file_age *ret)
{
	uint64_t then = clock_usec(CLOCK_REALTIME) - AGO, before = then - 10 * SECOND,
		 after = then + 10 * SECOND;

	if (age == AGE_GONE)
		return -ENOENT;
	if (age == AGE_HIDDEN)
		return -EACCES;
	*ret = (struct file_age){1, ino + (age == AGE_NEW), before, before, before};
	if (age == AGE_NEW)
		ret->born_usec = ret->changed_usec = after;
	if (age == AGE_TOUCHED)
		ret->changed_usec = after;
	return 0;
}

int __wrap_file_age(const struct root *r, const char *path, struct file_age *ret,
		    struct error *err);
int __wrap_file_age_of_process(pid_t pid, struct file_age *ret, struct error *err);
int __wrap_proc_cmdline(pid_t pid, struct strv *ret, struct error *err);
int __wrap_proc_environment(pid_t pid, struct strv *ret, struct error *err);
int __wrap_proc_exe(pid_t pid, char **ret, struct stat *st, struct error *err);
int __wrap_proc_read(const char *path, struct buf *ret, struct error *err);
int __wrap_proc_start_ticks(pid_t pid, uint64_t *ret, struct error *err);
int __wrap_proc_start_usec(pid_t pid, uint64_t *ret, struct error *err);

int __wrap_file_age(const struct root *r, const char *path, struct file_age *ret, struct error *err)
{
	int result = strstr(path, "containerd-shim-") ? answer(played->shim, 7, ret)
		     : strcmp(path, RUNC) == 0        ? answer(played->runc, 8, ret)
						      : -ENOENT;

	return result < 0 ? error_set(err, result, "no look at %s", path) : 0;
}

int __wrap_file_age_of_process(pid_t pid, struct file_age *ret, struct error *err)
{
	return pid == PID_DOCKERD ? answer(played->dockerd, 9, ret) : answer(AGE_BEFORE, 7, ret);
}

int __wrap_proc_cmdline(pid_t pid, struct strv *ret, struct error *err)
{
	strv_split(ret, "containerd-shim-runc-v2 -namespace moby -id", " ");
	strv_add(ret, pid == PID_OLD_SHIM ? OLD : NEW);
	return 0;
}

int __wrap_proc_environment(pid_t pid, struct strv *ret, struct error *err)
{
	strv_add(ret, "PATH=/nowhere:/usr/sbin/");
	return 0;
}

int __wrap_proc_exe(pid_t pid, char **ret, struct stat *st, struct error *err)
{
	*ret = xstrdup(pid == PID_OLD_SHIM && played->exe ? played->exe : SHIM);
	return 0;
}

static const char *text_of(const char *path)
{
	bool old = starts_with(path, "/proc/11/");

	if (ends_with(path, "/runtime"))
		return played->runtime ? played->runtime : RUNC "\n";
	return old && played->bundle ? played->bundle : !old ? played->sample : SAME;
}

int __wrap_proc_read(const char *path, struct buf *ret, struct error *err)
{
	buf_puts(ret, text_of(path));
	return ret->len ? 0 : error_set(err, -EACCES, "no look at %s", path);
}

int __wrap_proc_start_ticks(pid_t pid, uint64_t *ret, struct error *err)
{
	*ret = (uint64_t)pid;
	return 0;
}

int __wrap_proc_start_usec(pid_t pid, uint64_t *ret, struct error *err)
{
	uint64_t now = clock_usec(CLOCK_BOOTTIME);

	*ret = now > AGO ? now - AGO : 0;
	return 0;
}

static const struct scene rows[] = {
	{.outlived = NULL},
	{.exe = SHIM " (deleted)", .shim = AGE_NEW, .outlived = SHIM "' is another program now"},
	{.shim = AGE_NEW, .outlived = SHIM "' is another program now"},
	{.exe = SHIM " (deleted)", .shim = AGE_GONE, .outlived = SHIM "' is not there any more"},
	{.shim = AGE_HIDDEN, .unread = "its shim: no look"},
	{.no_shim = true, .unread = "no shim of it"},
	{.runc = AGE_NEW, .outlived = "'" RUNC "', which started it, was replaced since"},
	{.runc = AGE_TOUCHED, .unread = "its times do not tell"},
	{.runc = AGE_HIDDEN, .unread = "what started it: no look"},
	{.runtime = "/no/runc", .outlived = "'/no/runc', which started it, is not there"},
	{.runtime = "runc", .runc = AGE_NEW, .outlived = "'" RUNC "', which started it"},
	{.runtime = "runc"},
	{.runc = AGE_GONE, .outlived = "'" RUNC "', which started it, is not there"},
	{.runtime = "no-runc", .outlived = "'no-runc', which started it, is not there"},
	/* one that runs no runc */
	{.exe = "/usr/bin/containerd-shim-kata-v2", .runc = AGE_NEW},
	/* profiles */
	{.bundle = "", .unread = "its bundle: no look"},
	{.bundle = "[]", .unread = "its bundle: cannot understand"},
	{.bundle = BUNDLE("", "docker-default"), .outlived = "it has no seccomp filter"},
	{.sample = SAME},
	{.sample = BUNDLE(FIRST, "mine")}, /* what this dockerd gave it gives again */
	{.sample = SAME, .dockerd = AGE_NEW},
	{.sample = BUNDLE(SECOND_FILTER, "docker-default"),
	 .outlived = "another than dockerd gave new"},
	{.dockerd = AGE_NEW, .unread = "what dockerd gives now"},
	{.dockerd = AGE_TOUCHED, .unread = "what dockerd gives now"},
	{.seccomp = "name=seccomp,profile=/etc/x.json", .unread = "what dockerd gives now"},
	{.seccomp = "name=seccomp,profile=/etc/x.json", .sample = SAME},
	{.seccomp = "name=seccomp,profile=unconfined", .dockerd = AGE_NEW},
	{.seccomp = "name=other", .dockerd = AGE_NEW},
	{.security = "seccomp=custom", .dockerd = AGE_NEW},
	{.security = "seccomp=unconfined", .bundle = BUNDLE("", "docker-default")},
	{.security = "seccomp=builtin",
	 .bundle = BUNDLE("", "docker-default"),
	 .outlived = "no seccomp"},
	{.privileged = true, .bundle = BUNDLE("", "unconfined")},
	{.no_dockerd = true, .unread = "when dockerd started"},
	{.bundle = BUNDLE(FIRST, ""), .outlived = "no profile of AppArmor's"},
	{.bundle = BUNDLE(FIRST, "mine"), .outlived = "AppArmor's profile mine"},
	{.bundle = BUNDLE(FIRST, ""), .apparmor = "name=other"},
	{.bundle = BUNDLE(FIRST, "mine"), .security = "apparmor=mine"},
};

static void add_container(struct facts *f, const char *id, const char *name, pid_t pid)
{
	struct container *c = container_list_add(&f->docker.containers);

	c->id = xstrdup(id);
	c->name = xstrdup(name);
	c->running = true;
	c->pid = pid;
	c->started_usec = clock_usec(CLOCK_REALTIME) - AGO;
}

static void add_shim(struct gather *g, pid_t pid)
{
	struct process *p = array_append(&g->processes.items, &g->processes.count, sizeof(*p));

	*p = (struct process){.pid = pid, .name = xstrdup("containerd-shim")};
}

static void set_up(const struct scene *s, struct facts *f, struct gather *g)
{
	struct container *c;

	played = s;
	add_container(f, OLD, "old", PID_OLD);
	c = f->docker.containers.seen;
	c->privileged = s->privileged;
	if (s->security)
		strv_add(&c->security, s->security);
	if (!s->no_shim)
		add_shim(g, PID_OLD_SHIM);
	if (s->sample) {
		add_container(f, NEW, "new", PID_NEW);
		add_shim(g, PID_NEW_SHIM);
	}
	if (!s->no_dockerd)
		facts_add_unit(f, "docker.service")->main_pid = PID_DOCKERD;
	strv_add(&f->docker.security_options,
		 s->seccomp ? s->seccomp : "name=seccomp,profile=builtin");
	strv_add(&f->docker.security_options, s->apparmor ? s->apparmor : "name=apparmor");
}

static bool says(const char *has, const char *want)
{
	return want ? has && strstr(has, want) : !has;
}

static void test_births(void **state)
{
	CLEANUP(root_close) struct root host = {.fd = -1};

	assert_int_equal(root_open(&host, "/", NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &host};
		struct container_reader r = {.g = &g};
		const struct container *c;

		set_up(&rows[i], &f, &g);
		containers_read_birth(&r);
		c = f.docker.containers.seen;
		assert_true(c->birth_read);
		if (c->outlived.count > 1 ||
		    !says(c->outlived.count ? c->outlived.items[0] : NULL, rows[i].outlived) ||
		    !says(c->birth_unread, rows[i].unread))
			fail_msg("row %zu: %s; %s", i,
				 c->outlived.count ? c->outlived.items[0] : "-",
				 c->birth_unread ? c->birth_unread : "-");
		if (rows[i].sample)
			assert_int_equal(c[1].outlived.count, rows[i].runc == AGE_NEW);
		processes_clear(&g.processes);
	}
}

/* One that does not run was not born. */
static void test_stopped(void **state)
{
	CLEANUP(root_close) struct root host = {.fd = -1};
	CLEANUP(facts_clear) struct facts f = {0};
	struct gather g = {.facts = &f, .root = &host};
	struct container_reader r = {.g = &g};

	assert_int_equal(root_open(&host, "/", NULL), 0);
	set_up(&rows[0], &f, &g);
	f.docker.containers.seen[0].running = false;
	containers_read_birth(&r);
	assert_false(f.docker.containers.seen[0].birth_read);
	processes_clear(&g.processes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_births),
		cmocka_unit_test(test_stopped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
