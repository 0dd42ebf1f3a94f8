#pragma once

/*
 * What is known of one container: what it was asked for (the Engine API's inspect), and what the
 * kernel says of its processes, which is the truth while it runs. Numbers that say -1 and texts
 * that are NULL are not known; of a container that does not run nothing of the kernel's is.
 * Plain data; part of the facts, which own it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/base/strv.h"

/* What of the host is behind one mount. */
struct container_mount {
	char *type; /* "bind", "volume", "tmpfs", ... */
	char *volume; /* its name */
	char *source; /* on the host; of a volume that binds a directory, that directory; NULL: none */
	char *target;
	bool writable;
	bool anonymous; /* a volume that nobody named */
	bool has_data; /* of an anonymous volume: it is not empty */
	bool others_write; /* everybody may write the source's directory */
	char *propagation; /* "rprivate", ..., "shared" also where only the kernel says so */
	struct strv places; /* sensitive paths of the host that are in it, or that it is in */
	struct strv sockets; /* of container engines, which are it or in it */
	struct strv logs; /* places of the host's log */
};

/* A session of `docker exec` that runs. */
struct container_exec {
	char *user; /* "" is the container's own */
	bool privileged;
};

struct container {
	/* what it is */
	char *id, *name, *image;
	char *image_id; /* "sha256:..."; the name may lead to another image by now */
	char *layer; /* directory on disk of what it wrote; NULL: not known */
	char *state; /* "running", "exited", "created", ... */
	bool running; /* also paused, or waiting for its next restart: then there is no process */
	bool starts; /* does not run, and the next start of dockerd starts it */
	pid_t pid; /* 0: no process */
	long restarts; /* how often its policy started it again since dockerd's start */
	int exit_code; /* of the last process, when none runs; -1: not known */
	bool oom_killed;
	bool start_failed; /* dockerd could not start it last, and told why */
	uint64_t started_usec, finished_usec; /* CLOCK_REALTIME; 0: never, or not known */
	char *unread; /* why its processes could not be read; NULL: they were */
	bool unlisted; /* dockerd does not list it, though files or a process of it are there */
	bool auto_remove;
	bool swarm_task;
	char *tenant; /* whose it is: its compose project, stack, or label "tenant" or "owner" */
	struct strv compose_places; /* its compose project's directory and files */
	char *compose_service; /* its name in that project; NULL: it is in none */
	struct strv compose_needs; /* services of the project that it depends on */
	char *ends_with; /* its request to dockerd, which a restart cuts off: for people; NULL: it has none */
	char *goes_with; /* a unit that goes down with dockerd and ends it; NULL: none is known */

	/* what it was asked for */
	char *user;
	bool privileged;
	struct strv cap_add, cap_drop;
	struct strv security; /* --security-opt; a seccomp profile only as custom or allows-all */
	char *apparmor_profile;
	char *process_label;
	char *network_mode; /* "default", "bridge", "host", "container:ID", a network's name */
	char *pid_mode, *ipc_mode, *uts_mode, *userns_mode, *cgroupns_mode;
	char *cgroup_parent;
	char *restart_policy; /* "no", "always", ... */
	long restart_count; /* at most; 0: without end */
	char *stop_signal; /* "SIGINT", "3"; "": SIGTERM */
	long stop_timeout; /* seconds until SIGKILL follows; -1: none does, 0: dockerd's own */
	struct strv networks; /* names it is attached to */
	struct strv addresses; /* its own there: "bridge 172.17.0.2" */
	struct strv talks; /* whom it is connected with over docker0: "db on 5432/tcp" */
	bool has_ipv6; /* in one of them an address of that kind */
	struct strv links; /* legacy --link */
	struct strv network_links; /* of networks that somebody made: "NETWORK TARGET:ALIAS" */
	struct strv network_names; /* whom else it is there by its own name: "NETWORK ALIAS" */
	struct strv absent_ports; /* published on addresses that the host does not have now */
	struct strv lost_ports; /* published, and dockerd has no proxy for them, which it should */
	struct strv ports; /* published: "8080/tcp on 0.0.0.0", "80-90/tcp on ::" */
	struct strv
		asked_ports; /* as they were asked for: "8080/tcp on default" where no address was named */
	struct strv devices; /* "/dev/sda", "c 1:3 rwm", "request nvidia" */
	struct strv ulimits; /* "nofile=1024:2048" */
	char *docker_host; /* DOCKER_HOST in its environment */
	char *runtime; /* its name; "": dockerd's own */
	char *log_driver, *log_options; /* the options as JSON */
	bool given_up; /* dockerd, started last, could not take it over: only its process runs */
	/*
	 * What dockerd's next start takes from it, though live-restore keeps its process, each as it goes
	 * on behind "it"; and why it may not start where its process ended.
	 */
	struct strv loses;
	char *loses_with; /* whose network it has, where that loses some of it: its label; or NULL */
	char *no_start;
	struct strv empty_volumes; /* of those that it loses: what they hold is in memory alone */
	struct strv health_test; /* the words of its check */
	char *health; /* "none" without a check; "healthy", "unhealthy", "starting"; "unknown" */
	long failing; /* how many of its checks failed since the last that passed */
	bool failed; /* one of its last checks did */
	uint64_t checked_usec; /* when the last ended; 0: none did */
	uint64_t check_every_usec; /* from one to the next */
	uint64_t check_most_usec; /* so long one may take */
	struct container_mount *mounts;
	size_t nmounts;
	struct container_exec *execs;
	size_t nexecs;

	/* of its first process */
	long uid; /* effective, as the host sees it */
	long inside_uid; /* as the container sees it */
	int64_t caps; /* bit by bit, all that it has or can get */
	int seccomp; /* 0 off, 1 strict, 2 filter */
	int no_new_privileges;
	char *apparmor; /* "docker-default (enforce)", "unconfined" */
	char *label; /* SELinux */
	int host_network, host_pid, host_ipc, host_uts, host_user, host_cgroup; /* 1: the host's */
	char *cgroup; /* its path */
	int read_only; /* its root; by the configuration when it does not run */
	int sys_writable; /* /proc/sys or /sys can be written to */

	/* limits, with those of the groups above; by the configuration when it does not run */
	int64_t memory, pids; /* 0: none */
	char *cpu; /* "quota 0.5", "weight 512", "cpus 0-1"; "none" */

	/* of what it was started by, and with */
	bool birth_read; /* somebody looked at the next two */
	struct strv outlived; /* what a start of today would not use again, each for people */
	char *birth_unread; /* why not all of that could be looked at; NULL: it was */

	/* of its files; gathered only where it is asked for (FACTS_CONTAINER_FILES) */
	char *files_not_measured; /* why changed_programs is not known; NULL: it is */
	struct strv changed_programs; /* programs and libraries that are not its image's: paths */

	/* of all its processes */
	bool uses_setuid; /* one got another user than it was started by, through a program's bit */
	struct strv setuid_runs; /* which, by their programs' names */
	struct strv
		setuid_programs; /* that nobody has by accident, where the first process is not root */
	struct strv capable_programs; /* that run with the capabilities of their files */
	char *setuid_unread; /* why not all of these three could be looked at; NULL: they were */
	struct strv ssh; /* SSH servers by their program's name */
	struct strv unfiltered; /* without a seccomp filter, the first process left out */
	struct strv more_capable; /* with capabilities that the first process cannot have */
	struct strv as_root; /* as the host's root, where the first process is not */
	struct strv programs; /* of the first one's children, each that is another than its own */
	struct strv managers; /* that are there to run others: supervisord, cron, ... */
	struct strv listens; /* on the host's network: "22/tcp on 0.0.0.0" */
};

/* What of the host judges containers. */
struct container_host {
	bool apparmor; /* the kernel has it switched on */
	char *selinux; /* "enforcing", "permissive"; NULL: off */
	int cgroup_version; /* 1, 2; 0 unknown */
	int64_t caps; /* all that this kernel has; 0 unknown */
	long unprivileged_port; /* the first; 0: all are */
};

void container_init(struct container *c); /* nothing is known */
void container_clear(struct container *c);
struct container_mount *container_add_mount(struct container *c);
struct container_exec *container_add_exec(struct container *c);

/*
 * Whether its next check is late by far: dockerd does not run it any more. Checks that end with each
 * other, one after the other: that so many did not come is no delay.
 */
bool container_check_overdue(const struct container *c, uint64_t now, uint64_t *ret_age);

/* Whether it runs now, or will once dockerd was started again. */
bool container_will_run(const struct container *c);

/* Whether there is a process, which shows the truth. */
bool container_lives(const struct container *c);

/* Whether dockerd told of it at all; else `unread` says why not. */
bool container_told(const struct container *c);

/* Of "8080/tcp on ::" the address; "default" where none is told. Lives as long as port. */
const char *port_address(const char *port);

/* For people: its name, else its id. */
const char *container_label(const struct container *c);
