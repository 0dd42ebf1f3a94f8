#pragma once

/*
 * The parts of gathering, one file each (facts-X.c), in the order in which facts_gather() calls
 * them. Each fills its piece of the facts; what it cannot read leaves its reason there. Only
 * facts-*.c include this.
 */

#include <stdbool.h>
#include <sys/stat.h>

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/macros.h"
#include "engine/base/map.h"
#include "engine/base/strv.h"
#include "engine/facts/plugin-parts.h"
#include "engine/facts/socket-tables.h"
#include "engine/format/mount-table.h"
#include "engine/host/ask/bus.h"
#include "engine/host/ask/engine-api.h"
#include "engine/host/read/root.h"
#include "engine/model/facts.h"

#define DEFAULT_CONFIG_FILE "/etc/docker/daemon.json"

/* A process of this host, not of a container. */
struct process {
	pid_t pid;
	long uid; /* -1: not known */
	char *name; /* as the kernel has it; NULL: not known */
	pid_t parent; /* 0: not known */
	bool has_nothing; /* neither memory nor descriptors: the kernel's, or it has ended */
};

struct processes {
	struct process *items;
	size_t count;
};

/* Everything there is while gathering. The facts outlive it. */
struct gather {
	struct facts *facts;
	const struct root *root;
	const char *witness_file; /* NULL: none */
	struct bus *bus; /* NULL: facts->no_systemd says why */
	struct engine_api *api; /* NULL: facts->docker.not_measured says why */
	struct buf packages; /* dpkg's status file; empty: not read or not there */
	bool packages_read;
	bool processes_read;
	struct processes processes;
	struct processes
		contained; /* likewise those that have numbers of their own: in containers */
	struct holders holders;
	struct plugin_things plugin_volumes, plugin_networks;
	struct socket_files socket_files;
	struct buf tcp; /* the tables of TCP of the network of the process tcp_of; 0: not read */
	pid_t tcp_of;
	const char *docker_package; /* Debian's name of it; NULL: no such package */
};

/* host.c: names and numbers of the host. */
void gather_host(struct gather *g);

bool path_exists(const struct gather *g, const char *path);

/* program.c: where this harden is installed. */
void gather_program(struct gather *g);

/* units.c: the units, from systemd or from their files. */
void gather_units(struct gather *g);

/* Asks for one more, from systemd or from its files; good until the next is added. */
struct unit_facts *gather_unit(struct gather *g, const char *name);

/* Whether systemd would start it by itself, or tried to. Where it cannot be asked, the links tell. */
bool unit_is_wanted(const struct gather *g, const char *unit);

/* Whether something that systemd has loaded would start it along; where it cannot say, it may. */
bool unit_is_needed(const struct gather *g, const char *unit);

/* api-units.c: socket units beside docker.socket that start docker.service. */
void gather_api_units(struct gather *g);

/* Every unit that runs. */
void gather_unit_states(struct gather *g);

/* All assignments of a unit's key ("Service/Environment") in force, over fragment and drop-ins. */
void unit_assignments(const struct gather *g, const struct unit_facts *u, const char *key,
		      struct strv *ret);

/*
 * Why not all files are known that its variables come from, allocated; NULL: they are. What systemd told
 * has no specifiers any more.
 */
char *unit_environment_unknown(const struct gather *g, const struct unit_facts *u);

/* As unit_assignments(); ret_files gets the file of each. */
void unit_assignments_from(const struct gather *g, const struct unit_facts *u, const char *key,
			   struct strv *ret, struct strv *ret_files);

/* package.c: how Docker and auditd were installed. */
void gather_install(struct gather *g);

/* Of a daemon that did not tell its version, the package's is the next best. */
void gather_version(struct gather *g);

/* The version of an installed Debian package, or NULL; the caller frees it. */
char *package_version(struct gather *g, const char *name);

/* environment.c: the environment of the next start. */
struct variable {
	char *name, *value;
	char *file; /* that sets it; NULL: systemd's own environment (systemctl set-environment) */
};

struct environment {
	struct variable *items;
	size_t count;
	struct map places; /* by name, the place in items and one more */
};

void environment_read(struct gather *g, const struct unit_facts *u, struct environment *ret);
const struct variable *environment_find(const struct environment *env, const char *name);
void environment_clear(struct environment *env);

/*
 * The variables of one file for EnvironmentFile= that systemd passes on; the last assignment of a name counts.
 * `joins` as for environment_file_read().
 */
void environment_parse(const char *text, const char *file, bool joins, struct environment *ret);

/* start.c: the flags that the next start would have. */
void gather_next_flags(struct gather *g);

/* The words of a command line with variables put in, each with the file and the variable it comes from. */
struct word {
	char *text;
	const char *file, *variable; /* owned by others; NULL: from the line itself */
	bool built; /* not as it stands in that one place: "--icc=${ICC}", or blanks in it by "${OPTS}" */
};

struct words {
	struct word *items;
	size_t count;
};

void words_expand(const char *line, const struct environment *env, struct words *ret);
void words_clear(struct words *w);

/* engine.c: what the running daemon says about itself by its API. */
void gather_engine(struct gather *g);

/* config.c: the config file of the next start: settings, errors, conflicts. */
void gather_config(struct gather *g);

/* When the unit's main process started, also by a clock that nobody sets. */
struct moment unit_started(const struct unit_facts *u);

/*
 * Why the config file may not be what a daemon has read that started then; NULL: it is. Where the clock
 * was set since, a time between its two reckonings is no proof. The caller frees it.
 */
char *config_changed_since(const struct gather *g, const char *path, const struct moment *start);

/* Whether the bytes of a file are younger: "was written", "may have been ..."; NULL: they are not. */
const char *file_written_since(const struct gather *g, const char *path,
			       const struct moment *moment);

/* opened.c: what dockerd opened at its start and what would be there at its next one. */
void gather_opened(struct gather *g);

/* processes.c: the processes of this host, looked at once for all who look for some. */
void gather_processes(struct gather *g);
void processes_clear(struct processes *p);

/* Of a process on the host or in a container; NULL: it was not there. Borrowed. */
const char *process_name(const struct gather *g, pid_t pid);

/* Of those that run, in a container or not; NULL: it was not met. */
const struct process *process_find(const struct gather *g, pid_t pid);

/* daemons.c: every other dockerd of this host, and one that runs in the place of docker.service's. */
void gather_daemons(struct gather *g);
bool is_dockerds_name(const char *name);

/* config-readers.c: other dockerds that docker.service's config file is for, too. */
bool reads_config(const struct gather *g, const char *path);
void config_reader_add(struct gather *g, pid_t pid, const char *unit, const char *text);
void gather_config_readers(struct gather *g);

/* running.c: what is in force in the running daemon, from the best source for each key. */
void gather_running(struct gather *g);

/* What a reload that nobody told us of may have changed; `log`: what dockerd said of its last, or NULL. */
void take_reloaded(struct docker_facts *d, const struct settings *remembered, const char *log);

/*
 * waiting.c: whether a dockerd with the arguments `then` in place of `now` (the program left out) does
 * not see the containers that run on. `image_store`: images are containerd's now.
 */
bool flags_move(const struct strv *now, const struct strv *then, bool image_store);

/* Which of them is one of the default network (daemon-keys.h); NULL: none. The caller frees it. */
char *flags_network(const struct strv *now, const struct strv *then);

/* waiting.c: what others changed and what our restart would put in force. */
void gather_waiting(struct gather *g);

/* Those of units that have nothing to do with dockerd: our daemon-reload is theirs, too. */
void gather_waiting_units(struct gather *g);

/*
 * waiting-keys.c: what others wrote into the config file and did not put in force. `root`
 * (NULL: none) tells names of one directory.
 */
void gather_waiting_keys(struct gather *g);
void find_waiting_keys(struct facts *f, const struct root *root);

/* restart.c: what a restart of dockerd does beside what is planned. */
void gather_restart(struct gather *g);

/* Whether systemd can be asked, and has a docker.service that is up: else none of it applies. */
bool restart_is_possible(const struct gather *g);

/* What is said of a unit that depends on dockerd. */
#define GOES_DOWN "%s goes down with dockerd, and is started again after it"

/* A unit goes down with dockerd: facts.docker.goes_down. */
void restart_takes_down(struct gather *g, const char *unit);

/*
 * restart-units.c: which containers the commands of a unit end that goes down, or of dockerd's
 * own, and what nobody can read of them.
 */
void restart_takes_unit(struct gather *g, const char *unit);

/* Whether one of these places (files, directories) is of the compose project that the container is of. */
bool restart_is_composed(const struct container *c, const struct strv *places);

/* A container that goes down with a unit. */
void restart_takes(struct gather *g, struct container *c, const char *unit);

/* Those of which a client's command line speaks that ends with its unit. */
void restart_takes_client(struct gather *g, const struct strv *args, const char *unit);

/* Those of which these commands of a unit speak; what cannot be read goes to facts.docker.may_end. */
void restart_takes_commands(struct gather *g, const char *unit, const char *property,
			    const struct strv *words);

/* room.c: whether dockerd's start would find room for what it writes. */
void gather_room(struct gather *g);

/* clients.c: whom the restart cuts off: clients of dockerd, and sessions in containers. */
void gather_clients(struct gather *g);

/* hooks.c: commands that run at dockerd's start, end and reload beside its own. */
void gather_hooks(struct gather *g);

/* start-again.c: what keeps systemd from starting dockerd again. */
void gather_start_again(struct gather *g);

/* units.c: whether there are files of the unit that systemd has not read. */
bool unit_has_unread_files(const struct gather *g, const struct unit_facts *u);

/* Whether that file is one of those that it has read, or one that such a file hides. */
bool unit_reads(const struct gather *g, const struct unit_facts *loaded, const char *path);

/* forward.c: rules of others in the packet filter that dockerd's start overrules. */
void gather_forward(struct gather *g);

/* networks.c: networks that are open to all addresses; those that dockerd's start would lose, or lead past a firewall. */
void gather_networks(struct gather *g);

/*
 * follows.c: what follows on what we do: containers that dockerd's next start would start,
 * units that its reload or stop reaches, units that look at files.
 */
void gather_follows(struct gather *g);

/* wanted.c: units that dockerd's start would start by systemd. */
void gather_wanted(struct gather *g);
bool unit_does_nothing(const char *unit);

/* Likewise which containers dockerd's start would start (docker.starts, docker.starts_elsewhere). */
void gather_started(struct gather *g);

/* watchers.c: what processes watch, on the host and in containers. */
void gather_watchers(struct gather *g);

/* client-process.c: the container that a process runs in; NULL: none that dockerd tells of. */
struct container *process_container(const struct gather *g, pid_t pid);

/* A line of a descriptor's fdinfo; false: it is no watch. */
bool watch_parse(const char *line, struct file_watch *ret);

/* units.c: the unit as its files on disk have it, whatever systemd has loaded. */
void unit_on_disk(const struct gather *g, struct unit_facts *u);

/* container-losses.c: what dockerd's start takes from containers that run on. */
bool port_is_lost(const struct docker_facts *d,
		  const char *port); /* "8080/tcp on 10.0.0.9", already */
void gather_container_losses(struct gather *g);

/*
 * Why an address may not be there while dockerd starts, as it goes on behind a comma ("an address that
 * this host does not have now"); NULL: it would. *ret_may: that is not sure. The caller frees it.
 */
char *address_doubt(const struct gather *g, const char *host, bool *ret_may);

/* swarm-address.c: whether a node of a swarm would have what it listens on at dockerd's start. */
void gather_swarm_address(struct gather *g);

/* start-programs.c: why the next dockerd could start no container by that runtime; NULL: it could. */
char *runtime_missing(const struct gather *g, const char *name);

/* container-logs.c: whether dockerd would reach what containers' logs go to, started again. */
void gather_container_logs(struct gather *g);

/* Why it may not; NULL: it would. The caller frees it. */
char *log_doubt_of(struct gather *g, const struct containers *all, const struct container *c);

/* container-volumes.c: mounts of volumes that dockerd's start takes from the host. */
void gather_container_volumes(struct gather *g);

/* containers.c: containers and volumes of the running daemon, from its API and from /proc. */
void gather_containers(struct gather *g);

/* The ids of all that dockerd lists. */
int containers_list(struct gather *g, struct strv *ret, struct error *err);

/*
 * unlisted.c: what is on the disk or has a process, and dockerd's answers leave out. A daemon
 * that could not load a container at its start (no room, files that cannot be read) does not list it,
 * and goes on; its next start brings it back or ends it.
 */
void gather_unlisted(struct gather *g);

/* The container of this dockerd's that the process is a shim for; NULL: none. The caller frees it. */
char *container_of_shim(const struct gather *g, const struct process *p);

/*
 * disk.c: of a daemon that could not be asked, what its data roots tell of containers, images
 * and volumes. Only where nothing can be there are they known to be none.
 */
void gather_disk(struct gather *g);

/* Whether a name among dockerd's volumes is one. */
bool is_volume(const char *name);

/*
 * data-root.c: why a data root may not show what dockerd has there: its file system is not
 * mounted now, or nothing is there though dockerd ran. NULL: nothing speaks for that; the caller
 * frees it.
 */
char *data_root_unsure(const struct gather *g, const char *root);

/* images.c: the images, where they are asked for. */
void gather_images(struct gather *g);

/* sizes.c: how much images and volumes hold, where it is asked for. */
void gather_sizes(struct gather *g);

/*
 * container-volumes.c: whether dockerd mounts the volume with this directory itself. 1: it does, and ret_type gets
 * what; 0: it is a plain directory; negative: nobody knows.
 */
int volume_mount_type(const struct root *root, const char *directory, char **ret_type);

/* layers.c: files in the layers of images and of containers, where they are asked for. */
void gather_layers(struct gather *g);
/* Of these paths those go that a mount of this table hides. */
void leave_out_mounted(struct strv *paths, const char *mountinfo);

/* Directories of containers and images in containerd's store, by the mounts of running containers. */
void gather_snapshots(struct gather *g);
void snapshots_take(const struct mount_table *t, struct container *c, struct docker_images *images);

/* swarm-lock.c: whether dockerd's next start locks this node of a swarm. */
void gather_swarm_lock(struct gather *g);

/* `key`: the file with the node's key, NULL where it could not be read, and `why` then. */
void judge_swarm_lock(struct docker_facts *d, const char *key, const char *why);

/* swarm-majority.c: whether the managers of the swarm are enough while dockerd is restarted. */
void gather_swarm_majority(struct gather *g);

/* The judgement alone; `managers` NULL: they are not known, and why. */
void judge_swarm_majority(struct docker_facts *d, const struct swarm *managers, const char *why);

/* swarm.c: the swarm, where it is asked for. */
void gather_swarm(struct gather *g);

/* kernel.c: whether br_netfilter can be had. */
void gather_kernel(struct gather *g);

/* start-programs.c: programs without which dockerd would not start again. */
void gather_start_programs(struct gather *g);

/* ceilings.c: the resource limits that containers can be given. */
void gather_ceilings(struct gather *g);

/* audit-rules.c: what the next boot could not load of the rule files. */
void gather_audit_rules(struct gather *g);

/* What a rule of the list "exclude" does to the records of all others, or may; NULL: nothing. */
const char *audit_rule_excludes(const char *rule);

/* audit.c: auditd and the kernel's rules. */
void gather_audit(struct gather *g);

/* firewall.c: the packet filter's chains of ours, who else keeps it, and who is connected. */
void gather_firewall(struct gather *g);

/* places.c: the named places. */
void gather_places(struct gather *g);

/* Adds the canonical name of what is at path, if it is there; and the path, where a link or nobody yet leads to it. */
void place_add_path(const struct gather *g, struct place *p, const char *path);

/* A place with nothing found says why. */
void place_finish(struct place *p, const char *absent);

/* containerd-config.c: its config file with what that imports, and what these name. */
void gather_containerd_config(struct gather *g);
