#pragma once

/*
 * The parts of gathering what is known of containers. containers.c asks the Engine API and
 * then calls the others, each of which reads from /proc what it is named for. Only
 * facts-container*.c include this.
 */

#include "engine/base/map.h"
#include "engine/facts/parts.h"
#include "engine/format/mount-table.h"

enum host_place_kind {
	PLACE_SENSITIVE, /* a directory that no container should have */
	PLACE_SOCKET, /* of a container engine */
	PLACE_LOG, /* of the host */
};

/* A path of the host that matters when a container has it. */
struct host_place {
	enum host_place_kind kind;
	char *path; /* canonical */
	struct mount_spot *spots; /* its own, and that of each directory above it */
	size_t nspots;
	dev_t dev; /* of a socket that is there */
	ino_t ino;
};

enum { NS_NETWORK, NS_PID, NS_IPC, NS_UTS, NS_USER, NS_CGROUP, NS_COUNT };

/* What is read once, for all containers. */
struct container_reader {
	struct gather *g;
	struct map volumes; /* name -> directory of the host that it stands for */
	struct mount_table host; /* as PID 1 sees it */
	struct host_place *places;
	size_t nplaces;
	struct mount_spot volumes_spot; /* where the engine keeps its volumes */
	char *host_ns[NS_COUNT]; /* "net:[4026531840]"; NULL: not known */
	int64_t memory_total;
	struct map limits; /* file of a control group -> its text */
	struct map sockets; /* inode -> container on the host's network that has it open */
};

/* container-places.c: what of the host would be sensitive. */
void container_places_read(struct container_reader *r);
void container_places_clear(struct container_reader *r);

/* container-mounts.c: what is behind the mounts; `own` is the table of its first process, NULL: not known. */
void container_read_mounts(struct container_reader *r, struct container *c,
			   const struct mount_table *own);

/* container-addresses.c: "default" of its ports by what published_info_read_addresses() told. */
void container_addresses_put(const struct strv *addresses, struct container *c);

/* container-process.c: its first process. */
void container_host_read(struct container_reader *r);
void container_read_process(struct container_reader *r, struct container *c);

/* container-birth.c: what containers have that a start of today would not give them, all at once. */
void containers_read_birth(struct container_reader *r);

/* container-limits.c: its control groups. */
void container_read_limits(struct container_reader *r, struct container *c);

/* container-members.c: all processes, in one pass for all containers. */
void containers_read_members(struct container_reader *r);
/*
 * Under what name a process runs, by its file or, of one that is many programs, by its status; round brackets
 * in it are square ones, for it stands in sentences. The caller's; NULL: it has ended. `ret_runtime`: it is the
 * runtime's.
 */
char *process_program(pid_t pid, const struct buf *status, bool *ret_runtime);

/*
 * container-setuid.c: programs that give another user or capabilities, and whether a process with `uid` got
 * it by one, which its parent could not have given it.
 */
void container_read_setuid(struct container *c);
/* Whether this process of the container has capabilities by its program's file. */
void container_read_capable(struct container *c, pid_t pid, const char *program);
bool process_changed_user(pid_t parent, long uid);

/* container-talks.c: who talks with whom over docker0. */
void containers_read_talks(struct container_reader *r);

/* container-sockets.c: where those on the host's network listen. */
void container_know_sockets(struct container_reader *r, struct container *c, pid_t pid);
void containers_read_sockets(struct container_reader *r);

/* Of the bytes of a status file: all capabilities that the process has or can get; its effective user. */
int64_t process_caps(const struct buf *status);
long process_uid(const struct buf *status);

/* How many seccomp filters a process runs under; -1: not known. */
long process_filters(pid_t pid);

/* The mode of seccomp that is its own, beyond filters that were `inherited`: 0, 1, 2; -1: not known. */
int process_seccomp(const struct buf *status, long inherited);

/* A file below /proc of a process, appended; false: it cannot be read. */
bool process_file(pid_t pid, const char *name, struct buf *ret, struct error *err);
