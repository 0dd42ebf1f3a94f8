#include "engine/host/sandbox/sandbox.h"
#include "engine/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/host/sandbox/sandbox-impl.h"

/* linux/mount.h, which does not go together with sys/mount.h of every C library */
#define ATTR_RDONLY 0x00000001
#define ATTR_NOATIME 0x00000010
#define ATTR_ATIME_MASK 0x00000070

/* linux/landlock.h, of which Debian 12 has the first three versions only */
#define LANDLOCK_VERSION 1
#define RIGHT_READ_FILE (UINT64_C(1) << 2)
#define RIGHT_READ_DIR (UINT64_C(1) << 3)

struct attributes {
	uint64_t set, clear, propagation, userns;
};

struct ruleset {
	uint64_t files, net, scoped;
};

static int set_attributes(uint64_t set, uint64_t clear)
{
	struct attributes a = {.set = set, .clear = clear, .propagation = MS_PRIVATE};

	return syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &a, sizeof(a)) < 0 ? -errno
											  : 0;
}

/*
 * Private and read-only in one step, so that not even a failure half-way could reach the mounts
 * of others. Our working directory and root are moved over by the kernel; the mounts are copies,
 * so nobody else's writing stands in the way.
 */
int sandbox_read_only_mounts(void)
{
	int r;

	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	r = set_attributes(ATTR_RDONLY | ATTR_NOATIME, ATTR_ATIME_MASK);
	if (r == -EPERM) /* in a user namespace the times of inherited mounts may be locked */
		r = set_attributes(ATTR_RDONLY, 0);
	return r;
}

static int enter_mounts(unsigned walls UNUSED)
{
	return sandbox_read_only_mounts();
}

/* What each version of the interface knows: a right that it does not know is an error. */
static struct ruleset rights_of(long version)
{
	static const unsigned char file_rights[] = {0, 13, 14, 15, 15, 16};
	static const unsigned char newest = ARRAY_SIZE(file_rights) - 1;
	unsigned count = file_rights[version > newest ? newest : version];

	return (struct ruleset){
		.files = ((UINT64_C(1) << count) - 1) & ~(RIGHT_READ_FILE | RIGHT_READ_DIR),
		.net = version >= 4 ? 3 : 0, /* TCP: bind and connect */
		.scoped = version >= 6 ? 3 : 0, /* abstract sockets and signals of others */
	};
}

/* A version reads as much of the ruleset as it knows, and wants the rest to be zero. */
static int enter_landlock(unsigned walls UNUSED)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
	struct ruleset rights;
	int fd, r;

	if (version < 0)
		return -errno;
	rights = rights_of(version);
	fd = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof(rights), 0);
	if (fd < 0)
		return -errno;
	r = syscall(SYS_landlock_restrict_self, fd, 0) < 0 ? -errno : 0;
	close(fd);
	return r;
}

/* Outermost first: seccomp would stop the others. */
static const struct {
	unsigned wall;
	const char *name;
	int (*enter)(unsigned walls);
} all_walls[] = {
	{SANDBOX_MOUNTS, "mount namespace", enter_mounts},
	{SANDBOX_LANDLOCK, "Landlock", enter_landlock},
	{SANDBOX_CALLS, "seccomp", sandbox_enter_calls},
};

unsigned sandbox_walls(void)
{
	return SANDBOX_CALLS | (geteuid() == 0 ? SANDBOX_MOUNTS : SANDBOX_LANDLOCK);
}

unsigned sandbox_enter(unsigned walls, struct strv *lacks)
{
	unsigned standing = 0;

	/* an ordinary user may only restrict what can gain no rights; for root it is one more bar */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(all_walls); i++) {
		int r;

		if (!(walls & all_walls[i].wall))
			continue;
		r = all_walls[i].enter(walls);
		if (r == 0)
			standing |= all_walls[i].wall;
		else if (lacks)
			strv_addf(lacks, "%s: %s", all_walls[i].name, error_reason(r));
	}
	return standing;
}

char *sandbox_text(unsigned walls)
{
	CLEANUP(strv_clear) struct strv names = {0};

	for (size_t i = 0; i < ARRAY_SIZE(all_walls); i++)
		if (walls & all_walls[i].wall)
			strv_add(&names, all_walls[i].name);
	if (names.count == 0)
		strv_add(&names, "none");
	return strv_join(&names, ", ");
}
