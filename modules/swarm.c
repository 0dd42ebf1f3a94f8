#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "modules/common/tally.h"
#include "modules/registry.h"

#define HOURS_OF_A_DAY 24

/*
 * One property of the cluster that this host is a node of. Only measured: all of it is a
 * decision for the whole cluster, and most of it cannot be taken back.
 */

enum swarm_aspect {
	SWARM_OFF,
	SWARM_MEMBER,
	SWARM_MANAGERS,
	SWARM_ADDRESS,
	SWARM_NETWORKS,
	SWARM_AUTOLOCK,
	SWARM_CERTIFICATES,
	SWARM_ASPECT_COUNT,
};

ENUM_TABLE_DECLARE(swarm_aspect, enum swarm_aspect);
ENUM_TABLE(
	swarm_aspect, enum swarm_aspect,
	SWARM_ASPECT_COUNT, [SWARM_OFF] = "off", [SWARM_MEMBER] = "member",
	[SWARM_MANAGERS] = "managers", [SWARM_ADDRESS] = "address", [SWARM_NETWORKS] = "networks",
	[SWARM_AUTOLOCK] = "autolock", [SWARM_CERTIFICATES] = "certificates");

struct swarm_desired {
	int aspect;
	bool needed;
	long max;
	struct strv allow;
};

struct job {
	const struct swarm_desired *want;
	const struct facts *facts;
	const struct swarm *swarm;
	struct delta *delta;
};

static bool is_allowed(const struct job *job, const char *text)
{
	return strv_matches(&job->want->allow, text, 0);
}

static bool is_member(const struct facts *f)
{
	return f->docker.swarm && *f->docker.swarm && strcmp(f->docker.swarm, "inactive") != 0;
}

static bool is_locked(const struct facts *f)
{
	return strcmp_null(f->docker.swarm, "locked") == 0;
}

static void judge_off(struct job *job)
{
	struct delta *d = job->delta;

	if (!is_member(job->facts)) {
		delta_raise(d, VERDICT_PASS, "this host is in no swarm");
	} else if (job->want->needed) {
		delta_raise(d, VERDICT_NOT_APPLICABLE,
			    "this host is in a swarm, and is meant to be");
	} else {
		delta_raise(d, VERDICT_FAIL, "this host is in a swarm (%s)",
			    job->facts->docker.swarm);
		d->fix = xstrdup(
			"docker swarm leave, where no service needs it; of a manager docker "
			"node demote before; or 'needed: true'");
	}
}

/* For what a person looks at, where there is a swarm at all. */
static void judge_member(struct job *job)
{
	delta_raise(job->delta, VERDICT_MANUAL, NULL);
}

/* An even number tolerates no more losses than the odd one below it, and costs more to agree. */
static void judge_managers(struct job *job)
{
	CLEANUP(strv_clear) struct strv away = {0};
	CLEANUP(freep) char *names = NULL;
	struct delta *d = job->delta;
	size_t n = job->swarm->nmanagers;

	for (size_t i = 0; i < n; i++)
		if (strcmp_null(job->swarm->managers[i].reachability, "reachable") != 0)
			strv_add(&away, job->swarm->managers[i].name);
	names = names_join(&away);
	if (n > (size_t)job->want->max) {
		delta_raise(d, VERDICT_FAIL, "%zu managers, more than %ld", n, job->want->max);
		d->fix = xstrdup("docker node demote NODE");
	} else if (n % 2 == 0) {
		delta_raise(
			d, VERDICT_FAIL,
			"%zu managers: an even number bears the loss of no more of them than %zu",
			n, n ? n - 1 : 0);
		d->fix = xstrdup("docker node demote NODE, or docker node promote another one");
	} else if (away.count) {
		delta_raise(d, VERDICT_FAIL, "of %zu managers %s cannot be reached", n, names);
		d->fix = xstrdup("bring the node back, or docker node demote it");
	} else {
		delta_raise(d, VERDICT_PASS, "%zu manager%s", n, n == 1 ? "" : "s");
	}
}

static bool is_wildcard(const char *address)
{
	return starts_with(address, "0.0.0.0") || starts_with(address, "[::]") ||
	       starts_with(address, ":") || starts_with(address, "*");
}

/*
 * Also of a worker: its gossip (7946) listens on this address, and 2377 once it is promoted. What
 * role it has only a dockerd that answers tells.
 */
static bool is_worker(const struct job *job)
{
	return !job->facts->docker.not_measured && !job->swarm->not_measured &&
	       strcmp_null(job->facts->docker.swarm, "active") == 0 && !job->swarm->manager;
}

static char *worker_listens(const char *address)
{
	const char *colon = strrchr(address, ':');
	CLEANUP(freep)
	char *host = xstrndup(address, colon ? (size_t)(colon - address) : strlen(address));

	return xasprintf("%s, 7946 tcp and udp: a worker, whose 2377 comes with its promotion",
			 host);
}

static void judge_address(struct job *job)
{
	const struct swarm *s = job->swarm;
	struct delta *d = job->delta;
	const char *address = s->listen_address && *s->listen_address ? s->listen_address : NULL;
	CLEANUP(freep)
	char *where = address && is_worker(job) ? worker_listens(address) : xstrdup_null(address);

	if (!where) {
		delta_raise(d, VERDICT_NOT_MEASURED, "%s",
			    s->listen_unknown ? s->listen_unknown
					      : "the address that it listens on is not known");
	} else if (is_wildcard(address)) {
		delta_raise(d, VERDICT_FAIL, "the swarm listens on every address (%s)", where);
		d->fix = xstrdup(
			"leave and join again with --listen-addr ADDRESS:2377; until then let "
			"the firewall keep 2377/tcp, 7946 and 4789/udp to the nodes");
	} else {
		delta_raise(d, VERDICT_PASS, "the swarm listens on %s", where);
	}
}

/* Engines before let packets of an encrypted network through that are not (CVE-2023-28840 to 28842). */
static bool is_leaky(const char *version)
{
	if (!version)
		return false;
	if (engine_version_compare(version, "23.0.0") >= 0)
		return engine_version_compare(version, "23.0.3") < 0;
	return engine_version_compare(version, "20.10.24") < 0;
}

static void judge_networks(struct job *job)
{
	const struct swarm *s = job->swarm;
	CLEANUP(strv_clear) struct strv plain = {0};
	CLEANUP(freep) char *names = NULL;
	struct delta *d = job->delta;
	const char *version = job->facts->docker.version;

	if (s->networks_unknown) {
		delta_raise(d, VERDICT_NOT_MEASURED, "%s", s->networks_unknown);
		return;
	}
	for (size_t i = 0; i < s->nnetworks; i++)
		if (!s->networks[i].encrypted && !is_allowed(job, s->networks[i].name))
			strv_add(&plain, s->networks[i].name);
	names = names_join(&plain);
	if (plain.count) {
		delta_raise(d, VERDICT_FAIL, "%zu of %zu overlay networks are not encrypted: %s",
			    plain.count, s->nnetworks, names);
		d->fix = xstrdup(
			"make the network anew: docker network create --driver overlay --opt "
			"encrypted NAME; let IP protocol 50 through between the nodes");
	} else if (s->nnetworks == 0) {
		delta_raise(d, VERDICT_NOT_APPLICABLE, "there is no overlay network");
	} else if (is_leaky(version)) {
		delta_raise(d, VERDICT_FAIL,
			    "encrypted overlay networks of Docker %s let plain packets in",
			    version);
		d->fix = xstrdup("upgrade Docker to 20.10.24, 23.0.3 or later");
	} else {
		delta_raise(d, VERDICT_PASS, "every overlay network is encrypted%s",
			    job->want->allow.count ? ", or is one that need not be" : "");
	}
}

static void judge_autolock(struct job *job)
{
	struct delta *d = job->delta;

	if (is_locked(job->facts)) {
		delta_raise(d, VERDICT_PASS, "the manager is locked and waits for its key");
	} else if (job->swarm->autolock) {
		delta_raise(d, VERDICT_PASS, "managers are locked when they start");
	} else {
		delta_raise(d, VERDICT_FAIL,
			    "managers keep the key of the cluster's data beside it on the disk");
		d->fix = xstrdup(
			"docker swarm update --autolock=true; keep the key that it prints: "
			"after every restart of dockerd somebody types it (docker swarm unlock)");
	}
}

static void judge_certificates(struct job *job)
{
	long hours = (long)job->swarm->certificate_hours;
	struct delta *d = job->delta;

	if (hours < 1) {
		delta_raise(d, VERDICT_NOT_MEASURED,
			    "the lifetime of the nodes' certificates is not known");
	} else if (hours > job->want->max) {
		delta_raise(
			d, VERDICT_FAIL,
			"certificates of nodes are good for %ld hours (%ld days), more than %ld",
			hours, hours / HOURS_OF_A_DAY, job->want->max);
		d->fix = xasprintf("docker swarm update --cert-expiry %ldh; a node that is off for "
				   "longer must join again",
				   job->want->max);
	} else {
		delta_raise(d, VERDICT_PASS, "certificates of nodes are good for %ld hours", hours);
	}
}

static const struct aspect {
	void (*judge)(struct job *job);
	bool of_managers; /* only a manager can tell */
	bool has_max, has_allow;
} aspects[SWARM_ASPECT_COUNT] = {
	[SWARM_OFF] = {.judge = judge_off},
	[SWARM_MEMBER] = {.judge = judge_member},
	[SWARM_MANAGERS] = {.judge = judge_managers, .of_managers = true, .has_max = true},
	[SWARM_ADDRESS] = {.judge = judge_address},
	[SWARM_NETWORKS] = {.judge = judge_networks, .has_allow = true},
	[SWARM_AUTOLOCK] = {.judge = judge_autolock, .of_managers = true},
	[SWARM_CERTIFICATES] = {.judge = judge_certificates, .of_managers = true, .has_max = true},
};

/* Whether something can be said; else the delta has why not. What the disk tells is told in any state. */
static bool can_judge(struct job *job, const struct aspect *aspect)
{
	const struct docker_facts *docker = &job->facts->docker;
	const struct swarm *s = job->swarm;
	struct delta *d = job->delta;

	if (!docker->swarm)
		delta_raise(d, VERDICT_NOT_MEASURED, "%s",
			    docker->not_measured ? docker->not_measured
						 : "whether this host is in a swarm is not known");
	else if (aspect->judge == judge_off)
		return true;
	else if (!is_member(job->facts))
		delta_raise(d, VERDICT_NOT_APPLICABLE, "this host is in no swarm");
	else if (aspect->judge == judge_member)
		return true;
	else if (!(job->facts->parts & FACTS_SWARM))
		delta_raise(d, VERDICT_NOT_MEASURED, "the swarm was not asked for");
	else if (aspect->judge == judge_address)
		return true;
	else if (docker->not_measured)
		delta_raise(d, VERDICT_NOT_MEASURED, "%s", docker->not_measured);
	else if (aspect->judge == judge_autolock && is_locked(job->facts))
		return true;
	else if (strcmp(docker->swarm, "active") != 0)
		delta_raise(d, VERDICT_NOT_MEASURED, "this node of a swarm is not active (%s)%s",
			    docker->swarm,
			    is_locked(job->facts) ? ": 'docker swarm unlock' wants its key" : "");
	else if (aspect->of_managers && s->not_measured)
		delta_raise(d, VERDICT_NOT_MEASURED, "%s", s->not_measured);
	else if (aspect->of_managers && !s->manager)
		delta_raise(d, VERDICT_NOT_APPLICABLE,
			    "this node is a worker; only managers are told of that");
	else
		return true;
	return false;
}

static int swarm_diff(const void *desired, const struct view *now, struct delta *ret,
		      struct error *err)
{
	const struct swarm_desired *want = desired;
	const struct aspect *aspect = &aspects[want->aspect];
	struct job job = {
		.want = want,
		.facts = now->facts,
		.swarm = &now->facts->swarm,
		.delta = ret,
	};

	if (now->facts->docker.install == DOCKER_NONE)
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "Docker is not installed");
	else if (can_judge(&job, aspect))
		aspect->judge(&job);
	return 0;
}

/* Whether the host is in a swarm is known of every host. */
static unsigned swarm_needs(const void *desired)
{
	const struct swarm_desired *want = desired;

	return want->aspect == SWARM_OFF || want->aspect == SWARM_MEMBER ? 0 : FACTS_SWARM;
}

static int swarm_check(const void *desired, struct error *err)
{
	const struct swarm_desired *want = desired;
	const struct aspect *aspect = &aspects[want->aspect];
	const char *name = swarm_aspect_to_string((enum swarm_aspect)want->aspect);

	if (aspect->has_max && want->max < 1)
		return error_set(err, -EINVAL, "aspect %s needs 'max', at least 1", name);
	if (!aspect->has_max && want->max >= 0)
		return error_set(err, -EINVAL, "'max' does not go with aspect %s", name);
	if (!aspect->has_allow && want->allow.count)
		return error_set(err, -EINVAL, "'allow' does not go with aspect %s", name);
	if (want->needed && want->aspect != SWARM_OFF)
		return error_set(err, -EINVAL, "'needed' does not go with aspect %s", name);
	return 0;
}

static const struct field fields[] = {
	{.key = "aspect",
	 .type = FIELD_ENUM,
	 .offset = offsetof(struct swarm_desired, aspect),
	 .required = true,
	 .parse = swarm_aspect_from_string,
	 .help = "off, member, managers, address, networks, autolock or certificates"},
	{.key = "needed",
	 .type = FIELD_BOOL,
	 .offset = offsetof(struct swarm_desired, needed),
	 .help = "of off: the host is meant to be in a swarm"},
	{.key = "max",
	 .type = FIELD_INT,
	 .offset = offsetof(struct swarm_desired, max),
	 .def = -1,
	 .help = "of managers: how many; of certificates: for how many hours"},
	{.key = "allow",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct swarm_desired, allow),
	 .help = "of networks: globs of those that need not be encrypted, such as ingress"},
	{0},
};

const struct module module_swarm = {
	.name = "swarm",
	.summary = "a property of the swarm that the host is in",
	.desired_size = sizeof(struct swarm_desired),
	.fields = fields,
	.check = swarm_check,
	.needs = swarm_needs,
	.diff = swarm_diff,
};
