#include "engine/format/container-config.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/json-util.h"

#define DEFAULT_SHARES 1024 /* what the engine means by no share */
#define DEFAULT_PERIOD 100000
#define NANO 1e9

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool denies(const json_t *rules)
{
	for (size_t i = 0; i < json_array_size(rules); i++) {
		const char *action = json_text_of(json_array_get(rules, i), "action");

		if (strcmp(action, "SCMP_ACT_ALLOW") != 0 && strcmp(action, "SCMP_ACT_LOG") != 0)
			return true;
	}
	return false;
}

/* The client puts the whole profile in place of its file's name. */
static const char *profile_kind(const char *profile)
{
	CLEANUP(json_decrefp) json_t *root = json_loads(profile, 0, NULL);
	const char *action = json_text_of(root, "defaultAction");
	bool lets = strcmp(action, "SCMP_ACT_ALLOW") == 0 || strcmp(action, "SCMP_ACT_LOG") == 0;

	return root && lets && !denies(json_object_get(root, "syscalls")) ? "allows-all" : "custom";
}

/* Old clients write a colon for the first equals sign; the engine takes both. */
static void take_security(const json_t *options, struct strv *ret)
{
	for (size_t i = 0; i < json_array_size(options); i++) {
		const char *option = json_string_value(json_array_get(options, i));
		size_t n = option ? strcspn(option, "=:") : 0;

		if (!option)
			continue;
		if (equals_n(option, n, "seccomp") &&
		    option[n + strspn(option + n, "=: \t\n")] == '{')
			strv_addf(ret, "seccomp=%s", profile_kind(option + n + 1));
		else
			strv_addf(ret, "%.*s%s%s", (int)n, option, option[n] ? "=" : "",
				  option + n + (option[n] != '\0'));
	}
}

static void take_devices(const json_t *host, struct strv *ret)
{
	const json_t *devices = json_object_get(host, "Devices");
	const json_t *requests = json_object_get(host, "DeviceRequests");

	for (size_t i = 0; i < json_array_size(devices); i++)
		strv_add(ret, json_text_of(json_array_get(devices, i), "PathOnHost"));
	json_take_strings(json_object_get(host, "DeviceCgroupRules"), ret);
	for (size_t i = 0; i < json_array_size(requests); i++) {
		const char *driver = json_text_of(json_array_get(requests, i), "Driver");

		strv_addf(ret, "request %s", *driver ? driver : "gpu");
	}
}

static void take_ulimits(const json_t *limits, struct strv *ret)
{
	for (size_t i = 0; i < json_array_size(limits); i++) {
		const json_t *limit = json_array_get(limits, i);

		strv_addf(ret, "%s=%lld:%lld", json_text_of(limit, "Name"),
			  (long long)number_of(limit, "Soft"), (long long)number_of(limit, "Hard"));
	}
}

/* Of a container that runs, the groups of its processes say it better. */
static char *cpu_of(const json_t *host)
{
	json_int_t nano = number_of(host, "NanoCpus"), quota = number_of(host, "CpuQuota");
	json_int_t period = number_of(host, "CpuPeriod"), shares = number_of(host, "CpuShares");
	const char *cpus = json_text_of(host, "CpusetCpus");

	if (nano > 0)
		return xasprintf("quota %.2f", (double)nano / NANO);
	if (quota > 0)
		return xasprintf("quota %.2f",
				 (double)quota / (double)(period > 0 ? period : DEFAULT_PERIOD));
	if (*cpus)
		return xasprintf("cpus %s", cpus);
	if (shares > 0 && shares != DEFAULT_SHARES)
		return xasprintf("weight %lld", (long long)shares);
	return xstrdup("none");
}

static void take_limits(const json_t *host, struct container *c)
{
	json_int_t pids = number_of(host, "PidsLimit"), memory = number_of(host, "Memory");

	c->memory = memory > 0 ? memory : 0;
	c->pids = pids > 0 ? pids : 0;
	free(c->cpu);
	c->cpu = cpu_of(host);
	str_replace(&c->cgroup_parent, json_text_of(host, "CgroupParent"));
	take_ulimits(json_object_get(host, "Ulimits"), &c->ulimits);
}

static void take_modes(const json_t *host, struct container *c)
{
	const char *policy = json_text_of(json_object_get(host, "RestartPolicy"), "Name");

	str_replace(&c->restart_policy, *policy ? policy : "no");
	c->restart_count = number_of(json_object_get(host, "RestartPolicy"), "MaximumRetryCount");
	str_replace(&c->network_mode, json_text_of(host, "NetworkMode"));
	str_replace(&c->pid_mode, json_text_of(host, "PidMode"));
	str_replace(&c->ipc_mode, json_text_of(host, "IpcMode"));
	str_replace(&c->uts_mode, json_text_of(host, "UTSMode"));
	str_replace(&c->userns_mode, json_text_of(host, "UsernsMode"));
	str_replace(&c->cgroupns_mode, json_text_of(host, "CgroupnsMode"));
}

static void take_log(const json_t *log, struct container *c)
{
	const json_t *options = json_object_get(log, "Config");
	CLEANUP(freep) char *text = options ? json_dumps(options, JSON_COMPACT) : NULL;

	str_replace(&c->log_driver, json_text_of(log, "Type"));
	str_replace(&c->log_options, text);
}

void container_take_host_config(const json_t *host, struct container *c)
{
	c->auto_remove = json_is_true(json_object_get(host, "AutoRemove"));
	c->privileged = json_is_true(json_object_get(host, "Privileged"));
	c->read_only = json_is_true(json_object_get(host, "ReadonlyRootfs"));
	take_log(json_object_get(host, "LogConfig"), c);
	str_replace(&c->runtime, json_text_of(host, "Runtime"));
	take_modes(host, c);
	take_limits(host, c);
	take_devices(host, &c->devices);
	take_security(json_object_get(host, "SecurityOpt"), &c->security);
	json_take_strings(json_object_get(host, "CapAdd"), &c->cap_add);
	json_take_strings(json_object_get(host, "CapDrop"), &c->cap_drop);
	json_take_strings(json_object_get(host, "Links"), &c->links);
	strv_sort(&c->links); /* dockerd tells them in another order each time */
}

static const char *tenant_of(const json_t *labels)
{
	static const char *const keys[] = {"com.docker.compose.project",
					   "com.docker.stack.namespace", "tenant", "owner"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (*json_text_of(labels, keys[i]))
			return json_text_of(labels, keys[i]);
	return NULL;
}

/* Where compose has the project from: "/srv/shop", "/srv/shop/a.yml,/srv/shop/b.yml". */
static void take_compose_places(const json_t *labels, struct strv *ret)
{
	static const char *const keys[] = {"com.docker.compose.project.working_dir",
					   "com.docker.compose.project.config_files"};

	strv_clear(ret);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		strv_split(ret, json_text_of(labels, keys[i]), ",");
}

/* "db:service_started:false,cache:service_healthy:true": services of its project. */
static void take_compose_needs(const json_t *labels, struct container *c)
{
	const char *service = json_text_of(labels, "com.docker.compose.service");
	CLEANUP(strv_clear) struct strv needs = {0};

	str_replace(&c->compose_service, *service ? service : NULL);
	strv_clear(&c->compose_needs);
	strv_split(&needs, json_text_of(labels, "com.docker.compose.depends_on"), ",");
	for (size_t i = 0; i < needs.count; i++)
		strv_add_n(&c->compose_needs, needs.items[i], strcspn(needs.items[i], ":"));
}

void container_take_config(const json_t *config, struct container *c)
{
	const json_t *environment = json_object_get(config, "Env");
	const json_t *labels = json_object_get(config, "Labels");
	static const char variable[] = "DOCKER_HOST=";

	str_replace(&c->image, json_text_of(config, "Image"));
	str_replace(&c->user, json_text_of(config, "User"));
	str_replace(&c->stop_signal, json_text_of(config, "StopSignal"));
	c->stop_timeout = number_of(config, "StopTimeout");
	str_replace(&c->tenant, tenant_of(labels));
	take_compose_places(labels, &c->compose_places);
	take_compose_needs(labels, c);
	c->swarm_task = *json_text_of(labels, "com.docker.swarm.task.id");
	for (size_t i = 0; i < json_array_size(environment); i++) {
		const char *text = json_string_value(json_array_get(environment, i));

		if (text && starts_with(text, variable) && text[strlen(variable)])
			str_replace(&c->docker_host, text + strlen(variable));
	}
}
