#pragma once

/* Who has a socket, by its inode: found out where somebody asks, and kept while gathering. */

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/strv.h"

/* The sockets that a process has open. */
struct holder {
	pid_t pid;
	struct strv inodes;
};

struct holders {
	struct holder *items;
	size_t count;
	bool read; /* all were looked at: that is done where somebody asks */
};

/* Who listens on a socket file: that is looked for once. */
struct socket_file {
	pid_t by; /* who finds it there */
	char *path;
	struct strv inodes;
};

struct socket_files {
	struct socket_file *items;
	size_t count;
};
