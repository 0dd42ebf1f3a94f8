#include "engine/format/daemon-keys.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/str.h"
#include "engine/format/json-util.h"

#define EMPTY "\"\""

/*
 * From the engine's source: cmd/dockerd/config.go and config_unix.go (flags and named options),
 * daemon/config/config.go and config_linux.go (keys, types, what is skipped), daemon/reload.go
 * and reload_unix.go (what SIGHUP takes up), versions 20.10 to 28.5; and docs/deprecated.md of
 * docker/cli for what was taken out.
 */
static const struct daemon_key keys[] = {
	/* what SIGHUP takes up */
	{"debug", "boolean", "debug", 'D', .activation = KEY_RELOAD, .def = "false"},
	{"labels", "array", "label", .activation = KEY_RELOAD, .def = "[]", .element = "string"},
	{"live-restore", "boolean", "live-restore", .activation = KEY_RELOAD, .def = "false"},
	{"insecure-registries", "array", "insecure-registry", .activation = KEY_RELOAD, .def = "[]",
	 .element = "string"},
	{"registry-mirrors", "array", "registry-mirror", .activation = KEY_RELOAD, .def = "[]",
	 .element = "string"},
	{"allow-nondistributable-artifacts", "array", "allow-nondistributable-artifacts",
	 .activation = KEY_RELOAD, .def = "[]", .element = "string", .loose = "28.0"},
	{"max-concurrent-downloads", "number", "max-concurrent-downloads",
	 .activation = KEY_RELOAD_RESETS, .def = "3"},
	{"max-concurrent-uploads", "number", "max-concurrent-uploads",
	 .activation = KEY_RELOAD_RESETS, .def = "5"},
	{"max-download-attempts", "number", "max-download-attempts",
	 .activation = KEY_RELOAD_RESETS, .since = "20.10", .def = "5"},
	{"shutdown-timeout", "number", "shutdown-timeout", .activation = KEY_RELOAD, .def = "15"},
	{"features", "object", "feature", .activation = KEY_RELOAD_RESETS, .def = "{}",
	 .element = "boolean"},
	{"default-runtime", "string", "default-runtime", .activation = KEY_RELOAD,
	 .on_create = true, .def = "\"runc\""},
	{"runtimes", "object", "add-runtime", .activation = KEY_RELOAD, .def = "{}",
	 .element = "object"},
	{"default-shm-size", "string", "default-shm-size", .activation = KEY_RELOAD,
	 .on_create = true},
	{"default-ipc-mode", "string", "default-ipc-mode", .activation = KEY_RELOAD,
	 .on_create = true, .def = "\"private\""},
	{"default-cgroupns-mode", "string", "default-cgroupns-mode", .activation = KEY_RELOAD,
	 .on_create = true, .since = "20.10"},
	{"authorization-plugins", "array", "authorization-plugin", .activation = KEY_RELOAD_RESETS,
	 .def = "[]", .element = "string"},
	{"network-diagnostic-port", "number", "network-diagnostic-port",
	 .activation = KEY_RELOAD_RESETS, .def = "0"},
	{"cluster-store", "string", "cluster-store", .activation = KEY_RELOAD, .removed = "23.0",
	 .def = EMPTY},
	{"cluster-advertise", "string", "cluster-advertise", .activation = KEY_RELOAD,
	 .removed = "23.0", .def = EMPTY},
	{"cluster-store-opts", "object", "cluster-store-opt", .activation = KEY_RELOAD,
	 .removed = "23.0", .def = "{}", .element = "string"},
	{"default-stop-timeout", "number", "default-stop-timeout", .activation = KEY_RELOAD,
	 .on_create = true, .since = "29.0"},
	{"nri-opts", "object", "nri-opts", .activation = KEY_RELOAD, .since = "29.0"},

	/* the daemon itself */
	{"data-root", "string", "data-root", .hides = SIGHT_OF_ALL, .def = "\"/var/lib/docker\""},
	{"graph", "string", "graph", 'g', .hides = SIGHT_OF_ALL, .removed = "23.0"},
	{"exec-root", "string", "exec-root", .hides = SIGHT_OF_RUNNING,
	 .def = "\"/var/run/docker\""},
	{"pidfile", "string", "pidfile", 'p', .def = "\"/var/run/docker.pid\""},
	{"hosts", "array", "host", 'H', .element = "string"},
	{"group", "string", "group", 'G', .def = "\"docker\""},
	{"tls", "boolean", "tls", .def = "false"},
	{"tlsverify", "boolean", "tlsverify", .def = "false"},
	{"tlscacert", "string", "tlscacert"},
	{"tlscert", "string", "tlscert"},
	{"tlskey", "string", "tlskey"},
	{"api-cors-header", "string", "api-cors-header", .def = EMPTY}, /* refused from 28.0 on */
	{"min-api-version", "string", NULL, .since = "29.0"},
	{"log-level", "string", "log-level", 'l', .def = "\"info\""},
	{"log-format", "string", "log-format", .since = "25.0", .def = "\"text\""},
	{"raw-logs", "boolean", "raw-logs", .def = "false"},
	{"experimental", "boolean", "experimental", .def = "false"},
	{"metrics-addr", "string", "metrics-addr", .def = EMPTY},
	{"rootless", "boolean", "rootless", .def = "false"},
	{"containerd", "string", "containerd", .hides = SIGHT_OF_RUNNING},
	{"containerd-namespace", "string", "containerd-namespace", .hides = SIGHT_OF_RUNNING,
	 .def = "\"moby\""},
	{"containerd-plugins-namespace", "string", "containerd-plugins-namespace",
	 .def = "\"plugins.moby\"", .loose = "0"},
	{"cri-containerd", "boolean", "cri-containerd", .def = "false"},
	{"proxies", "object", NULL, .since = "23.0", .element = "string"},
	{"http-proxy", "string", "http-proxy", .since = "23.0", .def = EMPTY, .loose = "0",
	 .used = true},
	{"https-proxy", "string", "https-proxy", .since = "23.0", .def = EMPTY, .loose = "0",
	 .used = true},
	{"no-proxy", "string", "no-proxy", .since = "23.0", .def = EMPTY, .loose = "0",
	 .used = true},
	{"builder", "object", NULL, .def = "{}"},
	{"deprecated-key-path", "string", NULL, .loose = "23.0"},
	{"disable-legacy-registry", "boolean", "disable-legacy-registry", .removed = "17.12"},
	{"oom-score-adjust", "number", "oom-score-adjust", .removed = "25.0"},

	/* containers */
	{"log-driver", "string", "log-driver", .on_create = true, .def = "\"json-file\""},
	{"log-opts", "object", "log-opt", .on_create = true, .def = "{}", .element = "string"},
	{"storage-driver", "string", "storage-driver", 's', .hides = SIGHT_OF_IMAGES},
	{"storage-opts", "array", "storage-opt", .def = "[]", .element = "string"},
	{"exec-opts", "array", "exec-opt", .def = "[]", .element = "string"},
	{"cgroup-parent", "string", "cgroup-parent", .def = EMPTY},
	{"userns-remap", "string", "userns-remap", .hides = SIGHT_OF_ALL, .def = EMPTY},
	{"default-ulimits", "object", "default-ulimit", .def = "{}", .element = "object"},
	{"seccomp-profile", "string", "seccomp-profile", .def = EMPTY},
	{"no-new-privileges", "boolean", "no-new-privileges", .on_create = true, .def = "false"},
	{"selinux-enabled", "boolean", "selinux-enabled", .on_create = true, .def = "false"},
	{"init", "boolean", "init", .on_create = true, .def = "false"},
	{"init-path", "string", "init-path", .on_create = true, .def = EMPTY},
	{"cpu-rt-period", "number", "cpu-rt-period", .def = "0"},
	{"cpu-rt-runtime", "number", "cpu-rt-runtime", .def = "0"},
	{"node-generic-resources", "array", "node-generic-resource", .def = "[]",
	 .element = "string"},
	{"cdi-spec-dirs", "array", "cdi-spec-dir", .since = "25.0", .element = "string"},

	/* swarm */
	{"swarm-default-advertise-addr", "string", "swarm-default-advertise-addr", .def = EMPTY},

	/* network */
	{"icc", "boolean", "icc", .network = true, .def = "true"},
	{"iptables", "boolean", "iptables", .network = true, .def = "true"},
	{"ip6tables", "boolean", "ip6tables", .network = true,
	 .since = "20.10"}, /* true from 27.0 on */
	{"ip-forward", "boolean", "ip-forward", .network = true, .def = "true"},
	{"ip-forward-no-drop", "boolean", "ip-forward-no-drop", .network = true, .since = "28.0",
	 .def = "false"},
	{"ip-masq", "boolean", "ip-masq", .network = true, .def = "true"},
	/* taken up with containers running too: seen on 20.10.24 and 26.1.5 */
	{"userland-proxy", "boolean", "userland-proxy", .def = "true"},
	{"userland-proxy-path", "string", "userland-proxy-path", .network = true},
	{"allow-direct-routing", "boolean", "allow-direct-routing", .network = true,
	 .since = "28.2", .def = "false"},
	{"firewall-backend", "string", "firewall-backend", .network = true, .since = "29.0"},
	{"bridge-accept-fwmark", "string", "bridge-accept-fwmark", .network = true, .since = "29.0",
	 .def = EMPTY},
	{"ip", "string", "ip", .network = true, .def = "\"0.0.0.0\""},
	{"bip", "string", "bip", .network = true, .def = EMPTY},
	{"bip6", "string", "bip6", .network = true, .since = "28.0", .def = EMPTY},
	{"bridge", "string", "bridge", 'b', .network = true, .def = EMPTY},
	{"fixed-cidr", "string", "fixed-cidr", .network = true, .def = EMPTY},
	{"fixed-cidr-v6", "string", "fixed-cidr-v6", .network = true, .def = EMPTY},
	{"ipv6", "boolean", "ipv6", .network = true, .def = "false"},
	{"mtu", "number", "mtu", .network = true},
	{"network-control-plane-mtu", "number", "network-control-plane-mtu", .def = "1500"},
	{"default-gateway", "string", "default-gateway", .network = true, .def = EMPTY},
	{"default-gateway-v6", "string", "default-gateway-v6", .network = true, .def = EMPTY},
	{"default-address-pools", "array", "default-address-pool", .network = true,
	 .element = "object"},
	{"default-network-opts", "object", "default-network-opt", .since = "24.0", .def = "{}",
	 .element = "object"},
	{"dns", "array", "dns", .def = "[]", .element = "string"},
	{"dns-opts", "array", "dns-opt", .def = "[]", .element = "string"},
	{"dns-search", "array", "dns-search", .def = "[]", .element = "string"},
	{"host-gateway-ip", "string", "host-gateway-ip"},
	{"host-gateway-ips", "array", "host-gateway-ip", .since = "28.0", .element = "string"},

	/* flags only; as keys dockerd takes them and does nothing with them */
	{"config-file", "string", "config-file", .def = "\"/etc/docker/daemon.json\"",
	 .loose = "0"},
	{"validate", "boolean", "validate", .since = "23.0", .def = "false", .loose = "0"},
	{"version", "boolean", "version", 'v', .def = "false", .loose = "0"},
	{"help", "boolean", "help", 'h', .def = "false", .loose = "0"},
};

const struct daemon_key *daemon_key_at(size_t index)
{
	return index < ARRAY_SIZE(keys) ? &keys[index] : NULL;
}

const struct daemon_key *daemon_key_find(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].key, key) == 0)
			return &keys[i];
	return NULL;
}

/* NULL: it says nothing of it, and the engine decides. */
static const json_t *store_of(const json_t *features)
{
	return json_object_get(features, "containerd-snapshotter");
}

/* The images of another store go with the containers that were made of them. */
static bool store_changes(const char *before, const char *after, bool image_store)
{
	CLEANUP(json_decrefp) json_t *was = before ? json_loads(before, 0, NULL) : NULL;
	CLEANUP(json_decrefp) json_t *will = after ? json_loads(after, 0, NULL) : NULL;

	if (store_of(will))
		return json_is_true(store_of(will)) != image_store;
	return store_of(was) != NULL;
}

/* With that store containerd has the images, and dockerd looks there. */
static bool is_containerds(const char *key)
{
	return strcmp(key, "containerd") == 0 || strcmp(key, "containerd-namespace") == 0;
}

enum out_of_sight daemon_key_hides(const char *key, const char *before, const char *after,
				   bool image_store)
{
	const struct daemon_key *k = daemon_key_find(key);

	if (strcmp(key, "features") == 0)
		return store_changes(before, after, image_store) ? SIGHT_OF_IMAGES : SIGHT_KEPT;
	if (image_store && is_containerds(key))
		return SIGHT_OF_IMAGES;
	return k ? k->hides : SIGHT_KEPT;
}

bool daemon_key_moves(const char *key, const char *before, const char *after, bool image_store)
{
	return daemon_key_hides(key, before, after, image_store) != SIGHT_KEPT;
}

const struct daemon_key *daemon_key_find_flag(const char *flag)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].flag && strcmp(keys[i].flag, flag) == 0)
			return &keys[i];
	return NULL;
}

const struct daemon_key *daemon_key_find_short(char flag)
{
	for (size_t i = 0; flag && i < ARRAY_SIZE(keys); i++)
		if (keys[i].short_flag == flag)
			return &keys[i];
	return NULL;
}

const char *daemon_flag_reset(const struct strv *flag_keys)
{
	for (size_t i = 0; i < flag_keys->count; i++) {
		const struct daemon_key *k = daemon_key_find(flag_keys->items[i]);

		if (k && k->activation == KEY_RELOAD_RESETS)
			return k->key;
	}
	return NULL;
}

static const char *skip_epoch(const char *version)
{
	size_t n = strspn(version, "0123456789");

	if (n && version[n] == ':')
		return version + n + 1;
	return *version == 'v' ? version + 1 : version;
}

/* The next number of a version, 0 behind the last one. */
static unsigned long next_number(const char **at)
{
	unsigned long number = 0;
	char *end;

	if (!isdigit((unsigned char)**at))
		return 0;
	number = strtoul(*at, &end, 10);
	*at = *end == '.' && isdigit((unsigned char)end[1]) ? end + 1 : "";
	return number;
}

int engine_version_compare(const char *a, const char *b)
{
	a = skip_epoch(a);
	b = skip_epoch(b);
	while (isdigit((unsigned char)*a) || isdigit((unsigned char)*b)) {
		unsigned long x = next_number(&a), y = next_number(&b);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

bool engine_ends_checks(const char *version)
{
	return version && engine_version_compare(version, "23.0") < 0;
}
