/*
 * The program with a module that writes while it should only look: HARDEN_PLANT, read before
 * main() forgets the environment, is "KIND PATH PLACE", where PLACE is "diff" (what a plan is made
 * of), "check" (what reads a baseline) or "facts". What became of it is told on stderr. It takes
 * the place of modules/registry.c.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/plan/facts-gather.h"
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

/* The linker puts it in front of the real one. */
int __real_facts_gather(struct facts *ret, const struct root *root, const char *witness_file,
			unsigned parts, struct error *err);
int __wrap_facts_gather(struct facts *ret, const struct root *root, const char *witness_file,
			unsigned parts, struct error *err);

int __wrap_facts_gather(struct facts *ret, const struct root *root, const char *witness_file,
			unsigned parts, struct error *err)
{
	spring("facts");
	return __real_facts_gather(ret, root, witness_file, parts, err);
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
