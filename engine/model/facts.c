#include "engine/model/facts.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

ENUM_TABLE(docker_install, enum docker_install, DOCKER_INSTALL_COUNT, [DOCKER_NONE] = "none",
	   [DOCKER_DISTRO] = "distro", [DOCKER_CE] = "docker-ce", [DOCKER_SNAP] = "snap",
	   [DOCKER_ROOTLESS] = "rootless", [DOCKER_OTHER] = "other");

ENUM_TABLE(setting_source, enum setting_source, SETTING_SOURCE_COUNT, [SOURCE_DEFAULT] = "default",
	   [SOURCE_FLAG] = "flag", [SOURCE_FILE] = "file", [SOURCE_API] = "api",
	   [SOURCE_WITNESS] = "witness", [SOURCE_UNKNOWN] = "unknown");

static void setting_clear(struct setting *s)
{
	free(s->key);
	free(s->value);
	free(s->where);
}

void settings_clear(struct settings *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		setting_clear(&s->items[i]);
	free(s->items);
	*s = (struct settings){0};
}

static struct setting *find_setting(const struct settings *s, const char *key)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->items[i].key, key) == 0)
			return &s->items[i];
	return NULL;
}

const char *docker_bridge_value(const struct docker_facts *docker, const char *key)
{
	if (strcmp(key, "icc") == 0)
		return docker->bridge_icc;
	return strcmp(key, "ip") == 0 ? docker->bridge_ip : NULL;
}

const struct setting *settings_find(const struct settings *s, const char *key)
{
	return find_setting(s, key);
}

struct setting *settings_put(struct settings *s, const char *key, const char *value,
			     enum setting_source source, const char *where)
{
	struct setting *setting = find_setting(s, key);

	if (!setting) {
		setting = array_append(&s->items, &s->count, sizeof(*setting));
		setting->key = xstrdup(key);
	}
	str_replace(&setting->value, value);
	str_replace(&setting->where, where);
	setting->source = source;
	return setting;
}

static void flag_clear(struct daemon_flag *f)
{
	free(f->key);
	free(f->value);
	free(f->text);
	free(f->file);
	free(f->variable);
}

static void docker_clear_lists(struct docker_facts *d)
{
	settings_clear(&d->now);
	settings_clear(&d->next);
	strv_clear(&d->now_flags);
	for (size_t i = 0; i < d->nnext_flags; i++)
		flag_clear(&d->next_flags[i]);
	free(d->next_flags);
	strv_clear(&d->conflicts);
	strv_clear(&d->security_options);
	strv_clear(&d->insecure_registries);
	strv_clear(&d->tcp_listeners);
	for (size_t i = 0; i < d->ncomponents; i++) {
		free(d->components[i].name);
		free(d->components[i].version);
	}
	free(d->components);
	container_list_clear(&d->containers);
	count_clear(&d->images);
	count_clear(&d->volumes);
	count_clear(&d->networks);
}

static void docker_clear(struct docker_facts *d)
{
	docker_clear_lists(d);
	free(d->unsupported);
	free(d->version);
	free(d->not_measured);
	free(d->elsewhere);
	strv_clear(&d->others);
	free(d->config_file);
	free(d->dockerd);
	free(d->data_root);
	free(d->file_error);
	free(d->start_error);
	free(d->config_digest);
	free(d->start_unknown);
	free(d->no_reload);
	free(d->no_room);
	free(d->no_restart);
	free(d->no_socket_restart);
	strv_clear(&d->cut_off);
	strv_clear(&d->restart_brings);
	strv_clear(&d->restart_runs);
	strv_clear(&d->reload_brings);
	strv_clear(&d->dockerd_reload_brings);
	for (size_t i = 0; i < d->nwatched; i++) {
		free(d->watched[i].path);
		free(d->watched[i].brings);
	}
	free(d->watched);
	for (size_t i = 0; i < d->nceilings; i++) {
		free(d->ceilings[i].name);
		free(d->ceilings[i].why);
	}
	free(d->ceilings);
	free(d->ceilings_unknown);
	free(d->no_iptables);
	free(d->no_init);
	listening_clear(&d->listening);
	for (size_t i = 0; i < d->nwaiting; i++) {
		free(d->waiting[i].key);
		free(d->waiting[i].brings);
	}
	free(d->waiting);
	strv_clear(&d->goes_along);
	free(d->untried);
	free(d->driver);
	free(d->swarm);
	free(d->bridge_icc);
	free(d->bridge_ip);
	free(d->kernel_modules);
	free(d->user_namespaces);
	strv_clear(&d->api_sockets);
	free(d->sockets_unread);
	free(d->container_host.selinux);
}

static void unit_clear(struct unit_facts *u)
{
	free(u->name);
	free(u->active);
	free(u->fragment);
	strv_clear(&u->dropins);
	strv_clear(&u->environment_files);
	free(u->exec_start);
	free(u->exec_start_file);
	free(u->open_files);
	free(u->listen_group);
	free(u->listen_mode);
	free(u->invocation_id);
}

static void place_clear(struct place *p)
{
	free(p->name);
	strv_clear(&p->paths);
	strv_clear(&p->ways);
	free(p->absent);
	free(p->unknown);
}

void component_add(struct docker_facts *d, const char *name, const char *version)
{
	struct component *c = array_append(&d->components, &d->ncomponents, sizeof(*c));

	c->name = xstrdup(name);
	c->version = xstrdup(version);
}

void facts_clear(struct facts *f)
{
	if (!f)
		return;
	free(f->hostname);
	free(f->machine_id);
	free(f->boot_id);
	free(f->os);
	free(f->kernel);
	free(f->no_systemd);
	free(f->sandbox);
	strv_clear(&f->sandbox_lacks);
	docker_clear(&f->docker);
	for (size_t i = 0; i < f->nunits; i++)
		unit_clear(&f->units[i]);
	free(f->units);
	docker_images_clear(&f->images);
	swarm_clear(&f->swarm);
	unit_states_clear(&f->unit_states);
	firewall_clear(&f->firewall);
	free(f->program);
	free(f->not_installed);
	free(f->mounts);
	free(f->audit.not_measured);
	strv_clear(&f->audit.kernel_rules);
	for (size_t i = 0; i < f->audit.nfaults; i++) {
		free(f->audit.faults[i].file);
		free(f->audit.faults[i].why);
	}
	free(f->audit.faults);
	free(f->audit.off_at_boot);
	free(f->audit.unrecorded);
	for (size_t i = 0; i < f->nplaces; i++)
		place_clear(&f->places[i]);
	free(f->places);
	*f = (struct facts){0};
}

const struct unit_facts *facts_unit(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->nunits; i++)
		if (strcmp(f->units[i].name, name) == 0)
			return &f->units[i];
	return NULL;
}

struct unit_facts *facts_add_unit(struct facts *f, const char *name)
{
	struct unit_facts *unit = array_append(&f->units, &f->nunits, sizeof(*unit));

	unit->name = xstrdup(name);
	return unit;
}

bool docker_is_stopped(const struct facts *f)
{
	const struct unit_facts *u = facts_unit(f, "docker.service");

	return !f->offline && !f->docker.running && !f->docker.elsewhere &&
	       (!f->docker.not_measured || (u && u->active));
}

const struct place *facts_place(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->nplaces; i++)
		if (strcmp(f->places[i].name, name) == 0)
			return &f->places[i];
	return NULL;
}

struct place *facts_add_place(struct facts *f, const char *name)
{
	struct place *place = array_append(&f->places, &f->nplaces, sizeof(*place));

	place->name = xstrdup(name);
	return place;
}

struct daemon_flag *facts_add_flag(struct facts *f)
{
	struct docker_facts *d = &f->docker;

	return array_append(&d->next_flags, &d->nnext_flags, sizeof(*d->next_flags));
}

struct waiting_key *facts_add_waiting(struct facts *f)
{
	struct docker_facts *d = &f->docker;

	return array_append(&d->waiting, &d->nwaiting, sizeof(*d->waiting));
}

struct limit_ceiling *facts_add_ceiling(struct facts *f)
{
	struct docker_facts *d = &f->docker;

	return array_append(&d->ceilings, &d->nceilings, sizeof(*d->ceilings));
}

struct watched_path *facts_add_watched(struct facts *f)
{
	struct docker_facts *d = &f->docker;

	return array_append(&d->watched, &d->nwatched, sizeof(*d->watched));
}

struct audit_fault *facts_add_audit_fault(struct facts *f)
{
	return array_append(&f->audit.faults, &f->audit.nfaults, sizeof(*f->audit.faults));
}
