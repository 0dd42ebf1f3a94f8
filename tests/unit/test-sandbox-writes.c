/*
 * Writes of every kind, planted in a process that has set up its sandbox: each is to be stopped,
 * by seccomp alone and by all walls together, and those that go to a file also by the mounts
 * alone (root) or by Landlock alone (an ordinary user). The control arm does the same without,
 * where each must succeed.
 */

#include "tests/test.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/sandbox/sandbox.h"
#include "tests/unit/sandbox-child.h"

/* The process that waits for the one with the plants: what it looks at through /proc is outside. */
static pid_t outside;

/* The same file by way of the mounts of another process. */
static char *by_magic_link(const char *name)
{
	return xasprintf("/proc/%d/root%s/%s", (int)outside, directory, name);
}

/* The plants: 0, or negative errno. Each finds "file" and "dir/" in the directory. */
#define PLANT(name, call)                                                                          \
	static int plant_##name(void)                                                              \
	{                                                                                          \
		CLEANUP(freep) char *file = in_directory("file"), *dir = in_directory("dir");      \
		CLEANUP(freep) char *fresh = in_directory("new");                                  \
                                                                                                   \
		(void)file, (void)dir, (void)fresh;                                                \
		return (int)(call) < 0 ? -errno : 0;                                               \
	}

static long open2(const char *path, uint64_t flags)
{
	struct open_how how = {.flags = flags, .mode = flags & O_CREAT ? 0600 : 0};

	return syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

static long set_flags(const char *file)
{
	int fd = open(file, O_RDONLY), flags = 0;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return -1;
	flags ^= FS_NODUMP_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

/* Gone again with what it was: the directory of the tests is to be taken away. */
static long mount_on(const char *dir)
{
	if (mount("none", dir, "tmpfs", 0, NULL) < 0)
		return -1;
	return umount2(dir, MNT_DETACH);
}

/* The value that is there already: the control arm must not change the machine. */
static long write_sysctl(const char *path)
{
	char value[64];
	int fd = open(path, O_RDONLY), out;
	ssize_t n = read(fd, value, sizeof(value));

	if (n <= 0)
		return -1;
	out = open(path, O_WRONLY);
	return out < 0 ? -1 : write(out, value, (size_t)n);
}

static long bind_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&address, sizeof(address));
}

static long change_mode(const char *file)
{
	int fd = open(file, O_RDONLY);

	return fd < 0 ? -1 : fchmod(fd, 0640);
}

static long change_owner(const char *file)
{
	int fd = open(file, O_RDONLY);

	return fd < 0 ? -1 : fchown(fd, geteuid(), getegid());
}

static long start_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static long start_thread_of_kernel(void)
{
	struct io_uring_params params = {0};

	return syscall(SYS_io_uring_setup, 1, &params);
}

static long load_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* Where it succeeds it does not come back: `true` ends with 0. */
static long run_program(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static long magic(const char *name, uint64_t flags, bool new_call)
{
	CLEANUP(freep) char *path = by_magic_link(name);

	return new_call ? open2(path, flags) : open(path, (int)flags, 0600);
}

static long magic_bind(const char *name)
{
	CLEANUP(freep) char *path = by_magic_link(name);

	return bind_socket(path);
}

PLANT(create, open(fresh, O_WRONLY | O_CREAT, 0600))
PLANT(create_for_reading, open(fresh, O_RDONLY | O_CREAT, 0600))
PLANT(nameless, open(directory, O_TMPFILE | O_RDWR, 0600))
PLANT(open_write, open(file, O_WRONLY))
PLANT(open_truncate, open(file, O_RDONLY | O_TRUNC))
PLANT(openat2, open2(fresh, O_WRONLY | O_CREAT))
PLANT(creat, creat(fresh, 0600))
PLANT(mkdir, mkdir(fresh, 0700))
PLANT(rmdir, rmdir(dir))
PLANT(unlink, unlink(file))
PLANT(rename, rename(file, fresh))
PLANT(exchange, renameat2(AT_FDCWD, file, AT_FDCWD, dir, RENAME_EXCHANGE))
PLANT(chmod, chmod(file, 0640))
PLANT(fchmod, change_mode(file))
PLANT(chown, chown(file, geteuid(), getegid()))
PLANT(fchown, change_owner(file))
PLANT(setxattr, setxattr(file, "user.test", "x", 1, 0))
PLANT(removexattr, removexattr(file, "user.there"))
PLANT(utimensat, utimensat(AT_FDCWD, file, NULL, 0))
PLANT(chattr, set_flags(file))
PLANT(truncate, truncate(file, 0))
PLANT(link, link(file, fresh))
PLANT(symlink, symlink("file", fresh))
PLANT(fifo, mkfifo(fresh, 0600))
PLANT(mknod, mknod(fresh, S_IFCHR | 0600, 0x103))
PLANT(bind, bind_socket(fresh))
PLANT(sysctl, write_sysctl("/proc/sys/vm/swappiness"))
PLANT(magic_create, magic("new", O_WRONLY | O_CREAT, false))
PLANT(magic_openat2, magic("new", O_WRONLY | O_CREAT, true))
PLANT(magic_bind, magic_bind("new"))
PLANT(io_uring, start_thread_of_kernel())
PLANT(mount, mount_on(dir))
PLANT(unshare, unshare(CLONE_NEWNS))
PLANT(chroot, chroot(directory))
PLANT(ptrace, ptrace(PTRACE_TRACEME, 0, NULL, NULL))
PLANT(kill, kill(outside, 0))
PLANT(fork, start_child())
PLANT(execve, run_program())
PLANT(bpf, load_map())
PLANT(memfd, memfd_create("x", 0))
PLANT(internet, socket(AF_INET, SOCK_STREAM, 0))
PLANT(route, socket(AF_NETLINK, SOCK_RAW, 0))
PLANT(hostname, sethostname("x", 1))
PLANT(setuid, setuid(geteuid()))

enum {
	ROOT = 1, /* its control arm needs root */
	FILES = 2, /* goes through a mount: read-only ones stop it */
	RIGHTS = 4, /* Landlock has a right for it */
	NO_CONTROL = 8, /* cannot be done here without harm, or not on every kernel */
	PROBE = 16, /* libraries try it, and can do without: it fails, and voids nothing */
};

static const struct plant {
	const char *name;
	int (*run)(void);
	unsigned flags;
} plants[] = {
	{"create", plant_create, FILES | RIGHTS},
	{"create for reading", plant_create_for_reading, FILES | RIGHTS},
	{"nameless file", plant_nameless, FILES | RIGHTS},
	{"open for writing", plant_open_write, FILES | RIGHTS},
	{"open with O_TRUNC", plant_open_truncate, FILES},
	{"openat2", plant_openat2, FILES | RIGHTS | PROBE},
	{"creat", plant_creat, FILES | RIGHTS},
	{"mkdir", plant_mkdir, FILES | RIGHTS},
	{"rmdir", plant_rmdir, FILES | RIGHTS},
	{"unlink", plant_unlink, FILES | RIGHTS},
	{"rename", plant_rename, FILES | RIGHTS},
	{"renameat2", plant_exchange, FILES | RIGHTS},
	{"chmod", plant_chmod, FILES},
	{"fchmod", plant_fchmod, FILES},
	{"chown", plant_chown, FILES},
	{"fchown", plant_fchown, FILES},
	{"setxattr", plant_setxattr, FILES | NO_CONTROL},
	{"removexattr", plant_removexattr, FILES | NO_CONTROL},
	{"utimensat", plant_utimensat, FILES},
	{"chattr", plant_chattr, FILES | NO_CONTROL},
	{"truncate", plant_truncate, FILES},
	{"link", plant_link, FILES | RIGHTS},
	{"symlink", plant_symlink, FILES | RIGHTS},
	{"mkfifo", plant_fifo, FILES | RIGHTS},
	{"mknod", plant_mknod, FILES | RIGHTS | ROOT},
	{"bind", plant_bind, FILES | RIGHTS},
	{"sysctl", plant_sysctl, FILES | RIGHTS | ROOT},
	{"create by /proc/PID/root", plant_magic_create, RIGHTS},
	{"openat2 by /proc/PID/root", plant_magic_openat2, RIGHTS | PROBE},
	{"bind by /proc/PID/root", plant_magic_bind, RIGHTS},
	{"io_uring_setup", plant_io_uring, NO_CONTROL},
	{"mount", plant_mount, RIGHTS | ROOT},
	{"unshare", plant_unshare, ROOT},
	{"chroot", plant_chroot, ROOT},
	{"ptrace", plant_ptrace, 0},
	{"kill", plant_kill, 0},
	{"fork", plant_fork, 0},
	{"execve", plant_execve, RIGHTS},
	{"bpf", plant_bpf, ROOT | NO_CONTROL},
	{"memfd_create", plant_memfd, PROBE},
	{"internet socket", plant_internet, PROBE},
	{"netlink socket", plant_route, PROBE},
	{"sethostname", plant_hostname, NO_CONTROL},
	{"setuid", plant_setuid, 0},
};

static const struct plant *current;

#define TOLD 128 /* beside the errno: the sandbox calls it a breach */

static int run_and_tell(void)
{
	CLEANUP(freep) char *stopped = NULL;
	int r = current->run();

	stopped = sandbox_stopped();
	return stopped ? TOLD - r : -r;
}

/* Does the plant behind these walls: its errno, 0 where it succeeded, and TOLD. */
static int attempt(const struct plant *p, unsigned walls)
{
	make_files();
	outside = getpid();
	current = p;
	return in_child(run_and_tell, walls, walls);
}

static bool is_refusal(int code)
{
	return code == EPERM || code == EROFS || code == EACCES || code == ENOSYS ||
	       code == EAFNOSUPPORT;
}

/* Each plant of these flags, behind these walls; returns how many there were. */
static size_t all_stopped(unsigned walls, unsigned flags)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(plants); i++) {
		int code;

		if (flags && !(plants[i].flags & flags))
			continue;
		code = attempt(&plants[i], walls);
		if (!is_refusal(code & ~TOLD))
			fail_msg("'%s' was not stopped: %d", plants[i].name, code);
		if (walls & SANDBOX_CALLS && !(code & TOLD) != !!(plants[i].flags & PROBE))
			fail_msg("'%s' is %s a breach", plants[i].name,
				 code & TOLD ? "told as" : "not told as");
		count++;
	}
	return count;
}

static void test_without_a_sandbox_each_succeeds(void **state)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(plants); i++) {
		int code;

		if (plants[i].flags & NO_CONTROL || (plants[i].flags & ROOT && geteuid() != 0))
			continue;
		code = attempt(&plants[i], 0);
		if (code == EPERM && plants[i].flags & ROOT)
			continue; /* root of a container */
		if (code != 0)
			fail_msg("'%s' failed without a sandbox: %s", plants[i].name,
				 strerror(code));
		count++;
	}
	assert_true(count > 25);
}

static void test_seccomp_alone(void **state)
{
	if (!available(SANDBOX_CALLS))
		SKIP_BECAUSE("there is no seccomp here, or this build is sanitized");
	assert_int_equal(all_stopped(SANDBOX_CALLS, 0), ARRAY_SIZE(plants));
}

static void test_mounts_alone(void **state)
{
	if (geteuid() != 0 || !available(SANDBOX_MOUNTS))
		SKIP_BECAUSE("no mount namespace of one's own here");
	assert_true(all_stopped(SANDBOX_MOUNTS, FILES) > 20);
}

static void test_landlock_alone(void **state)
{
	if (!available(SANDBOX_LANDLOCK))
		SKIP_BECAUSE("this kernel has no Landlock");
	assert_true(all_stopped(SANDBOX_LANDLOCK, RIGHTS) > 15);
}

static void test_all_walls(void **state)
{
	unsigned walls = sandbox_walls();

	if (available(walls) != walls)
		SKIP_BECAUSE("not all walls can be had here");
	assert_int_equal(all_stopped(walls, 0), ARRAY_SIZE(plants));
}

/* Through the mounts of another process they are writable: why openat2() is not in the list. */
static void test_mounts_end_at_other_processes(void **state)
{
	const struct plant p = {"", plant_magic_openat2, 0};

	if (geteuid() != 0 || !available(SANDBOX_MOUNTS))
		SKIP_BECAUSE("no mount namespace of one's own here");
	assert_int_equal(attempt(&p, SANDBOX_MOUNTS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(test_without_a_sandbox_each_succeeds),
		SANDBOX_TEST(test_seccomp_alone),
		SANDBOX_TEST(test_mounts_alone),
		SANDBOX_TEST(test_landlock_alone),
		SANDBOX_TEST(test_all_walls),
		SANDBOX_TEST(test_mounts_end_at_other_processes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
