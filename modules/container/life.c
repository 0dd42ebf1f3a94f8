#include <inttypes.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/container/container.h"

/* What runs in a container, whether it is well, and how long it is kept. */

#define DEFAULT_MAX_RESTARTS 5
#define DEFAULT_MAX_STOPPED 25

#define USEC_PER_SEC UINT64_C(1000000)

static enum verdict judge_ssh(const struct container_case *k)
{
	if (!container_lives(k->c))
		return VERDICT_NOT_APPLICABLE;
	if (k->c->unread)
		return VERDICT_NOT_MEASURED;
	return container_fails_each(k, &k->c->ssh, "");
}

/* A first process that only starts one other is an init or a script; more are another matter. */
static enum verdict judge_one_process(const struct container_case *k)
{
	if (!container_lives(k->c))
		return VERDICT_NOT_APPLICABLE;
	if (k->c->unread)
		return VERDICT_NOT_MEASURED;
	container_fails_each(k, &k->c->managers, "");
	if (k->c->programs.count > 1)
		container_fails_each(k, &k->c->programs, "");
	return k->details->count ? VERDICT_FAIL : VERDICT_PASS;
}

static enum verdict judge_restart(const struct container_case *k)
{
	const char *policy = k->c->restart_policy ? k->c->restart_policy : "no";
	long max = k->want->max >= 0 ? k->want->max : DEFAULT_MAX_RESTARTS;
	long count = k->c->restart_count;

	if (k->c->swarm_task || strcmp(policy, "no") == 0 || !*policy)
		return VERDICT_PASS; /* of a task the service decides */
	if (strcmp(policy, "on-failure") != 0)
		return container_fails(k, "%s", policy);
	if (count == 0)
		return container_fails(k, "on-failure without end");
	return count > max ? container_fails(k, "on-failure:%ld", count) : VERDICT_PASS;
}

/* What was said so long ago is not what is: 20.10 runs none after a restart of its own. */
static enum verdict judge_healthy(const struct container_case *k)
{
	uint64_t age;

	if (!container_lives(k->c) ||
	    !container_check_overdue(k->c, (uint64_t)k->facts->today * USEC_PER_SEC, &age))
		return VERDICT_PASS;
	strv_addf(k->details,
		  "healthy, but its last check was %" PRIu64 " s ago, and one is due every %" PRIu64
		  " s: dockerd does not run it any more; 'docker pause' and 'docker unpause', or "
		  "'docker restart', start it",
		  age / USEC_PER_SEC, k->c->check_every_usec / USEC_PER_SEC);
	return VERDICT_NOT_MEASURED;
}

static enum verdict judge_health(const struct container_case *k)
{
	const char *health = k->c->health ? k->c->health : "none";

	if (strcmp(health, "none") == 0)
		return container_fails(k, "no check");
	if (!container_lives(k->c) || strcmp(health, "healthy") == 0)
		return judge_healthy(k);
	if (strcmp(health, "unhealthy") == 0)
		return container_fails(k, "unhealthy");
	strv_add(k->details, "its check has no result yet");
	return VERDICT_NOT_MEASURED;
}

/* Each that lies about counts; one alone is not a finding. */
static enum verdict judge_sprawl(const struct container_case *k)
{
	long max = k->want->max >= 0 ? k->want->max : DEFAULT_MAX_STOPPED;
	size_t running, stopped;
	struct containers all;

	if (!containers_get(&k->docker->containers, &all) ||
	    !containers_running(&k->docker->containers, &running)) {
		strv_add(k->details, "not of all containers is known whether they run");
		return VERDICT_NOT_MEASURED;
	}
	stopped = all.count - running;
	return !k->c->running && stopped > (size_t)max ? VERDICT_FAIL : VERDICT_PASS;
}

const struct container_aspect container_life_aspects[] = {
	{
		.name = "ssh",
		.finding = "an SSH server in it",
		.fix = "take it out of the image; docker exec gives a shell",
		.judge = judge_ssh,
	},
	{
		.name = "one-process",
		.finding = "more than one service in it",
		.fix = "an image and a container for each service",
		.judge = judge_one_process,
	},
	{
		.name = "restart",
		.finding = "is started again without end",
		.fix = "docker run --restart on-failure:5 (docker update --restart for one that "
		       "exists); compose: restart",
		.judge = judge_restart,
		.takes_max = true,
	},
	{
		.name = "healthcheck",
		.finding = "not shown to be healthy",
		.fix = "docker run --health-cmd COMMAND; compose: healthcheck; best in the image: "
		       "HEALTHCHECK",
		.judge = judge_health,
	},
	{
		.name = "sprawl",
		.finding = "too many containers that do not run",
		.fix = "docker container rm NAME; docker run --rm for what runs once",
		.judge = judge_sprawl,
		.takes_max = true,
		.of_stopped = true,
	},
	{0},
};
