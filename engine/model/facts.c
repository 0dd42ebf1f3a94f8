#include "engine/model/facts.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

ENUM_TABLE(docker_install, enum docker_install, DOCKER_INSTALL_COUNT, [DOCKER_NONE] = "none",
	   [DOCKER_DISTRO] = "distro", [DOCKER_CE] = "docker-ce", [DOCKER_SNAP] = "snap",
	   [DOCKER_ROOTLESS] = "rootless", [DOCKER_OTHER] = "other");

const char *docker_bridge_value(const struct docker_facts *docker, const char *key)
{
	if (strcmp(key, "icc") == 0)
		return docker->bridge_icc;
	return strcmp(key, "ip") == 0 ? docker->bridge_ip : NULL;
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
	settings_clear(&d->next_unread);
	settings_clear(&d->by_variable);
	free(d->flags_network);
	strv_clear(&d->now_flags);
	settings_clear(&d->now_flag_values);
	for (size_t i = 0; i < d->nnext_flags; i++)
		flag_clear(&d->next_flags[i]);
	free(d->next_flags);
	strv_clear(&d->conflicts);
	strv_clear(&d->security_options);
	strv_clear(&d->insecure_registries);
	strv_clear(&d->tcp_listeners);
	strv_clear(&d->tcp_open);
	strv_clear(&d->tcp_connected);
	strv_clear(&d->tcp_unlisted);
	strv_clear(&d->tcp_passed_on);
	strv_clear(&d->api_passed_on);
	strv_clear(&d->tcp_clients);
	strv_clear(&d->volume_sizes);
	free(d->tcp_unknown);
	for (size_t i = 0; i < d->ncomponents; i++) {
		free(d->components[i].name);
		free(d->components[i].version);
	}
	free(d->components);
	container_list_clear(&d->containers);
	count_clear(&d->images);
	count_clear(&d->volumes);
	count_clear(&d->networks);
	count_clear(&d->plugins);
}

static void docker_clear_pairs(struct docker_facts *d)
{
	for (size_t i = 0; i < d->nwatched; i++) {
		free(d->watched[i].path);
		free(d->watched[i].brings);
	}
	free(d->watched);
	for (size_t i = 0; i < d->nwatchers; i++) {
		free(d->watchers[i].who);
		free(d->watchers[i].then);
		free(d->watchers[i].items);
	}
	free(d->watchers);
	for (size_t i = 0; i < d->nceilings; i++) {
		free(d->ceilings[i].name);
		free(d->ceilings[i].why);
	}
	free(d->ceilings);
	for (size_t i = 0; i < d->nwaiting; i++) {
		free(d->waiting[i].key);
		strv_clear(&d->waiting[i].members);
		free(d->waiting[i].brings);
	}
	free(d->waiting);
	for (size_t i = 0; i < d->nreaders; i++) {
		free(d->readers[i].text);
		free(d->readers[i].unit);
		free(d->readers[i].unknown);
		strv_clear(&d->readers[i].flags);
		strv_clear(&d->readers[i].clashes);
	}
	free(d->readers);
}

static void docker_clear(struct docker_facts *d)
{
	char *const texts[] = {
		d->unsupported,
		d->version,
		d->not_measured,
		d->elsewhere,
		d->config_file,
		d->dockerd,
		d->data_root,
		d->file_error,
		d->start_error,
		d->config_digest,
		d->start_unknown,
		d->no_reload,
		d->no_room,
		d->no_restart,
		d->no_socket_restart,
		d->ceilings_unknown,
		d->no_iptables,
		d->no_init,
		d->moves_data,
		d->untried,
		d->driver,
		d->swarm,
		d->swarm_error,
		d->swarm_unsure,
		d->swarm_majority,
		d->bridge_icc,
		d->images_size,
		d->talks_unread,
		d->bridge_ip,
		d->wide_unread,
		d->kernel_modules,
		d->user_namespaces,
		d->sockets_unread,
		d->container_host.selinux,
	};
	struct strv *const lists[] = {&d->others,
				      &d->cut_off,
				      &d->restart_brings,
				      &d->start_brings,
				      &d->starts,
				      &d->starts_elsewhere,
				      &d->restart_runs,
				      &d->reload_brings,
				      &d->dockerd_reload_brings,
				      &d->goes_along,
				      &d->api_sockets,
				      &d->goes_down,
				      &d->lost_networks,
				      &d->next_environment,
				      &d->enabled_plugins,
				      &d->unstarted_plugins,
				      &d->log_drivers,
				      &d->may_end,
				      &d->swarm_absent,
				      &d->wide_networks};

	docker_clear_lists(d);
	docker_clear_pairs(d);
	listening_clear(&d->listening);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		strv_clear(lists[i]);
}

static void unit_clear(struct unit_facts *u)
{
	free(u->name);
	strv_clear(&u->names);
	free(u->active);
	free(u->sub);
	free(u->fragment);
	strv_clear(&u->dropins);
	strv_clear(&u->unloadable);
	strv_clear(&u->environment_files);
	free(u->exec_start);
	free(u->exec_start_file);
	free(u->open_files);
	free(u->listen_group);
	free(u->listen_mode);
	strv_clear(&u->listens);
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
	for (size_t i = 0; i < f->audit.nclearings; i++) {
		free(f->audit.clearings[i].file);
		free(f->audit.clearings[i].key);
	}
	free(f->audit.clearings);
	free(f->audit.locked_at_boot);
	free(f->audit.off_at_boot);
	free(f->audit.unrecorded);
	for (size_t i = 0; i < f->nplaces; i++)
		place_clear(&f->places[i]);
	free(f->places);
	*f = (struct facts){0};
}

bool unit_is_called(const struct unit_facts *u, const char *name)
{
	return strcmp(u->name, name) == 0 || strv_contains(&u->names, name);
}

const char *const facts_units[] = {"docker.service", "docker.socket", "containerd.service", NULL};

bool unit_opens_api(const struct unit_facts *u)
{
	return unit_is_called(u, "docker.socket") || (u->activates && u->pulled_in);
}

enum unit_phase unit_phase_of(const struct unit_facts *u)
{
	return unit_phase(u->active, u->sub, u->main_pid > 0);
}

void unit_facts_renew(struct unit_facts *u)
{
	char *name = TAKE_PTR(u->name);

	unit_clear(u);
	*u = (struct unit_facts){.name = name};
}

const struct unit_facts *facts_unit(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->nunits; i++)
		if (unit_is_called(&f->units[i], name))
			return &f->units[i];
	return NULL;
}

bool facts_is_unit(const struct facts *f, const char *unit, const char *name)
{
	const struct unit_facts *u = name ? facts_unit(f, unit) : NULL;

	return name && (strcmp(name, unit) == 0 || (u && unit_is_called(u, name)));
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

bool docker_start_is_proven(const struct facts *f)
{
	const struct unit_facts *u = facts_unit(f, "docker.service");

	return !f->offline && f->docker.running && u && u->main_pid && !f->docker.untried;
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

struct config_reader *facts_add_reader(struct facts *f)
{
	struct docker_facts *d = &f->docker;

	return array_append(&d->readers, &d->nreaders, sizeof(*d->readers));
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

struct file_watcher *facts_add_watcher(struct facts *f)
{
	struct docker_facts *d = &f->docker;

	return array_append(&d->watchers, &d->nwatchers, sizeof(*d->watchers));
}

struct audit_fault *facts_add_audit_fault(struct facts *f)
{
	return array_append(&f->audit.faults, &f->audit.nfaults, sizeof(*f->audit.faults));
}

struct audit_clearing *facts_add_audit_clearing(struct facts *f)
{
	return array_append(&f->audit.clearings, &f->audit.nclearings, sizeof(*f->audit.clearings));
}
