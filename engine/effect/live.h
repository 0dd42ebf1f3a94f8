#pragma once

/*
 * What the live effector's handlers share. Each handler is one file; live.c holds the table
 * that names them. All wait on descriptors (systemd's bus, the journal), none in a busy loop.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/effect/api-place.h"
#include "engine/effect/effector.h"
#include "engine/effect/ending.h"
#include "engine/effect/forwarding.h"
#include "engine/effect/gap-watch.h"
#include "engine/effect/gate-changed.h"
#include "engine/effect/health-check.h"
#include "engine/effect/health-state.h"
#include "engine/host/ask/engine-api.h"
#include "engine/host/write/bus-job.h"

struct nft_rule;

#define DOCKER_SERVICE "docker.service"
#define DOCKER_SOCKET "docker.socket"
#define RESTART_TIMEOUT_MS 120000 /* of units beside dockerd, whose own start start-wait.h tells */

/* A container that ran when the effector was told to remember. */
struct watched {
	char *id, *name;
	char *restart_policy;
	struct strv ports; /* published, as in the facts */
	pid_t pid;
	uint64_t start_ticks; /* of that process: a number alone may be used again */
	bool looped, removes_itself; /* see struct ending_scene */
	bool swarm_task; /* swarm starts another in its place */
	bool told; /* that it ended by itself */
	bool only_ports; /* ports, and nothing else, are what it could lose by the last look */
	long restarts; /* by its policy, as they were counted then */
	struct check check; /* as it was then */
};

/* A place at which a published port of a container took connections before the first handler ran. */
struct accepting {
	char *id, *name; /* the container's */
	char *at; /* "10.0.0.2:8080" */
	char *own; /* as of struct api_place */
	bool told; /* that it takes none any more, as was announced */
	bool went; /* the address */
};

/* Where the Engine API answered before the first handler ran. */
struct api_watch {
	struct api_place *places;
	size_t count;
	char *unknown; /* why not all of them are known; NULL: they are */
	bool asked;
	double back_ms; /* when it answered behind the restart that was last, by clock_ms(); 0: it has been taken */
	double longest_ms; /* that it was away at most; 0: nothing is measured */
};

/* One that dockerd kept starting again when the effector was told to remember. */
struct looping {
	char *id, *name;
};

/* A network of this host, as dockerd listed it before a handler ran. */
struct known_network {
	char *name;
	bool missing; /* since then */
};

/*
 * What a dockerd that a handler has started read at its start. Of settings that the Engine API does not tell
 * its file tells, until somebody writes it: harden itself does, where it gives back what it borrowed for the
 * restart (engine/plan/borrow.h), and the gate looks after that.
 */
struct started_with {
	char *run; /* systemd's id of that run of docker.service; NULL: none was started */
	struct settings settings; /* those that only another start changes */
};

struct live {
	struct effector effector; /* first: the effector is cast to this */
	struct bus *bus; /* NULL until it is needed */
	struct bus **lost; /* connections that broke, while somebody may hold them yet */
	size_t nlost;
	bool remembered;
	bool docker_ran, socket_listened; /* when remembered */
	uint64_t
		job_usec; /* when our last job for dockerd began, by CLOCK_MONOTONIC; 0: none has */
	pid_t docker_pid; /* dockerd's then, and when it had started; 0: none */
	uint64_t docker_started;
	struct watched *containers;
	size_t ncontainers;
	struct looping *loops;
	size_t nloops;
	char *data_root;
	char *version; /* dockerd's, when remembered */
	int wait_ms, settling_ms; /* how long dockerd is waited for, and has been */
	struct gate_start next; /* of dockerd, when remembered */
	const struct effects
		*towards; /* of the handler that runs; NULL: none that restarts dockerd */
	bool restarted; /* a handler restarted dockerd since */
	struct started_with started_with; /* the last that a handler started */
	struct windows windows; /* of the handlers that ran since */
	struct known_network *networks;
	size_t nnetworks;
	char *networks_root; /* the data root then */
	struct forwarding broken_off; /* what a run that was broken off may not have put back */
	struct engine_state state; /* what dockerd said of itself before any handler ran */
	bool swarm_may_lock; /* by its restart, as the facts have it that were planned by */
	struct strv proxied; /* ports that docker-proxy held before any handler ran */
	struct strv led; /* published ports of containers to which rules led then */
	struct accepting *accepting; /* as many as `gaps` watches, in its order */
	size_t naccepting;
	struct strv
		unmeasured; /* published ports that nobody can knock at: "53/udp on :: of dns" */
	bool accepting_asked;
	struct gap_watch *gaps; /* NULL: nothing to watch */
	struct api_watch api;
	struct strv attached; /* "NETWORK ID" of containers, before any handler ran */
	struct strv given_up; /* by dockerd before: "ID: why" */
	struct strv tried; /* units that ran, and that a handler restarted to read a file anew */
	struct strv went_down; /* units that a handler's restart of dockerd took along */
	struct strv
		flushers; /* units started or stopped that may take all packet filter rules away */
	struct strv owed; /* of them those that have not been started again, whatever failed */
	struct strv ran; /* units that ran before a run that was broken off */
	struct strv stopped; /* units that somebody stopped since, and that stay so */
	struct strv lost_networks; /* what dockerd's log said of them before the last handler */
};

/* The connection to systemd, made at the first use and after it was lost; to be asked for anew in a loop. */
int live_bus(struct live *l, struct bus **ret, struct error *err);

/*
 * Drops a connection that an error was seen on, so that the next use makes a new one. Who holds the old one,
 * because a question of dockerd's API lost it in between, gets errors from it, until the operation ends and
 * live_bus_release() is called.
 */
void live_bus_lost(struct live *l, int code);
void live_bus_release(struct live *l);

/*
 * live-api.c: dockerd's API, and the one way to it from here. It is connected to where docker.service
 * serves, and not otherwise (-ECONNREFUSED): whoever connects to docker.socket has systemd start dockerd,
 * past the gate.
 */
int live_api_open(struct live *l, struct engine_api **ret, struct error *err);

/*
 * started-with.c. To be noted once dockerd answers after its start, before any file is written; what cannot be
 * read is not.
 */
void started_with_note(struct live *l);
void started_with_clear(struct started_with *s);

/*
 * The effector's look at what is now, with what is known of the start of this very dockerd. -EOPNOTSUPP: the
 * effector has none; else as struct effector says of it. `ret` is to be cleared whatever is returned.
 */
int live_look(struct live *l, struct facts *ret, struct error *err);

/* The handlers: see effector.h for what run() promises. */
int run_systemd_reload(struct live *l, const struct effects *towards, struct error *err);
int run_unit_state(struct live *l, const struct effects *towards, struct error *err);
int run_sysctl(struct live *l, const struct effects *towards, struct error *err);
int run_audit_rules(struct live *l, const struct effects *towards, struct error *err);
int run_firewall(struct live *l, const struct effects *towards, struct error *err);
int run_docker_reload(struct live *l, const struct effects *towards, struct error *err);
int run_docker_socket(struct live *l, const struct effects *towards, struct error *err);
int run_docker_restart(struct live *l, const struct effects *towards, struct error *err);

/*
 * docker-job.c. Every start, stop and restart of dockerd goes through the gate (restart-gate.h);
 * a unit that takes dockerd along when it goes down does, too. Start counts of earlier starts are
 * forgotten first: the fourth within a minute would fail.
 */
int live_docker_settle(struct live *l, char **ret_active, struct error *err);
int live_docker_job(struct live *l, enum bus_job job, const char *unit, struct error *err);
int live_may_give_up_live(struct effector *e, struct error *err);
/* Starts a unit that is down, failed or not, and waits for it. */
int live_start_again(struct bus *b, const char *unit, struct error *err);
int live_unit_job(struct live *l, enum bus_job job, const char *unit, int timeout_ms,
		  struct error *err);

/*
 * along.c: what goes down with a handler. Of dockerd all that runs and goes down with its two units, without
 * those two; with each of these its own.
 */
int live_docker_dependents(struct bus *b, struct strv *ret, struct error *err);
int live_takes_along(struct effector *e, enum handler handler, const struct effects *towards,
		     struct strv *ret, struct error *err);
void live_ran_before(struct effector *e, const struct strv *units, const uint64_t *since_usec);
int live_start_all_again(struct effector *e, struct error *err);
/* It is to be down: nobody starts it again. */
void live_let_down(struct live *l, const char *unit);

/*
 * ought-to-run.c: whether one of dockerd's two units is to run when a handler is done. One that somebody stopped
 * since is not, which is noted.
 */
int live_ought_to_run(struct live *l, const char *unit, bool *ret, struct error *err);
/*
 * The one rule of who is down by somebody's word: inactive (`active` is its ActiveState), and up after that time
 * (CLOCK_MONOTONIC, microseconds; NULL: not known), or found so before; the socket is where docker.service is.
 */
int live_was_stopped(struct live *l, const char *unit, const char *active,
		     const uint64_t *since_usec, bool *ret, struct error *err);
/* From here on a unit is left as somebody stopped it, which is noted once; it is none of those to be started. */
void live_stays_stopped(struct live *l, const char *unit);
int live_stopped_meanwhile(struct effector *e);

/* sysctl.c, firewall.c: as value_now() of effector.h. */
int setting_now(const char *name, char **ret);
int chain_now(const char *name, char **ret);

/* sysctl.c */
void live_writes_along(struct effector *e, enum handler handler, const struct effects *towards,
		       struct strv *ret_names, struct strv *ret_values);
void live_wrote_along(struct effector *e, const struct strv *names, const struct strv *values);

/* docker-confirm.c */
int live_in_force(struct effector *e, enum handler handler, const struct effects *towards);
int live_contradicts(struct effector *e, const struct effects *towards);

/* docker-trial.c */
int live_trial(struct effector *e, const struct facts *facts, const struct plan *plan,
	       char **ret_why, struct error *err);

/* timer.c */
int live_arm(struct effector *e, const char *name, uint64_t usec, struct error *err);
void live_disarm(struct effector *e, const char *name);

/* health.c */
int live_remember(struct effector *e, const struct facts *facts, struct error *err);
int live_health(struct effector *e, const struct stopped_list *may_stop, int gate_ms,
		struct error *err);

/*
 * Asks again and again until it is well, for at most so long: the last answer, or -EINTR. What comes
 * back by itself (containers, networks) is waited for so.
 */
int live_wait_until_well(struct live *l,
			 int (*ask)(struct live *l, const struct stopped_list *may_stop,
				    struct error *err),
			 const struct stopped_list *may_stop, int most_ms, struct error *err);

/* health-containers.c: those that ran before, judged by whose doing it was that one ended. */
void watched_remember(struct live *l, const struct facts *facts);
void live_remember_as(struct effector *e, const struct effector *first);
void watched_clear(struct live *l);
int watched_check(struct live *l, const struct stopped_list *may_stop, struct error *err);
int watched_wait_for_list(struct live *l, const struct stopped_list *may_stop, struct error *err);

/* Whether it has the process that it had. */
bool watched_runs(const struct watched *w);

/*
 * health-told.c: what is said of one, once: that it ended by itself; that it was stopped, as the plan
 * said; that one of its name was made in its place; that it runs on without what dockerd kept for it.
 */
void watched_tell_ended(struct live *l, struct watched *w, const struct ending *e);
void watched_tell_stopped(struct live *l, struct watched *w, bool removed);
void watched_tell_made_anew(struct live *l, struct watched *w, const struct stopped *s);
void watched_tell_cut_off(struct live *l, const struct stopped_list *may_stop);

/* What dockerd says of one now; -ENOENT: it has none such. To be cleared whatever is returned. */
int watched_inspect(struct engine_api *api, const char *id, struct container *ret,
		    struct error *err);

/* The one with this id, if its process is the one it had; NULL: none. */
struct watched *watched_find(struct live *l, const char *id);

/* health-attached.c: those that live on are still dockerd's, in the networks that they were in. */
void attached_remember(struct live *l, struct engine_api *api);
void attached_clear(struct live *l);
int attached_wait(struct live *l, const struct stopped_list *may_stop, struct error *err);
int attached_check_log(struct live *l, const struct stopped_list *may_stop, struct error *err);

/* health-loops.c: containers that kept ending; a note where dockerd tries no more since its restart. */
void loops_remember(struct live *l, const struct container *c);
void loops_clear(struct live *l);
int loops_tell(struct live *l, const struct stopped_list *may_stop, struct error *err);

/*
 * health-checks.c: their own checks. A look says whether one that was well is not any more; the last
 * one also notes what else the checks say. On the way back all are notes.
 */
int checks_look(struct live *l, struct error *err);
/* Waits for so long at most until those that were well and were started anew have told again; and looks. */
int checks_settle(struct live *l, const struct stopped_list *may_stop, int most_ms,
		  struct error *err);
void checks_tell(struct live *l);

/* health-networks.c: what dockerd needs for new containers: the networks that it had. */
void networks_remember(struct live *l, struct engine_api *api);
int networks_wait(struct live *l, struct error *err);
int networks_check_lost(const struct live *l, struct error *err);
void networks_clear(struct live *l);

/*
 * What to do for a container that lost something, `when` something is there again: its own restart,
 * but where dockerd has lost a network of its; then it would end, and not start again. The caller
 * frees it.
 */
char *restart_advice(struct live *l, const struct watched *w, const char *when);

/* health-ports.c: the published ports of those that live on are there again. */
void ports_remember(struct live *l);

/* Whether each port of it that a proxy held, or a rule led to, before has that now; false where none did. */
bool ports_are_kept(const struct live *l, const struct watched *w);

/* health-rules.c: those of the ports to which dockerd's rules lead; appended. */
int ports_led(const struct strv *ports, struct strv *ret, struct error *err);
bool rule_leads(const struct nft_rule *rule, const char *port);
int ports_wait(struct live *l, const struct stopped_list *may_stop, struct error *err);
/* Whether a dockerd with these settings has a proxy for each port: 1, 0, or -1: that is not known. */
int proxies_are_meant(const struct settings *now);
/* Of these ports those that had a proxy before, and have none among those of now. */
void ports_lost(const struct strv *ports, const struct strv *before, const struct strv *after,
		struct strv *ret);

/*
 * health-accept.c: the published ports of TCP that took connections before the first handler ran. A look
 * says whether each takes them now; what the plan stops or cuts off is left out. On the way back it is a
 * note.
 */
void accepting_remember(struct live *l);
void accepting_clear(struct live *l);
/* At first only of those that live on: who was started anew has the time that its health check has. */
int accepting_wait_survivors(struct live *l, const struct stopped_list *may_stop, int most_ms,
			     struct error *err);
int accepting_wait(struct live *l, const struct stopped_list *may_stop, int most_ms,
		   struct error *err);

/* Which of its container's ports stands for the one at `i`: the first with its number, in either family. */
unsigned accepting_service(const struct watched *w, size_t i, unsigned number);

void live_gap(struct effector *e, bool last, struct gaps *ret);

/*
 * "8080/tcp on 0.0.0.0" as the addresses at which to knock, of this host's own ones, and those that are too
 * many; appended.
 */
bool accepting_places(const char *port, const struct strv *own, unsigned *ret_number,
		      struct strv *ret, struct strv *ret_beyond);

/*
 * health-api.c: where the Engine API answered before the first handler ran, it answers again, and who could connect
 * there can, but for what the plan takes away itself. On the way back it is a note. dockerd's unix sockets are not knocked
 * at while it is down.
 */
void api_remember(struct live *l, const struct facts *f);
void api_ask_before(struct live *l);
void api_clear(struct live *l);
int api_wait(struct live *l, const struct stopped_list *may_stop, struct error *err);

/*
 * How long it was away: from when systemd began to stop dockerd to the first answer behind its start. The first is to be
 * called when that is there, the second when the handler is done.
 */
void api_came_back(struct live *l);
void api_take_gap(struct live *l);

/*
 * health-restarts.c: those that the restart of dockerd stopped, and their policy started again, have to
 * stay up.
 */
enum restarts_turn {
	RESTARTS_NONE,
	RESTARTS_OVER, /* it was started again at first, and stays up since */
	RESTARTS_GO_ON,
};
enum restarts_turn restarts_judge(long before, long now, uint64_t finished_usec,
				  uint64_t calm_since_usec);
int restarts_check(struct live *l, const struct stopped_list *may_stop, int gate_ms,
		   struct error *err);

/*
 * health-states.c: what dockerd says of itself. That the swarm is worse is a failure, unless it was
 * announced; what else it has no more, and warns of, is told.
 */
void state_remember(struct live *l, struct engine_api *api);
int state_wait(struct live *l, struct error *err);
void state_tell(struct live *l);

/* Around a handler that may stop containers or take networks away. */
void live_window_begin(struct live *l);
void live_window_end(struct live *l);

/* The key of an effect's subject; NULL when it has another scheme. */
const char *effect_key(const struct effect *e, enum scheme scheme);

/* Whether root's timer may run this program later: program-trust.h has the rule and its errors. */
int live_check_program(const char *program, struct error *err);
