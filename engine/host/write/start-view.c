#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/base/path.h"
#include "engine/host/read/root.h"
#include "engine/host/write/start-trial-impl.h"

/* The view in which dockerd is started: what of the host it sees, and that it reaches nothing of it. */

#define NAMESPACES (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWCGROUP)
#define DEVICES TRIAL_SCRATCH "/dev"

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Directories that are to be empty and are not there: an overlay makes it possible to make them. */
static void missing(const struct start_trial *t, struct strv *ret)
{
	for (size_t i = 0; i < t->empty.count; i++)
		if (!is_directory(t->empty.items[i]))
			strv_add(ret, t->empty.items[i]);
}

static int make_empty(const char *directory)
{
	int r = trial_make_above(directory);

	if (r < 0)
		return r;
	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return -errno;
	return trial_tmpfs(directory, "mode=0755");
}

/* The devices that programs need, by the host's own nodes; none of disks, of memory or of the mapper's. */
static int make_devices(void)
{
	static const char *const names[] = {"null", "zero", "full", "random", "urandom", "tty"};

	if (mkdir(DEVICES, 0755) < 0 || trial_tmpfs(DEVICES, "mode=0755") < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(freep) char *from = xasprintf("/dev/%s", names[i]);
		CLEANUP(freep) char *to = xasprintf(DEVICES "/%s", names[i]);
		CLEANUP(close_fd) int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		if (fd < 0)
			return -errno;
		if (mount(from, to, NULL, MS_BIND, NULL) < 0 && errno != ENOENT)
			return -errno;
	}
	if (mkdir(DEVICES "/shm", 0700) < 0 || chmod(DEVICES "/shm", 01777) < 0)
		return -errno;
	return mount(DEVICES, "/dev", NULL, MS_MOVE, NULL) < 0 ? -errno : 0;
}

int start_view_make(const struct start_trial *t)
{
	CLEANUP(strv_clear) struct strv lacking = {0};
	int step;

	missing(t, &lacking);
	step = trial_make_view(NAMESPACES, t->files, t->nfiles, &lacking);
	if (step)
		return step;
	for (size_t i = 0; i < t->empty.count; i++)
		if (make_empty(t->empty.items[i]) < 0)
			return TRIAL_EMPTY;
	/* dockerd takes it for a sign that systemd runs the control groups */
	if (is_directory("/run") && trial_make_above("/run/systemd/system/.") < 0)
		return TRIAL_EMPTY;
	return make_devices() < 0 ? TRIAL_DEVICES : 0;
}

/* Its own processes; of the kernel's settings it can set those of its own network, and no others. */
static int make_proc(void)
{
	static const char *const own[] = {"/proc/sys", "/proc/sys/net"};
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (mount("proc", "/proc", "proc", flags, NULL) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (mount(own[i], own[i], NULL, MS_BIND, NULL) < 0 ||
		    mount(NULL, own[i], NULL,
			  MS_REMOUNT | MS_BIND | flags | (i == 0 ? MS_RDONLY : 0), NULL) < 0)
			return -errno;
	return mount("/proc/sysrq-trigger", "/proc/sysrq-trigger", NULL, MS_BIND, NULL) < 0 ||
			       mount(NULL, "/proc/sysrq-trigger", NULL,
				     MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL) < 0
		       ? (errno == ENOENT ? 0 : -errno)
		       : 0;
}

static void set(const char *path)
{
	CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		fd_write_all(fd, "1", 1);
}

/* Loopback is up, any address can be listened on as if an interface had it, and bridges stand. */
static int make_network(const struct strv *bridges)
{
	CLEANUP(close_fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &loopback) < 0)
		return -errno;
	set("/proc/sys/net/ipv4/ip_nonlocal_bind");
	set("/proc/sys/net/ipv6/ip_nonlocal_bind");
	for (size_t i = 0; i < bridges->count; i++)
		if (ioctl(fd, SIOCBRADDBR, bridges->items[i]) < 0 && errno != EEXIST)
			return -errno;
	return 0;
}

/* What no namespace keeps apart. They go at the next exec, and no program gets them back. */
static int drop_rights(void)
{
	static const int rights[] = {CAP_SYS_MODULE,     CAP_SYS_BOOT,   CAP_SYS_TIME,
				     CAP_SYS_RAWIO,      CAP_SYSLOG,     CAP_AUDIT_CONTROL,
				     CAP_AUDIT_WRITE,    CAP_MAC_ADMIN,  CAP_MAC_OVERRIDE,
				     CAP_WAKE_ALARM,     CAP_SYS_PTRACE, CAP_BLOCK_SUSPEND,
				     CAP_LINUX_IMMUTABLE};

	for (size_t i = 0; i < ARRAY_SIZE(rights); i++)
		if (prctl(PR_CAPBSET_DROP, rights[i], 0, 0, 0) < 0)
			return -errno;
	return 0;
}

int start_view_finish(const struct start_trial *t)
{
	if (make_proc() < 0)
		return TRIAL_PROC;
	if (make_network(&t->bridges) < 0)
		return TRIAL_NETWORK;
	return drop_rights() < 0 ? TRIAL_RIGHTS : 0;
}
