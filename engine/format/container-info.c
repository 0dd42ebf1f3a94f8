#include "engine/format/container-info.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/format/container-config.h"
#include "engine/format/container-ports.h"
#include "engine/format/json-util.h"
#include "engine/format/published-info.h"

#define ANONYMOUS_NAME 64 /* hexadecimal digits */

static json_t *load(const struct buf *body, const char *what, struct error *err)
{
	json_t *root = json_loadb(buf_str(body), body->len, 0, NULL);

	if (json_is_object(root))
		return root;
	json_decref(root);
	error_set(err, -EINVAL, "cannot understand what dockerd says of %s", what);
	return NULL;
}

static bool is_anonymous_name(const char *name)
{
	return strlen(name) == ANONYMOUS_NAME && strspn(name, "0123456789abcdef") == ANONYMOUS_NAME;
}

static int compare_targets(const void *a, const void *b)
{
	return strcmp(((const struct container_mount *)a)->target,
		      ((const struct container_mount *)b)->target);
}

/* dockerd keeps them in a map, and tells them in another order each time. */
static void take_mounts(const json_t *mounts, struct container *c)
{
	for (size_t i = 0; i < json_array_size(mounts); i++) {
		const json_t *mount = json_array_get(mounts, i);
		struct container_mount *m = container_add_mount(c);
		const char *name = json_text_of(mount, "Name"),
			   *source = json_text_of(mount, "Source");

		m->type = xstrdup(json_text_of(mount, "Type"));
		m->volume = *name ? xstrdup(name) : NULL;
		m->source = *source ? xstrdup(source) : NULL;
		m->target = xstrdup(json_text_of(mount, "Destination"));
		m->propagation = xstrdup(json_text_of(mount, "Propagation"));
		m->writable = json_is_true(json_object_get(mount, "RW"));
		m->anonymous = strcmp(m->type, "volume") == 0 && is_anonymous_name(name);
	}
	if (c->nmounts > 1)
		qsort(c->mounts, c->nmounts, sizeof(*c->mounts), compare_targets);
}

/* "none" where there is no check; of one that did not report, "unknown". */
static const char *health_of(const json_t *state, const json_t *config)
{
	const json_t *check = json_object_get(config, "Healthcheck");
	const json_t *test = json_object_get(check, "Test");
	const char *status = json_text_of(json_object_get(state, "Health"), "Status");
	const char *kind = json_string_value(json_array_get(test, 0));

	if (*status)
		return status;
	return kind && strcmp(kind, "NONE") != 0 ? "unknown" : "none";
}

/* "2026-11-28T17:58:21.75341638Z"; the year 1 stands for never. Always in UTC. */
static uint64_t usec_of(const char *text)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	uint64_t fraction = 0, weight = 100000;
	time_t seconds = rest ? timegm(&tm) : 0;

	if (!rest || seconds <= 0)
		return 0;
	for (rest += *rest == '.'; *rest >= '0' && *rest <= '9'; rest++, weight /= 10)
		fraction += (uint64_t)(*rest - '0') * weight;
	return (uint64_t)seconds * 1000000 + fraction;
}

/* How it ran so far, and how it ended. */
static void take_life(const json_t *state, struct container *c)
{
	const json_t *code = json_object_get(state, "ExitCode");

	c->exit_code = json_is_integer(code) && !c->running ? (int)json_integer_value(code) : -1;
	c->oom_killed = json_is_true(json_object_get(state, "OOMKilled"));
	c->started_usec = usec_of(json_text_of(state, "StartedAt"));
	c->finished_usec = usec_of(json_text_of(state, "FinishedAt"));
}

/* In nanoseconds; of what is not given dockerd takes 30 s. */
static uint64_t pause_of(const json_t *check, const char *key)
{
	json_int_t nanoseconds = json_integer_value(json_object_get(check, key));

	return nanoseconds > 0 ? (uint64_t)nanoseconds / 1000 : UINT64_C(30000000);
}

static void take_pace(const json_t *check, struct container *c)
{
	bool slow_start = json_is_integer(json_object_get(check, "StartInterval"));
	uint64_t first = slow_start ? pause_of(check, "StartInterval") : 0;

	c->check_every_usec = pause_of(check, "Interval");
	if (first > c->check_every_usec)
		c->check_every_usec = first;
	c->check_most_usec = pause_of(check, "Timeout");
}

/* dockerd keeps the last five. */
static void take_checks(const json_t *health, struct container *c)
{
	const json_t *log = json_object_get(health, "Log");

	c->failing = (long)json_integer_value(json_object_get(health, "FailingStreak"));
	c->failed = c->failing > 0;
	c->checked_usec =
		usec_of(json_text_of(json_array_get(log, json_array_size(log) - 1), "End"));
	for (size_t i = 0; i < json_array_size(log); i++)
		c->failed |= json_integer_value(
				     json_object_get(json_array_get(log, i), "ExitCode")) != 0;
}

static void take_state(const json_t *state, const json_t *config, struct container *c)
{
	str_replace(&c->state, json_text_of(state, "Status"));
	c->running = json_is_true(json_object_get(state, "Running"));
	c->pid = (pid_t)json_integer_value(json_object_get(state, "Pid"));
	str_replace(&c->health, health_of(state, config));
	strv_clear(&c->health_test);
	json_take_strings(json_object_get(json_object_get(config, "Healthcheck"), "Test"),
			  &c->health_test);
	if (c->health_test.count > 0)
		strv_remove(&c->health_test, 0); /* "CMD", "CMD-SHELL", "NONE" */
	take_checks(json_object_get(state, "Health"), c);
	take_pace(json_object_get(config, "Healthcheck"), c);
	take_life(state, c);
	c->start_failed = *json_text_of(state, "Error") != '\0';
}

/* Of networks that dockerd makes by itself links are in /etc/hosts, and stay there. */
static void take_endpoint(const char *network, const json_t *endpoint, struct container *c)
{
	static const char *const lists[] = {"Aliases", "DNSNames"};
	CLEANUP(strv_clear) struct strv links = {0}, names = {0};

	static const char *const keys[] = {"IPAddress", "GlobalIPv6Address"};

	strv_add(&c->networks, network);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (*json_text_of(endpoint, keys[i]))
			strv_addf(&c->addresses, "%s %s", network, json_text_of(endpoint, keys[i]));
	c->has_ipv6 |= *json_text_of(endpoint, "GlobalIPv6Address") != '\0';
	if (network_is_dockerds(network))
		return;
	json_take_strings(json_object_get(endpoint, "Links"), &links);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		json_take_strings(json_object_get(endpoint, lists[i]), &names);
	for (size_t i = 0; i < links.count; i++)
		strv_addf(&c->network_links, "%s %s", network, links.items[i]);
	for (size_t i = 0; i < names.count; i++)
		strv_addf(&c->network_names, "%s %s", network, names.items[i]);
}

static void take_endpoints(const json_t *settings, struct container *c)
{
	const char *name;
	json_t *network;

	json_object_foreach(json_object_get(settings, "Networks"), name, network)
	{
		take_endpoint(name, network, c);
	}
}

/* What the container wrote, where the storage driver keeps that in a directory of its own. */
static void take_layer(const json_t *driver, struct container *c)
{
	const char *upper = json_text_of(json_object_get(driver, "Data"), "UpperDir");

	if (strcmp(json_text_of(driver, "Name"), "overlay2") == 0 && *upper)
		str_replace(&c->layer, upper);
}

int container_info_read_list(const struct buf *body, struct strv *ret_ids, struct strv *ret_names,
			     struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *list = json_load_as(body, JSON_ARRAY, "dockerd's list of containers", err);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *id = json_text_of(one, "Id");

		if (!*id)
			return error_set(err, -EINVAL,
					 "dockerd's list of containers has one without an id");
		strv_add(ret_ids, id);
		if (ret_names)
			json_take_strings(json_object_get(one, "Names"), ret_names);
	}
	return list ? 0 : -EINVAL;
}

/* What makes it an answer about a container at all. */
static int check_told(const json_t *inspect, struct error *err)
{
	const json_t *state = json_object_get(inspect, "State");

	if (!*json_text_of(inspect, "Id"))
		return error_set(err, -EINVAL, "what dockerd says of a container has no id");
	if (!json_is_boolean(json_object_get(state, "Running")))
		return error_set(err, -EINVAL,
				 "what dockerd says of a container lacks whether it runs");
	return 0;
}

int container_info_read(const struct buf *body, struct container *ret, struct strv *ret_execs,
			struct error *err)
{
	CLEANUP(json_decrefp) json_t *inspect = load(body, "a container", err);
	const json_t *config = json_object_get(inspect, "Config");
	const char *name = json_text_of(inspect, "Name");

	if (!inspect || check_told(inspect, err) < 0)
		return -EINVAL;
	str_replace(&ret->id, json_text_of(inspect, "Id"));
	str_replace(&ret->name, name + (*name == '/'));
	str_replace(&ret->image_id, json_text_of(inspect, "Image"));
	ret->restarts = (long)json_integer_value(json_object_get(inspect, "RestartCount"));
	take_layer(json_object_get(inspect, "GraphDriver"), ret);
	str_replace(&ret->apparmor_profile, json_text_of(inspect, "AppArmorProfile"));
	str_replace(&ret->process_label, json_text_of(inspect, "ProcessLabel"));
	take_state(json_object_get(inspect, "State"), config, ret);
	container_take_config(config, ret);
	container_take_host_config(json_object_get(inspect, "HostConfig"), ret);
	take_endpoints(json_object_get(inspect, "NetworkSettings"), ret);
	container_take_ports(inspect, ret);
	take_mounts(json_object_get(inspect, "Mounts"), ret);
	if (ret_execs) {
		json_take_strings(json_object_get(inspect, "ExecIDs"), ret_execs);
		strv_sort(ret_execs); /* likewise of a map */
	}
	return 0;
}

int container_info_read_disk(const struct buf *config, const struct buf *host_config,
			     struct container *ret, struct error *err)
{
	CLEANUP(json_decrefp) json_t *root = load(config, "config.v2.json", err);
	CLEANUP(json_decrefp)
	json_t *host = root ? load(host_config, "hostconfig.json", err) : NULL;
	const char *name = json_text_of(root, "Name");

	if (!root || !host)
		return -EINVAL;
	str_replace(&ret->id, json_text_of(root, "ID"));
	str_replace(&ret->name, name + (*name == '/'));
	str_replace(&ret->image_id, json_text_of(root, "Image"));
	container_take_config(json_object_get(root, "Config"), ret);
	container_take_host_config(host, ret);
	take_endpoints(json_object_get(root, "NetworkSettings"), ret);
	container_take_asked_ports(json_object_get(root, "Config"), host, &ret->asked_ports);
	strv_add_all(&ret->ports, &ret->asked_ports);
	return 0;
}

int container_info_read_disk_state(const struct buf *config, struct container *ret,
				   struct error *err)
{
	CLEANUP(json_decrefp) json_t *root = load(config, "config.v2.json", err);
	const json_t *state = json_object_get(root, "State");
	bool ran = json_is_true(json_object_get(state, "Running"));
	const json_t *began = json_object_get(root, "HasBeenStartedBefore");

	if (!root)
		return -EINVAL;
	ret->restarts = json_integer_value(json_object_get(root, "RestartCount"));
	ret->exit_code = json_integer_value(json_object_get(state, "ExitCode"));
	if (ran) /* dockerd finds that it ended, and how is not known */
		ret->exit_code = ret->exit_code ? ret->exit_code : 255;
	if (ran || !json_is_false(began))
		str_replace(&ret->state, "exited");
	return 0;
}

char *container_info_driver(const struct buf *config)
{
	CLEANUP(json_decrefp) json_t *root = load(config, "config.v2.json", NULL);
	const char *driver = json_text_of(root, "Driver");

	return *driver ? xstrdup(driver) : NULL;
}

bool container_info_was_stopped_by_hand(const struct buf *config)
{
	CLEANUP(json_decrefp) json_t *root = load(config, "config.v2.json", NULL);

	return json_is_true(json_object_get(root, "HasBeenManuallyStopped"));
}

uint64_t container_info_created(const struct buf *config)
{
	CLEANUP(json_decrefp) json_t *root = load(config, "config.v2.json", NULL);

	return usec_of(json_text_of(root, "Created"));
}

/*
 * Measured with 20.10.24, 26.1.5 and 28.5.2: dockerd starts what has "always" unless it never ran,
 * "on-failure" where the last end was one and its tries are left, "unless-stopped" where nobody
 * stopped it.
 */
bool container_info_comes_up(const struct container *c, bool by_hand)
{
	const char *policy = c->restart_policy ? c->restart_policy : "no";
	bool ended = c->state && (strcmp(c->state, "exited") == 0 || strcmp(c->state, "dead") == 0);

	if (c->running || !ended)
		return false;
	if (strcmp(policy, "always") == 0)
		return true;
	if (strcmp(policy, "unless-stopped") == 0)
		return !by_hand;
	return strcmp(policy, "on-failure") == 0 && c->exit_code != 0 &&
	       (c->restart_count == 0 || c->restarts < c->restart_count);
}

/* dockerd runs a container's health check as a session, too: its last words are the check's. */
static bool is_health_check(const struct container *c, const json_t *process)
{
	const json_t *arguments = json_object_get(process, "arguments");
	CLEANUP(strv_clear) struct strv words = {0};
	size_t n = c->health_test.count;

	strv_add(&words, json_text_of(process, "entrypoint"));
	json_take_strings(arguments, &words);
	if (n == 0 || n > words.count)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(c->health_test.items[i], words.items[words.count - n + i]) != 0)
			return false;
	return true;
}

int container_info_read_exec(const struct buf *body, struct container *ret, struct error *err)
{
	CLEANUP(json_decrefp) json_t *exec = load(body, "an exec session", err);
	const json_t *process = json_object_get(exec, "ProcessConfig");
	struct container_exec *e;

	if (!exec)
		return -EINVAL;
	if (!json_is_boolean(json_object_get(exec, "Running")))
		return error_set(err, -EINVAL,
				 "what dockerd says of an exec session lacks whether it runs");
	if (!json_is_true(json_object_get(exec, "Running")) || is_health_check(ret, process))
		return 0;
	e = container_add_exec(ret);
	e->user = xstrdup(json_text_of(process, "user"));
	e->privileged = json_is_true(json_object_get(process, "privileged"));
	return 0;
}

/* Options of the local driver are those of mount(8): o=bind,... with the directory as device. */
static const char *bound_directory(const json_t *volume)
{
	const json_t *options = json_object_get(volume, "Options");
	const char *o = json_text_of(options, "o"), *device = json_text_of(options, "device");
	bool binds = strcmp(json_text_of(options, "type"), "none") == 0 || strstr(o, "bind");

	return binds && device[0] == '/' ? device : NULL;
}

int container_info_read_volumes(const struct buf *body, struct map *ret, size_t *ret_count,
				struct error *err)
{
	CLEANUP(json_decrefp) json_t *root = load(body, "volumes", err);
	const json_t *volumes = json_object_get(root, "Volumes");

	if (!root)
		return -EINVAL;
	if (!json_is_array(volumes) && !json_is_null(volumes)) /* null: there is none */
		return error_set(err, -EINVAL, "what dockerd says of volumes has no list of them");
	*ret_count = json_array_size(volumes);
	for (size_t i = 0; i < *ret_count; i++) {
		const json_t *volume = json_array_get(volumes, i);
		const char *directory = bound_directory(volume);

		if (directory && !map_get(ret, json_text_of(volume, "Name")))
			map_put(ret, json_text_of(volume, "Name"), xstrdup(directory));
	}
	return 0;
}
