#include "engine/format/daemon-info.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/json-util.h"

#define WHERE "Engine API"
#define NNP_REPORTED_SINCE "24.0"

static void put_owned(struct docker_facts *d, const char *key, char *value)
{
	settings_put(&d->now, key, value, SOURCE_API, WHERE);
	free(value);
}

/* The value as compact JSON text; an empty string, list or null counts as not set (NULL). */
static void put_json(struct docker_facts *d, const char *key, const json_t *value)
{
	bool empty = !value || json_is_null(value) ||
		     (json_is_array(value) && json_array_size(value) == 0) ||
		     (json_is_string(value) && !*json_string_value(value));

	put_owned(d, key, empty ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY));
}

static void put_bool(struct docker_facts *d, const char *key, bool value)
{
	settings_put(&d->now, key, value ? "true" : "false", SOURCE_API, WHERE);
}

static void put_string(struct docker_facts *d, const char *key, const char *value)
{
	json_t *string = json_string(value);

	put_json(d, key, string);
	json_decref(string);
}

static json_t *load(const struct buf *body, const char *what, struct error *err)
{
	json_error_t e;
	json_t *root = json_loadb(buf_str(body), body->len, 0, &e);

	if (!root || !json_is_object(root)) {
		if (root)
			error_set(err, -EINVAL, "no object");
		else
			json_refused(&e, -EINVAL, err);
		error_wrap(err, -EINVAL, "cannot understand dockerd's %s", what);
		json_decref(root);
		return NULL;
	}
	return root;
}

/* The rest of the option "name=NAME..." behind NAME ("" or ",profile=default"), or NULL. */
static const char *find_option(const struct docker_facts *d, const char *name)
{
	for (size_t i = 0; i < d->security_options.count; i++) {
		const char *given = d->security_options.items[i];
		const char *option = skip_prefix(given, "name=") ?: given;

		if (starts_with_word(option, name, ","))
			return skip_prefix(option, name);
	}
	return NULL;
}

bool daemon_info_has_option(const struct docker_facts *d, const char *name)
{
	return find_option(d, name) != NULL;
}

static void read_seccomp(struct docker_facts *d)
{
	const char *rest = find_option(d, "seccomp");
	const char *profile = rest ? strstr(rest, "profile=") : NULL;

	if (!profile)
		return; /* the kernel has no seccomp */
	profile += strlen("profile=");
	if (strcmp(profile, "default") == 0 || strcmp(profile, "builtin") == 0)
		profile = "";
	put_string(d, "seccomp-profile", profile);
}

static void read_security(struct docker_facts *d, const json_t *info)
{
	json_take_strings(json_object_get(info, "SecurityOptions"), &d->security_options);
	read_seccomp(d);
	put_bool(d, "selinux-enabled", daemon_info_has_option(d, "selinux"));
	put_string(d, "default-cgroupns-mode",
		   daemon_info_has_option(d, "cgroupns") ? "private" : "host");
	if (d->version && engine_version_compare(d->version, NNP_REPORTED_SINCE) >= 0)
		put_bool(d, "no-new-privileges", daemon_info_has_option(d, "no-new-privileges"));
	if (!daemon_info_has_option(d, "userns"))
		settings_put(&d->now, "userns-remap", NULL, SOURCE_API, WHERE);
}

static bool is_loopback(const char *cidr)
{
	return strcmp(cidr, "127.0.0.0/8") == 0 || strcmp(cidr, "::1/128") == 0;
}

static void take_cidrs(struct strv *ret, const json_t *cidrs)
{
	for (size_t i = 0; i < json_array_size(cidrs); i++) {
		const char *cidr = json_string_value(json_array_get(cidrs, i));

		if (cidr && !is_loopback(cidr))
			strv_add(ret, cidr);
	}
}

static void read_insecure(struct docker_facts *d, const json_t *registries)
{
	CLEANUP(json_decrefp) json_t *list = json_array();
	json_t *indexes = json_object_get(registries, "IndexConfigs"), *index;
	struct strv *insecure = &d->insecure_registries;
	const char *name;

	take_cidrs(insecure, json_object_get(registries, "InsecureRegistryCIDRs"));
	json_object_foreach(indexes, name, index)
	{
		if (json_is_false(json_object_get(index, "Secure")))
			strv_add(insecure, name);
	}
	for (size_t i = 0; i < insecure->count; i++)
		json_array_append_new(list, json_string(insecure->items[i]));
	put_json(d, "insecure-registries", list);
}

/*
 * As dockerd has them, which puts a slash behind each; what does not tell of any is not an answer.
 */
static void read_mirrors(struct docker_facts *d, const json_t *registries)
{
	const json_t *mirrors = json_object_get(registries, "Mirrors");

	if (json_is_array(mirrors))
		put_json(d, "registry-mirrors", mirrors);
}

bool is_remapped_root(const char *name)
{
	size_t uid = strspn(name, "0123456789"), gid;

	if (uid == 0 || name[uid] != '.')
		return false;
	gid = strspn(name + uid + 1, "0123456789");
	return gid > 0 && name[uid + 1 + gid] == '\0';
}

char *plain_data_root(const char *directory)
{
	const char *slash = strrchr(directory, '/');

	return slash && slash != directory && is_remapped_root(slash + 1)
		       ? xstrndup(directory, (size_t)(slash - directory))
		       : xstrdup(directory);
}

static void read_data_root(struct docker_facts *d, const json_t *info)
{
	CLEANUP(freep) char *plain = NULL;

	str_replace(&d->data_root, json_text_of(info, "DockerRootDir"));
	plain = daemon_info_has_option(d, "userns") ? plain_data_root(d->data_root)
						    : xstrdup(d->data_root);
	put_string(d, "data-root", plain);
}

/* [["driver-type", "io.containerd.snapshotter.v1"]]: the image store of containerd. */
static void read_store(struct docker_facts *ret, const json_t *status)
{
	for (size_t i = 0; i < json_array_size(status); i++) {
		const json_t *row = json_array_get(status, i);
		const char *value = json_string_value(json_array_get(row, 1));

		ret->image_store |= value && starts_with(value, "io.containerd.snapshotter");
	}
}

int daemon_info_read_version(const struct buf *body, struct docker_facts *ret, struct error *err)
{
	CLEANUP(json_decrefp) json_t *root = load(body, "/version", err);
	const json_t *all = json_object_get(root, "Components");

	if (!root)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *one = json_array_get(all, i);

		component_add(ret, json_text_of(one, "Name"), json_text_of(one, "Version"));
	}
	return 0;
}

/* A manager that cannot reach the others tells of a cluster without a name. */
static void read_swarm(struct docker_facts *ret, const json_t *swarm)
{
	const json_t *cluster = json_object_get(swarm, "Cluster");
	const json_t *encryption =
		json_object_get(json_object_get(cluster, "Spec"), "EncryptionConfig");
	const json_t *autolock = json_object_get(encryption, "AutoLockManagers");

	str_replace(&ret->swarm, json_text_of(swarm, "LocalNodeState"));
	if (*json_text_of(swarm, "Error"))
		str_replace(&ret->swarm_error, json_text_of(swarm, "Error"));
	ret->swarm_manager = json_is_true(json_object_get(swarm, "ControlAvailable"));
	ret->swarm_autolock = *json_text_of(cluster, "ID") && json_is_boolean(autolock)
				      ? json_is_true(autolock)
				      : -1;
}

int daemon_info_read(const struct buf *body, struct docker_facts *ret, struct error *err)
{
	CLEANUP(json_decrefp) json_t *info = load(body, "/info", err);
	const json_t *images = json_object_get(info, "Images");
	const json_t *plugins = json_object_get(info, "Plugins");

	if (!info)
		return -EINVAL;
	str_replace(&ret->version, json_text_of(info, "ServerVersion"));
	str_replace(&ret->driver, json_text_of(info, "Driver"));
	read_swarm(ret, json_object_get(info, "Swarm"));
	if (json_is_integer(images) && json_integer_value(images) >= 0)
		count_set(&ret->images, (size_t)json_integer_value(images));
	else
		count_unknown(&ret->images, "dockerd does not tell how many images it has");
	put_bool(ret, "live-restore", json_is_true(json_object_get(info, "LiveRestoreEnabled")));
	put_bool(ret, "debug", json_is_true(json_object_get(info, "Debug")));
	put_bool(ret, "experimental", json_is_true(json_object_get(info, "ExperimentalBuild")));
	put_json(ret, "log-driver", json_object_get(info, "LoggingDriver"));
	put_json(ret, "storage-driver", json_object_get(info, "Driver"));
	put_json(ret, "default-runtime", json_object_get(info, "DefaultRuntime"));
	put_json(ret, "labels", json_object_get(info, "Labels"));
	put_json(ret, "authorization-plugins", json_object_get(plugins, "Authorization"));
	strv_clear(&ret->log_drivers);
	json_take_strings(json_object_get(plugins, "Log"), &ret->log_drivers);
	read_store(ret, json_object_get(info, "DriverStatus"));
	read_security(ret, info);
	read_insecure(ret, json_object_get(info, "RegistryConfig"));
	read_mirrors(ret, json_object_get(info, "RegistryConfig"));
	read_data_root(ret, info);
	return 0;
}

int daemon_info_read_bridge(const struct buf *body, struct docker_facts *ret, struct error *err)
{
	CLEANUP(json_decrefp) json_t *net = load(body, "/networks/bridge", err);
	const json_t *options = json_object_get(net, "Options");
	const char *icc = json_text_of(options, "com.docker.network.bridge.enable_icc");
	const json_t *ip = json_object_get(options, "com.docker.network.bridge.host_binding_ipv4");
	const char *masq = json_text_of(options, "com.docker.network.bridge.enable_ip_masquerade");

	if (!net)
		return -EINVAL;
	if (*icc) {
		str_replace(&ret->bridge_icc, icc);
		put_bool(ret, "icc", strcmp(icc, "true") == 0);
	}
	if (json_string_length(ip)) {
		put_json(ret, "ip", ip);
		str_replace(&ret->bridge_ip, settings_find(&ret->now, "ip")->value);
	}
	if (*masq)
		put_bool(ret, "ip-masq", strcmp(masq, "true") == 0);
	put_bool(ret, "ipv6", json_is_true(json_object_get(net, "EnableIPv6")));
	return 0;
}
