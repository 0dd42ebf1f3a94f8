#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/proc.h"
#include "engine/plan/facts-parts.h"

static void json_release(json_t **j)
{
	json_decref(*j);
}

static json_t *get(struct gather *g, const char *path, struct error *err)
{
	CLEANUP(buf_clear) struct buf body = {0};
	json_t *root;

	if (engine_api_get(g->api, path, &body, err) < 0)
		return NULL;
	root = json_loadb(buf_str(&body), body.len, 0, NULL);
	if (!root)
		error_set(err, -1, "GET %s: dockerd's answer is no JSON", path);
	return root;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

static void take_strings(const json_t *array, struct strv *ret)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (json_is_string(json_array_get(array, i)))
			strv_add(ret, json_string_value(json_array_get(array, i)));
}

/* {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}: "8080/tcp on 0.0.0.0" */
static void take_ports(json_t *ports, struct strv *ret)
{
	const char *port;
	json_t *bindings;

	json_object_foreach(ports, port, bindings)
	{
		const char *protocol = strchr(port, '/');

		for (size_t i = 0; i < json_array_size(bindings); i++) {
			const json_t *binding = json_array_get(bindings, i);
			const char *ip = text_of(binding, "HostIp");
			const char *number = text_of(binding, "HostPort");

			strv_addf(ret, "%s%s on %s", *number ? number : "any",
				  protocol ? protocol : "/tcp", *ip ? ip : "0.0.0.0");
		}
	}
}

static void take_networks(json_t *networks, struct strv *ret)
{
	const char *name;
	json_t *network;

	json_object_foreach(networks, name, network)
	{
		strv_add(ret, name);
	}
}

static void take_host_config(const json_t *host, struct container *c)
{
	const char *policy = text_of(json_object_get(host, "RestartPolicy"), "Name");

	str_replace(&c->restart_policy, *policy ? policy : "no");
	str_replace(&c->network_mode, text_of(host, "NetworkMode"));
	str_replace(&c->userns_mode, text_of(host, "UsernsMode"));
	str_replace(&c->pid_mode, text_of(host, "PidMode"));
	c->auto_remove = json_is_true(json_object_get(host, "AutoRemove"));
	c->privileged = json_is_true(json_object_get(host, "Privileged"));
	take_strings(json_object_get(host, "Links"), &c->links);
}

static int no_new_privileges(pid_t pid)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/status", (int)pid), *value = NULL;
	CLEANUP(buf_clear) struct buf status = {0};

	if (pid <= 0 || proc_read(path, &status, NULL) < 0)
		return -1;
	value = proc_status_field(&status, "NoNewPrivs");
	return value ? atoi(value) : -1;
}

static void take_container(const json_t *inspect, struct container *c)
{
	const json_t *state = json_object_get(inspect, "State");
	const json_t *host = json_object_get(inspect, "HostConfig");
	const json_t *network = json_object_get(inspect, "NetworkSettings");
	const char *name = text_of(inspect, "Name");

	str_replace(&c->id, text_of(inspect, "Id"));
	str_replace(&c->name, name + (*name == '/'));
	str_replace(&c->image, text_of(json_object_get(inspect, "Config"), "Image"));
	c->running = json_is_true(json_object_get(state, "Running"));
	c->pid = (pid_t)json_integer_value(json_object_get(state, "Pid"));
	c->no_new_privileges = c->running ? no_new_privileges(c->pid) : -1;
	take_host_config(host, c);
	take_networks(json_object_get(network, "Networks"), &c->networks);
	take_ports(c->running ? json_object_get(network, "Ports")
			      : json_object_get(host, "PortBindings"),
		   &c->ports);
}

/* A container that went away since the list was made is none. */
static void inspect_container(struct gather *g, const char *id)
{
	CLEANUP(freep) char *path = xasprintf("/containers/%s/json", id);
	CLEANUP(json_release) json_t *inspect = get(g, path, NULL);

	if (inspect)
		take_container(inspect, facts_add_container(g->facts));
}

static void count_volumes(struct gather *g)
{
	CLEANUP(json_release) json_t *root = get(g, "/volumes", NULL);

	g->facts->docker.nvolumes = json_array_size(json_object_get(root, "Volumes"));
}

void gather_containers(struct gather *g)
{
	CLEANUP(json_release) json_t *list = NULL;
	CLEANUP(error_clear) struct error err = {0};

	if (!g->api)
		return;
	list = get(g, "/containers/json?all=1", &err);
	if (!list) {
		str_replace(&g->facts->docker.not_measured, error_text(&err));
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		inspect_container(g, text_of(json_array_get(list, i), "Id"));
	count_volumes(g);
}
