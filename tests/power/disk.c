#include "tests/power/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root.h"

#define LOOP_MAJOR 7
#define BTRFS_FORGET _IOW(0x94, 5, char[4096])

/*
 * Small, so that a state is written and mounted in milliseconds. (mkfs.xfs makes a file system
 * of less than 300 MB only where its own test suite seems to call.)
 */
const struct filesystem filesystems[] = {
	{"ext4", "ext4", "",
	 "mkfs.ext4 -q -F -b 4096 -J size=4 -E lazy_itable_init=0,lazy_journal_init=0,nodiscard %s",
	 24},
	{"ext4-writeback", "ext4", "noauto_da_alloc,data=writeback",
	 "mkfs.ext4 -q -F -b 4096 -J size=4 -E lazy_itable_init=0,lazy_journal_init=0,nodiscard %s",
	 24},
	{"xfs", "xfs", "nouuid",
	 "TEST_DIR=/x TEST_DEV=/x QA_CHECK_FS=1 mkfs.xfs -q -f -K -l size=8m %s", 64},
	{"btrfs", "btrfs", "nodiscard", "mkfs.btrfs -q -f -K %s", 128},
};
const size_t filesystem_count = ARRAY_SIZE(filesystems);

static int open_loop(long number, char **ret_path)
{
	char *path = xasprintf("/dev/loop%ld", number);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT &&
	    mknod(path, S_IFBLK | 0600, makedev(LOOP_MAJOR, (unsigned)number)) == 0)
		fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		int r = -errno;

		free(path);
		return r;
	}
	*ret_path = path;
	return fd;
}

static int try_attach(int control, int image, struct device *ret)
{
	struct loop_config config = {
		.fd = (unsigned)image,
		.block_size = 512,
		.info = {.lo_flags = LO_FLAGS_AUTOCLEAR},
	};
	long number = ioctl(control, LOOP_CTL_GET_FREE);
	struct device d = DEVICE_INIT;
	int r;

	if (number < 0)
		return -errno;
	d.fd = open_loop(number, &d.path);
	if (d.fd < 0)
		return d.fd;
	if (ioctl(d.fd, LOOP_CONFIGURE, &config) < 0) {
		r = -errno;
		device_detach(&d);
		return r;
	}
	*ret = d;
	return 0;
}

int device_attach(const char *image, struct device *ret)
{
	CLEANUP(close_fd) int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	CLEANUP(close_fd) int fd = open(image, O_RDWR | O_CLOEXEC);
	int r = -EBUSY;

	if (control < 0 || fd < 0)
		return -errno;
	for (int i = 0; i < 100 && r == -EBUSY; i++) { /* others take devices too */
		r = try_attach(control, fd, ret);
		if (r == -EBUSY)
			usleep(2000);
	}
	return r;
}

void device_forget(const struct device *d)
{
	ioctl(d->fd, BLKFLSBUF, 0);
}

void device_detach(struct device *d)
{
	close_fd(&d->fd);
	free(d->path);
	*d = (struct device)DEVICE_INIT;
}

static int make_image(const char *image, size_t bytes)
{
	CLEANUP(close_fd) int fd = open(image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd < 0 || ftruncate(fd, (off_t)bytes) < 0 ? -errno : 0;
}

int filesystem_make(const struct filesystem *fs, const char *image)
{
	CLEANUP(freep) char *command = NULL;
	const char *hole = strstr(fs->make, "%s");
	int r = make_image(image, fs->megabytes << 20);

	if (r < 0)
		return r;
	command = xasprintf("%.*s'%s' >/dev/null", (int)(hole - fs->make), fs->make, image);
	return system(command) == 0 ? 0 : -EIO; /* NOLINT: no input of others */
}

int filesystem_mount(const struct filesystem *fs, const struct device *d, const char *directory)
{
	return mount(d->path, directory, fs->type, 0, fs->options) < 0 ? -errno : 0;
}

void filesystem_forget_devices(void)
{
	CLEANUP(close_fd) int fd = open("/dev/btrfs-control", O_RDWR | O_CLOEXEC);
	char all[4096] = {0};

	if (fd >= 0)
		ioctl(fd, BTRFS_FORGET, all);
}
