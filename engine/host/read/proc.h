#pragma once

/*
 * Processes through /proc. A process that has ended meanwhile is -ENOENT or -ESRCH. Host,
 * read side.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/strv.h"

/* Appends a file below /proc, which has no size to go by. */
int proc_read(const char *path, struct buf *ret, struct error *err);

/* The same of one whose length others decide; -EFBIG above `most` bytes. */
int proc_read_within(const char *path, size_t most, struct buf *ret, struct error *err);

int proc_cmdline(pid_t pid, struct strv *ret, struct error *err);

/* proc-each.c: every process with its arguments; one that ends meanwhile is passed over. */
int proc_each(void (*found)(void *data, pid_t pid, const struct strv *args), void *data,
	      struct error *err);

/*
 * Each descriptor of a process ("7"), and where it leads, as the kernel has it; one that is closed
 * meanwhile is passed over.
 */
int proc_each_descriptor(pid_t pid, void (*found)(void *data, const char *fd, const char *target),
			 void *data, struct error *err);

/* What stands behind a flag among the arguments; NULL: nothing does. */
const char *proc_argument(const struct strv *args, const char *flag);

/* The variables that it was started with, as "NAME=value". */
int proc_environment(pid_t pid, struct strv *ret, struct error *err);

/* Where a link below /proc leads to, as it is written there; the caller frees it. */
int proc_link(const char *path, char **ret, struct error *err);

/* What a descriptor ("7") of a process leads to: its path as the kernel has it (the caller frees it), and the file itself. */
int proc_descriptor(pid_t pid, const char *fd, char **ret_path, struct stat *ret,
		    struct error *err);

/* The program a process runs: its path (the caller frees it), and the file itself (may be NULL). */
int proc_exe(pid_t pid, char **ret, struct stat *ret_st, struct error *err);

/* Whether it runs the same program as this process. */
bool proc_runs_this_program(pid_t pid);

/* When it started, in ticks since boot: together with its number this names a process for good. */
int proc_start_ticks(pid_t pid, uint64_t *ret, struct error *err);

/* The same in microseconds of CLOCK_BOOTTIME. */
int proc_start_usec(pid_t pid, uint64_t *ret, struct error *err);

/* The text behind "Name:" in the bytes of a status file, without white space around; the caller frees it, NULL: none. */
char *proc_status_field(const struct buf *status, const char *name);

/* By the bytes of its status file: what runs in a container has a number of its own there. */
bool proc_is_in_container(const struct buf *status);

/*
 * By the bytes of its cgroup file, one of whose names is a container's id ("docker-ID.scope", "/docker/ID"): what
 * has the host's process numbers (--pid host) is not told apart by the function above.
 */
bool proc_has_container_group(const struct buf *groups);

/* The unit of systemd's that it belongs to, the last in the path of its group ("docker.service"); the caller frees it, NULL: none. */
char *proc_unit(pid_t pid);

/*
 * What is behind an absolute path as the process sees it: by its own root and mounts, links at the end
 * followed. -ENOENT: nothing is, or it has ended.
 */
int proc_stat_inside(pid_t pid, const char *path, struct stat *ret, struct error *err);

/* Where it stands; the caller frees it. */
int proc_directory(pid_t pid, char **ret, struct error *err);

/* What a program's file gives to whom it is run by, without no-new-privileges. */
struct file_rights {
	bool setuid;
	uint64_t caps; /* bit by bit, of its security.capability */
};

/* Nothing of what is missing or is not a program; negative where it cannot be looked at. A link at the end counts where it is followed. */
int proc_file_rights(const char *path, bool follow, struct file_rights *ret, struct error *err);
