/*
 * The program with a module that writes while it should only look: HARDEN_PLANT, read before
 * main() forgets the environment, is "KIND PATH PLACE", where PLACE is "diff" (what a plan is made
 * of), "check" (what reads a baseline) or "facts". What became of it is told on stderr. It takes
 * the place of modules/registry.c.
 *
 * "daemon ICC PLACE" plants nothing: to the facts a dockerd runs, with live-restore and this icc in
 * force; where PLACE is "brings", its restart would bring what others changed, too. "later": it does
 * from the second look on. "comes": without live-restore, and a container is there by then. "watched":
 * systemd starts something when its file changes. "boot": it is
 * installed, too. "wrapper": nobody can tell how it is started.
 *
 * "deny I ERRNO" plants nothing: the I-th of the calls that looking makes fails with this number
 * from then on, as on a kernel that lacks it. What is denied is told on stderr; behind the last the
 * program ends with 99.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/confine.h"
#include "engine/base/alloc.h"
#include "engine/base/macros.h"
#include "engine/facts/gather.h"
#include "engine/host/sandbox/sandbox-rules.h"
#include "modules/registry.h"

static char kind[32], path[4096], place[16];
static struct module planted;

const struct module *const modules_all[] = {
	&planted,       &module_docker_daemon, &module_audit_rules, &module_systemd_dropin,
	&module_sysctl, &module_config,        &module_group,       NULL,
};

static long write_back(const char *file)
{
	char value[64];
	int fd = open(file, O_RDONLY), out;
	ssize_t n = read(fd, value, sizeof(value));

	out = open(file, O_WRONLY);
	return out < 0 || n <= 0 ? -1 : write(out, value, (size_t)n);
}

static long create_by_struct(void)
{
	struct open_how how = {.flags = O_WRONLY | O_CREAT, .mode = 0600};

	return syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

static long set_up_ring(void)
{
	struct io_uring_params params = {0};

	return syscall(SYS_io_uring_setup, 1, &params);
}

static long spawn(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

/* The I-th call that the sandbox lets through; -1 behind the last. */
static int harmless_call(size_t i)
{
	if (i < sandbox_nharmless)
		return sandbox_harmless[i];
	i -= sandbox_nharmless;
	for (size_t k = 0; k < sandbox_nrules; k++) {
		bool first = k == 0 || sandbox_rules[k - 1].call != sandbox_rules[k].call;

		if (sandbox_rules[k].answer == SECCOMP_RET_ALLOW && first && i-- == 0)
			return sandbox_rules[k].call;
	}
	return -1;
}

/*
 * Calls that no kernel refuses, and whose callers have no way to bear it: a process cannot end
 * without exit(), brk() answers by an address, and the C library aborts by itself without futex().
 */
static bool cannot_fail(int call)
{
	static const int calls[] = {SYS_exit,   SYS_exit_group, SYS_rt_sigreturn,
				    SYS_brk,    SYS_getuid,     SYS_geteuid,
				    SYS_getgid, SYS_getegid,    SYS_futex};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (call == calls[i])
			return true;
	return false;
}

/* A filter of its own in front of the sandbox's: of two answers the stronger one counts. */
static void deny(int call, int with)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)with),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = ARRAY_SIZE(code), .filter = code};

	fprintf(stderr, "denied: %d\n", call);
	if (cannot_fail(call))
		return;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		abort();
}

void __real_confine(void);
void __wrap_confine(void);

void __wrap_confine(void)
{
	if (strcmp(kind, "deny") == 0) {
		int call = harmless_call((size_t)atoi(path));

		if (call < 0)
			_exit(99);
		deny(call, atoi(place));
	}
	__real_confine();
}

static long plant(void)
{
	if (strcmp(kind, "create") == 0)
		return open(path, O_WRONLY | O_CREAT, 0600);
	if (strcmp(kind, "openat2") == 0)
		return create_by_struct();
	if (strcmp(kind, "chmod") == 0)
		return chmod(path, 0600);
	if (strcmp(kind, "chown") == 0)
		return chown(path, geteuid() == 0 ? 1 : geteuid(), getegid());
	if (strcmp(kind, "setxattr") == 0)
		return setxattr(path, geteuid() == 0 ? "trusted.planted" : "user.planted", "x", 1,
				0);
	if (strcmp(kind, "sysctl") == 0)
		return write_back("/proc/sys/vm/swappiness");
	if (strcmp(kind, "io_uring") == 0)
		return set_up_ring();
	if (strcmp(kind, "fork") == 0)
		return spawn();
	abort();
}

static void spring(const char *where)
{
	static bool done;

	if (!done && strcmp(place, where) == 0)
		fprintf(stderr, "plant %s: %s\n", kind, plant() < 0 ? strerror(errno) : "done");
	done = done || strcmp(place, where) == 0;
}

static int diff(const void *desired, const struct view *now, struct delta *ret, struct error *err)
{
	spring("diff");
	return module_file.diff(desired, now, ret, err);
}

static int check(const void *desired, struct error *err)
{
	spring("check");
	return module_file.check ? module_file.check(desired, err) : 0;
}

/* One that live-restore keeps. */
static void pretend_container(struct docker_facts *d)
{
	struct container *c = container_list_add(&d->containers);

	c->name = xstrdup("web");
	c->running = true;
	containers_known(&d->containers);
}

/* Without live-restore: nothing runs, until somebody starts something. */
static void pretend_newcomer(struct docker_facts *d, bool is_there)
{
	settings_put(&d->now, "live-restore", "false", SOURCE_API, NULL);
	if (is_there) {
		struct container *c = container_list_add(&d->containers);

		c->name = xstrdup("newcomer");
		c->running = true;
	}
	containers_known(&d->containers);
}

static void pretend_daemon(struct facts *f)
{
	static int looks;
	struct docker_facts *d = &f->docker;

	looks++;
	f->offline = false;
	d->running = true;
	str_replace(&d->not_measured, NULL);
	str_replace(&d->version, "26.1.5");
	if (strcmp(place, "boot") == 0)
		d->install = DOCKER_OTHER;
	str_replace(&d->bridge_icc, path);
	settings_put(&d->now, "icc", path, SOURCE_API, NULL);
	settings_put(&d->now, "live-restore", "true", SOURCE_API, NULL);
	settings_put(&d->next, "live-restore", "true", SOURCE_FLAG, NULL);
	if (strcmp(place, "comes") == 0)
		pretend_newcomer(d, looks > 1);
	else
		pretend_container(d);
	if (strcmp(place, "brings") == 0 || (strcmp(place, "later") == 0 && looks > 1))
		strv_add(&d->restart_brings, "it would put in force what others changed");
	if (strcmp(place, "watched") == 0) {
		struct watched_path *w = facts_add_watched(f);

		w->path = xstrdup("/etc/docker/daemon.json");
		w->brings = xstrdup("systemd starts dr.service when it changes (dr.path)");
	}
	if (strcmp(place, "wrapper") == 0)
		str_replace(&d->start_unknown, "docker.service starts '/bin/sh'");
}

/* The linker puts it in front of the real one. */
int __real_facts_gather(struct facts *ret, const struct root *root, const char *witness_file,
			unsigned parts, struct error *err);
int __wrap_facts_gather(struct facts *ret, const struct root *root, const char *witness_file,
			unsigned parts, struct error *err);

int __wrap_facts_gather(struct facts *ret, const struct root *root, const char *witness_file,
			unsigned parts, struct error *err)
{
	int r;

	if (strcmp(kind, "daemon") != 0)
		spring("facts");
	r = __real_facts_gather(ret, root, witness_file, parts, err);
	if (r >= 0 && strcmp(kind, "daemon") == 0)
		pretend_daemon(ret);
	return r;
}

__attribute__((constructor)) static void read_order(void)
{
	const char *order = getenv("HARDEN_PLANT");

	planted = module_file;
	planted.diff = diff;
	planted.check = check;
	if (order && sscanf(order, "%31s %4095s %15s", kind, path, place) != 3)
		abort();
}
