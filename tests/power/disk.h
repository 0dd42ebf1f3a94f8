#pragma once

/* Block devices over files (loop devices), and the file systems that the proof is made on. */

#include <stdbool.h>
#include <stddef.h>

struct filesystem {
	const char *name; /* as it is called in reports */
	const char *type, *options; /* of mount() */
	const char *make; /* command line; %s is the image */
	size_t megabytes;
};

extern const struct filesystem filesystems[];
extern const size_t filesystem_count;

struct device {
	int fd;
	char *path;
};

#define DEVICE_INIT                                                                                \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* 0 or negative errno. The device is gone when it is closed and not mounted. */
int device_attach(const char *image, struct device *ret);

/* Drops what the kernel keeps of the device's content: the file below changed. */
void device_forget(const struct device *d);
void device_detach(struct device *d);

/* A file of the file system's size with an empty one in it. */
int filesystem_make(const struct filesystem *fs, const char *image);
int filesystem_mount(const struct filesystem *fs, const struct device *d, const char *directory);

/* Lets the kernel forget the btrfs devices that it saw and that are not mounted. */
void filesystem_forget_devices(void);
