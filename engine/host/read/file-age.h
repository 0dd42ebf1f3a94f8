#pragma once

/*
 * Since when a file is the one that it is: by its number, and by its times. Host, read side.
 */

#include <stdint.h>
#include <sys/types.h>

#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/host/read/root.h"

struct file_age {
	dev_t dev;
	ino_t ino;
	uint64_t born_usec; /* 0: the file system does not tell */
	uint64_t written_usec, changed_usec; /* its content, anything of it */
};

/* -ENOENT where nothing is there. */
int file_age(const struct root *r, const char *path, struct file_age *ret, struct error *err);

/* Of the program that a process runs, also where its name is gone. */
int file_age_of_process(pid_t pid, struct file_age *ret, struct error *err);

/*
 * Whether another file is there than at a moment, or another content. A package's files keep the time of
 * their making and come as new files; what is written in place gets a new time. Where nothing but the
 * time of any change is younger it may have been either, or only its mode.
 */
enum clock_order file_age_since(const struct file_age *age, const struct moment *then);
