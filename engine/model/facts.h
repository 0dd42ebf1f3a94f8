#pragma once

/*
 * Read-only properties of the host, gathered once for all controls. Everything that could not
 * be read keeps its reason beside it, so that a module can say not_measured and why. Plain
 * data: engine/plan/facts.c gathers it from a live host, tests write it down as YAML.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/base/enum-table.h"
#include "engine/base/map.h"
#include "engine/base/strv.h"
#include "engine/model/container-list.h"
#include "engine/model/count.h"
#include "engine/model/docker-image.h"
#include "engine/model/firewall.h"
#include "engine/model/listening.h"
#include "engine/model/swarm.h"
#include "engine/model/unit-states.h"

enum docker_install {
	DOCKER_NONE,
	DOCKER_DISTRO, /* the distribution's package (docker.io, docker, moby-engine) */
	DOCKER_CE, /* docker-ce */
	DOCKER_SNAP, /* not supported: its files are read-only */
	DOCKER_ROOTLESS, /* not supported: another user's daemon */
	DOCKER_OTHER, /* a dockerd that no package owns */
	DOCKER_INSTALL_COUNT,
};

ENUM_TABLE_DECLARE(docker_install, enum docker_install);

enum setting_source {
	SOURCE_DEFAULT, /* the engine's own default: the key is set nowhere */
	SOURCE_FLAG, /* an argument of dockerd */
	SOURCE_FILE, /* the daemon's config file */
	SOURCE_API, /* the Engine API says so */
	SOURCE_WITNESS, /* harden saw this daemon process start with it */
	SOURCE_UNKNOWN, /* the config file changed after the daemon started */
	SETTING_SOURCE_COUNT,
};

ENUM_TABLE_DECLARE(setting_source, enum setting_source);

/* One daemon setting by its daemon.json key. `value` is compact JSON text; NULL: not set. */
struct setting {
	char *key;
	char *value;
	enum setting_source source;
	char *where; /* for people: "flag of the running dockerd", "/etc/docker/daemon.json" */
};

struct settings {
	struct setting *items;
	size_t count;
	struct map places; /* by key, the place in items and one more */
};

/* A flag of dockerd at its next start, and the file that would have to be edited to change it. */
struct daemon_flag {
	char *key; /* by its daemon.json name: "icc" for --icc=false */
	char *value; /* JSON text */
	char *text; /* as it stands on the command line: "--icc=false" */
	char *file; /* unit, drop-in or environment file it comes from; NULL: not found out */
	char *variable; /* the environment variable in that file, or NULL when in ExecStart itself */
};

/* A key of the config file that the running dockerd has otherwise, or may have. */
/* What comes of it that is known beforehand, and of which nothing is left that could be watched and undone. */
enum waiting_harm {
	WAITING_HARMLESS,
	WAITING_NO_CONTAINERS, /* those that run go on, and no other starts */
	WAITING_NO_DOCKERD,
};

struct waiting_key {
	char *key;
	enum waiting_harm harm;
	struct strv
		members; /* "/key/member" of an object: what differs, all of it where dockerd does not tell */
	char *brings; /* what a restart would put in force: for people */
	bool by_reload; /* and a reload, too */
};

struct unit_facts {
	char *name; /* as it was asked for; may be an alias */
	struct strv names; /* all that systemd has it by: its own, and aliases */
	bool exists;
	bool loaded; /* systemd has it, and would start it: it is not masked, nor broken; asked of it alone */
	char *active; /* "active", "inactive", "failed", ... ; NULL when not known */
	char *sub; /* "running", "start", "auto-restart", ...; NULL when not known */
	char *fragment; /* FragmentPath */
	struct strv dropins; /* DropInPaths */
	struct strv environment_files;
	char *exec_start; /* the effective ExecStart= line of the next start, as one command line */
	char *exec_start_file; /* the file that sets it */
	char *listen_group, *listen_mode; /* socket units: SocketGroup=, SocketMode= */
	struct strv
		listens; /* socket units that open the API: paths and "@abstract" names of ListenStream= */
	pid_t main_pid;
	char *invocation_id; /* 32 hex digits; changes with every start */
	uint64_t started_usec; /* CLOCK_REALTIME of the main process's start */
	unsigned restarts;
	bool activates; /* a socket unit beside docker.socket that starts docker.service, and hands it its sockets */
	bool pulled_in; /* of such a one: it listens, or would from the next boot on */
	bool start_failed; /* its last process gave up, with an exit code */
	bool need_daemon_reload; /* a file of it changed since systemd read its units */
	struct strv unloadable; /* drop-ins that systemd cannot load: "PATH (why)" */
	char *open_files; /* "SOFT:HARD" that the main process has; NULL: not read */
};

/* A path that one of systemd's path units looks at, or another process, which does something when it changes. */
struct watched_path {
	char *path; /* without a slash at its end; of a pattern (PathExistsGlob=) the directory */
	char *brings; /* for people: who looks, and what that starts */
};

/* A file or directory that the kernel tells a process of, by inotify(7): by its number, wherever it has it. */
struct file_watch {
	uint64_t inode, device; /* as the kernel writes them */
	unsigned mask;
};

struct file_watcher {
	char *who; /* for people: "entr (pid 7, in container ci)" */
	char *then; /* for people, behind "and" */
	struct file_watch *items;
	size_t count;
};

/* Another dockerd than docker.service's that reads the same config file: it runs, or its unit would start it. */
struct config_reader {
	char *text; /* for people: "pid 7, unit docker2.service" */
	char *unit; /* NULL: it is in none */
	bool runs;
	char *unknown; /* why its flags cannot be told; NULL: they can */
	struct strv flags; /* daemon.json keys that it has as flags */
	struct strv clashes; /* of them those that the config file has, too: it does not start so */
};

/* What is to be done for a container in a network that dockerd has lost: why it has, the container. */
#define LOST_NETWORK_ADVICE                                                                        \
	"dockerd has lost its network (%s): fix that and restart dockerd, and only then 'docker "  \
	"restart %s'; before, it would end and not start again"

/* A program that belongs to an engine. */
struct component {
	char *name;
	char *version;
};

/* A resource limit above which nothing that starts containers could set one: they would not start. */
struct limit_ceiling {
	char *name; /* as default-ulimits has it: "nofile" */
	uint64_t most; /* hard */
	char *why; /* for people: whose limit it is */
};

struct docker_facts {
	enum docker_install install;
	char *unsupported; /* why this install cannot be hardened by us; NULL: it can */
	char *version; /* "20.10.24+dfsg1"; of the running daemon, else of the package */
	char *not_measured; /* why the running daemon could not be asked; NULL: it was */
	bool silent; /* it let a request run out of time */
	bool running; /* docker.service has it */
	char *elsewhere; /* a dockerd of root's that is not docker.service's, in its place; NULL: none */
	struct strv others; /* each other dockerd on this host: "pid 7, unit ..., config ..." */
	struct config_reader *readers; /* those of them that the config file is for, too */
	size_t nreaders;
	bool idle; /* nothing but a person would start docker.service: one of these is started next */
	char *config_file; /* canonical name: --config-file, or /etc/docker/daemon.json */
	bool config_explicit; /* --config-file was given */
	char *dockerd; /* path of the daemon's program */
	char *data_root;
	struct settings now; /* in force in the running daemon */
	struct settings next; /* what the next start would see */
	struct strv now_flags; /* daemon.json keys that the running daemon has as flags */
	struct settings now_flag_values; /* of those; SOURCE_FLAG */
	bool now_flags_known; /* its command line was read: it has no others */
	struct daemon_flag *next_flags;
	size_t nnext_flags;
	bool units_wait; /* systemd has not read all files of its unit, and those can be told: */
	struct settings next_unread; /* flags of the next start once it has */
	struct strv conflicts; /* keys both in the file and on the next command line */
	char *start_error; /* what it said when it did not start, with its config file as it is; NULL: nothing known */
	char *file_error; /* the config file cannot be read as dockerd would read it; NULL: fine */
	bool file_untrusted; /* ... by a link that dockerd follows, and harden does not */
	char *config_digest; /* of the config file's bytes; NULL: it is not there */
	struct strv next_environment; /* "NAME=value" of its unit's files, for its next start */
	char *start_unknown; /* why the flags of the next start cannot be told; NULL: they can */
	char *no_reload; /* why dockerd cannot be told to read its file again; NULL: it can */
	char *no_room; /* why dockerd's start would find no room for what it writes; NULL: it would */
	char *no_restart; /* why systemd would not stop dockerd and start it again; NULL: it would */
	char *no_socket_restart; /* likewise docker.socket */
	struct strv
		cut_off; /* who asks dockerd for something now, and loses the answer: for people */
	char *moves_data; /* what others changed that has its next start look elsewhere for its containers */
	/* others' flags and variables of its next start: with them it does not see what runs on */
	bool flags_move;
	char *flags_network; /* a key of the default network among them; NULL: none */
	bool other_config; /* its next start reads another config file than the one that runs has read */
	/* What a variable of its environment has a say in, now or at its next start; `where` names the variable. */
	struct settings by_variable;
	struct strv
		starts; /* containers that its start would start, of those that it lists: for people */
	struct strv starts_elsewhere; /* likewise of the data roots beside it (userns-remap) */
	bool root_remapped; /* its data root is that of remapped users */
	struct strv restart_brings; /* what a restart would do beside what is planned: for people */
	struct strv
		start_brings; /* of it what others changed of the next dockerd: flags, files, programs */
	struct strv restart_runs; /* commands of its unit that run again by it */
	struct strv reload_brings; /* what systemd's reading its units again would put in force */
	struct strv
		dockerd_reload_brings; /* what a reload of dockerd does beside what is planned */
	struct watched_path *watched;
	size_t nwatched;
	struct file_watcher *watchers;
	size_t nwatchers;
	struct waiting_key *waiting; /* what others wrote into the config file */
	size_t nwaiting;
	struct strv
		goes_along; /* containers of units that go down with dockerd: "web (UNIT ...)" */
	struct strv goes_down; /* these units */
	struct strv
		may_end; /* commands that run by a restart and may end any container: for people */
	char *untried; /* why the running daemon's start does not prove the next one; NULL: it does */
	char *driver; /* storage driver */
	bool image_store; /* images are containerd's, not the storage driver's */
	struct component *components; /* containerd, runc, as the engine names them */
	size_t ncomponents;
	char *swarm; /* LocalNodeState: "inactive", "active", ... */
	bool swarm_manager; /* dockerd says so of this node */
	char *swarm_error; /* what it says is wrong with it; NULL: nothing */
	int swarm_autolock; /* what a manager tells: 1, 0; -1: it does not tell */
	bool last_gap_known; /* how long published ports were away at the last restart by harden */
	uint64_t last_gap_ms;
	unsigned start_waits_s; /* that its next start lasts longer by, at least: for plugins */
	bool swarm_locks; /* dockerd's next start leaves this manager locked */
	char *swarm_unsure; /* why whether it does is not known; NULL: it is */
	char *swarm_majority; /* what this manager's restart costs the others, or that this is not known */
	struct strv swarm_absent; /* what it listens on, and may lack at dockerd's start */
	struct strv security_options;
	struct strv insecure_registries; /* beyond loopback */
	struct strv tcp_listeners; /* of the API, now or at the next start: "tcp://0.0.0.0:2375" */
	struct strv tcp_unlisted; /* those of them that dockerd has open, and nothing has told of */
	struct strv
		tcp_passed_on; /* addresses from where a unit passes on to it: "tcp://10.0.0.9:2375 by x.socket" */
	struct strv api_passed_on; /* who else passes on, or may: for people: "socat (pid 7)" */
	char *tcp_unknown; /* why not all of tcp_listeners may be known; NULL: they are */
	bool tcp_clients_read; /* somebody looked who is connected to them: */
	struct strv tcp_clients; /* each once: "10.0.0.9", "172.17.0.2 (container ci)" */
	struct strv tcp_open; /* those that dockerd has open now */
	/* Who is connected there, as often as it has a connection: "10.0.0.9 at 10.0.0.2 2375" */
	struct strv tcp_connected;
	struct strv
		api_sockets; /* that the running dockerd listens on: paths, and "@abstract" names */
	char *sockets_unread; /* why these are not known; NULL: they are, or nothing runs */
	struct container_list containers;
	char *talks_unread; /* why not all that talk over docker0 are known; NULL: they are, where somebody looked: */
	bool talks_read;
	struct container_host container_host;
	struct count images, volumes;
	/* FACTS_SIZES; for people, and no reason to ask again: they change by the hour */
	char *images_size; /* "about 3 GiB"; NULL: not measured */
	struct strv volume_sizes; /* "data (about 3 GiB)", "nfs (size not measured: ...)" */
	struct count networks; /* that somebody made, on this host alone */
	struct count plugins; /* that dockerd keeps itself ("docker plugin ls"), on or off */
	struct strv enabled_plugins; /* names of these that run, or may */
	struct strv log_drivers; /* that the running dockerd has built in; none: it has not told */
	struct strv unstarted_plugins; /* likewise of those that dockerd's next start would start */
	struct strv
		lost_networks; /* that dockerd lists and could not make at its start: "NAME: why" */
	struct strv
		wide_networks; /* bridges that somebody made, whose ports go to all addresses unless one is named */
	char *wide_unread; /* why these are not known; NULL: they are */
	char *bridge_icc; /* enable_icc of network "bridge": "true", "false"; NULL: no such network */
	char *bridge_ip; /* host_binding_ipv4 of it, as JSON; NULL: not told */
	char *user_namespaces; /* why root can make no user namespace; NULL: it can */
	char *kernel_modules; /* why br_netfilter cannot be had; NULL: it can */
	struct listening listening;
	char *no_init; /* why dockerd would find no program for containers with --init; NULL: it would */
	char *no_iptables; /* why dockerd could make no rules of the packet filter; NULL: it could */
	struct limit_ceiling *ceilings;
	size_t nceilings;
	char *ceilings_unknown; /* why these are not known; NULL: they are */
};

/* A line of the rule files that the next boot cannot load. */
struct audit_fault {
	char *file; /* name below /etc/audit/rules.d */
	size_t line;
	char *why;
	bool ends; /* and nothing behind it either */
};

/* A line among the rules that takes out what was loaded before it. */
struct audit_clearing {
	char *file; /* name below /etc/audit/rules.d */
	size_t line;
	char *key; /* rules whose key has this in it; NULL: all */
};

/* One audit rule in the shape in which all forms of a rule are equal. See format/audit-rule.h. */
struct audit_facts {
	char *not_measured; /* why the kernel's list could not be read; NULL: it was */
	bool installed; /* auditd's files are there (/etc/audit/rules.d) */
	int enabled; /* 0, 1, 2 (locked until reboot); -1 unknown */
	bool no_daemon; /* the kernel knows no auditd that takes its events */
	int failure; /* 2: panics when the backlog overflows */
	struct strv kernel_rules; /* rule text, in the kernel's order */
	unsigned major; /* of the audit userspace; 0 unknown */
	struct audit_fault *faults; /* in the order in which the next boot would meet them */
	size_t nfaults;
	struct audit_clearing *clearings; /* likewise */
	size_t nclearings;
	char *locked_at_boot; /* the line that locks the rules until the next boot; NULL: none */
	char *off_at_boot; /* the line of a rule file that switches audit off; NULL: none */
	char *unrecorded; /* why events of the rules are written nowhere; NULL: they are */
	bool excluded; /* that is for a rule of the list 'exclude', and nothing else */
};

/* A named place of the baseline: "@docker.service" and the paths it stands for on this host. */
struct place {
	char *name; /* without the @ */
	struct strv paths; /* canonical */
	/* Names as systemd or dockerd have them: that led to these by links, or that are not there yet. */
	struct strv ways;
	bool masked; /* some are links to /dev/null: nothing is there, and that is meant */
	char *absent; /* why there is none: "TLS is not configured"; NULL when there are paths */
	char *unknown; /* why it could not be found out; NULL when it could */
};

/* What takes long to gather, and is gathered only where a selected control reads it. */
enum facts_part {
	FACTS_IMAGES = 1 << 0, /* images with their histories, from the Engine API */
	FACTS_IMAGE_FILES = 1 << 1, /* files in the layers of images, from the disk */
	FACTS_CONTAINER_FILES = 1 << 2, /* files that containers changed, from the disk */
	FACTS_SWARM = 1 << 3, /* the cluster, from the Engine API */
	FACTS_CONTAINERS = 1 << 4, /* what is in force in containers, from /proc */
	FACTS_VERSIONS = 1 << 5, /* versions of the engine's components, from the Engine API */
	FACTS_UNIT_STATES = 1 << 6, /* every unit that runs, from systemd */
	FACTS_FIREWALL = 1 << 7, /* the packet filter, and who is connected */
	FACTS_NEXT_BOOT =
		1
		<< 8, /* what the next start takes, by the files on disk, read by systemd or not */
	FACTS_SIZES = 1 << 9, /* of images and volumes, from the disk */
};

/* Of them what a plan can change: to be looked at again after it. */
#define FACTS_IN_FORCE ((unsigned)(FACTS_UNIT_STATES | FACTS_FIREWALL))

struct facts {
	unsigned parts; /* enum facts_part: what was gathered; the others are empty */
	int64_t today; /* seconds since 1970 when the facts were gathered */
	char *hostname;
	char *machine_id;
	char *boot_id;
	char *os; /* PRETTY_NAME */
	char *kernel;
	char *mounts; /* mountinfo of the first process: our own mounts may be read-only; NULL: not read */
	bool root; /* we may read everything */
	bool offline; /* --root: nothing runs there */
	char *no_systemd; /* why systemd could not be asked; NULL: it was */
	char *sandbox; /* what kept us from changing anything; NULL where nobody has said */
	struct strv sandbox_lacks; /* what this kernel did not give, and why */
	struct docker_facts docker;
	struct unit_facts *units;
	size_t nunits;
	struct docker_images images; /* FACTS_IMAGES */
	struct swarm swarm; /* FACTS_SWARM */
	struct unit_states unit_states;
	struct firewall_facts firewall;
	char *program; /* this harden, where only root can write; NULL: not_installed says why */
	char *not_installed;
	struct audit_facts audit;
	struct place *places;
	size_t nplaces;
};

void component_add(struct docker_facts *d, const char *name, const char *version);

void facts_clear(struct facts *f);

/* Sets or replaces. This pointer, like those of the facts_add_*(), is good until the next add. */
struct setting *settings_put(struct settings *s, const char *key, const char *value,
			     enum setting_source source, const char *where);

/*
 * A daemon that was just started has read what its next start would read, whatever happened to the file's
 * time since: what is unknown of `now` is taken from `next`. What the API tells stays as told.
 */
void settings_read_at_start(struct settings *now, const struct settings *next);
/* The setting of that key, or NULL when nothing is known of it (its default is in force). */
const struct setting *settings_find(const struct settings *s, const char *key);

/*
 * What the default network has, which dockerd leaves as it is where it starts beside containers that
 * run: the network itself knows best. NULL: it does not tell of this key.
 */
const char *docker_bridge_value(const struct docker_facts *docker, const char *key);
void settings_clear(struct settings *s);

/*
 * Whether no dockerd runs here, as far as systemd and the list of processes tell. Not merely
 * unseen: where neither could be asked it is not known to be stopped.
 */
bool docker_is_stopped(const struct facts *f);

/* Whether the dockerd that runs was started with the config file as it is now, or without one. */
bool docker_start_is_proven(const struct facts *f);

/* The units whose facts are gathered, by name; ends with NULL. Of others nothing is known. */
extern const char *const facts_units[];

/* Whether the API is, or would be, where this unit listens: docker.socket, or another that does its work. */
bool unit_opens_api(const struct unit_facts *u);

/* Which of them it is in. UNIT_BETWEEN where that is not known. */
enum unit_phase unit_phase_of(const struct unit_facts *u);

/* As before it was asked for; the name stays. */
void unit_facts_renew(struct unit_facts *u);

const struct unit_facts *facts_unit(const struct facts *f, const char *name);

/* Whether it is a name of that unit: docker.service may be an alias of a unit by another name. */
bool unit_is_called(const struct unit_facts *u, const char *name);

/* The same of the unit that is known as `unit`; NULL is not a name. */
bool facts_is_unit(const struct facts *f, const char *unit, const char *name);
struct unit_facts *facts_add_unit(struct facts *f, const char *name);
const struct place *facts_place(const struct facts *f, const char *name);
struct place *facts_add_place(struct facts *f, const char *name);
struct daemon_flag *facts_add_flag(struct facts *f);
struct waiting_key *facts_add_waiting(struct facts *f);
struct watched_path *facts_add_watched(struct facts *f);
struct file_watcher *facts_add_watcher(struct facts *f);
struct config_reader *facts_add_reader(struct facts *f);
struct limit_ceiling *facts_add_ceiling(struct facts *f);
struct audit_fault *facts_add_audit_fault(struct facts *f);
struct audit_clearing *facts_add_audit_clearing(struct facts *f);
