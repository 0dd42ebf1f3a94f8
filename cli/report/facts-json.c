#include "cli/report/facts-container.h"
#include "cli/report/facts-image.h"
#include "cli/report/json.h"
#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/json-util.h"

static json_t *settings_to_json(const struct settings *s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->count; i++) {
		const struct setting *one = &s->items[i];
		const char *value = one->source == SOURCE_FLAG
					    ? daemon_flag_value_show(one->key, one->value)
					    : one->value;
		json_t *j = json_object();

		json_put(j, "key", json_text(s->items[i].key));
		json_put(j, "value", json_text(value));
		json_put(j, "source", json_string(setting_source_to_string(s->items[i].source)));
		json_put(j, "where", json_text(s->items[i].where));
		json_array_append_new(all, j);
	}
	return all;
}

static json_t *flags_to_json(const struct docker_facts *d)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->nnext_flags; i++) {
		json_t *j = json_object();

		json_put(j, "key", json_text(d->next_flags[i].key));
		CLEANUP(freep) char *text = daemon_line_show(d->next_flags[i].text, false);
		const char *value =
			daemon_flag_value_show(d->next_flags[i].key, d->next_flags[i].value);

		json_put(j, "value", json_text(value));
		json_put(j, "text", json_text(text));
		json_put(j, "file", json_text(d->next_flags[i].file));
		json_put(j, "variable", json_text(d->next_flags[i].variable));
		json_array_append_new(all, j);
	}
	return all;
}

/* null where it is not known */
static json_t *json_running(const struct facts *f)
{
	if (f->docker.running)
		return json_true();
	return f->offline || docker_is_stopped(f) ? json_false() : json_null();
}

/* Each as a text, too: that is what there was first. */
static void components_to_json(json_t *j, const struct docker_facts *d)
{
	json_t *texts = json_array(), *list = json_array();

	for (size_t i = 0; i < d->ncomponents; i++) {
		const struct component *c = &d->components[i];
		CLEANUP(freep) char *text = xasprintf("%s %s", c->name, c->version);
		json_t *one = json_object();

		json_array_append_new(texts, json_text(text));
		json_put(one, "name", json_text(c->name));
		json_put(one, "version", json_text(c->version));
		json_array_append_new(list, one);
	}
	json_put(j, "components", texts);
	json_put(j, "component_versions", list);
}

static void put_daemon(json_t *j, const struct facts *f)
{
	const struct docker_facts *d = &f->docker;

	json_put(j, "install", json_string(docker_install_to_string(d->install)));
	json_put(j, "unsupported", json_text(d->unsupported));
	json_put(j, "version", json_text(d->version));
	json_put(j, "not_measured", json_text(d->not_measured));
	json_put(j, "running", json_running(f));
	json_put(j, "elsewhere", json_text(d->elsewhere));
	json_put(j, "other_daemons", json_text_list(&d->others));
	json_put(j, "config_file", json_text(d->config_file));
	json_put(j, "config_explicit", json_boolean(d->config_explicit));
	json_put(j, "file_error", json_text(d->file_error));
	json_put(j, "start_error", json_text(d->start_error));
	json_put(j, "untried", json_text(d->untried));
	json_put(j, "dockerd", json_text(d->dockerd));
	json_put(j, "data_root", json_text(d->data_root));
	json_put(j, "storage_driver", json_text(d->driver));
	json_put(j, "image_store", d->driver ? json_boolean(d->image_store) : json_null());
	components_to_json(j, d);
	json_put(j, "swarm", json_text(d->swarm));
}

static json_t *json_count(const struct count *c)
{
	size_t n;

	return count_get(c, &n) ? json_integer((json_int_t)n) : json_null();
}

static json_t *docker_to_json(const struct facts *f)
{
	const struct docker_facts *d = &f->docker;
	json_t *j = json_object();

	put_daemon(j, f);
	json_put(j, "in_force", settings_to_json(&d->now));
	json_put(j, "next_start", settings_to_json(&d->next));
	json_put(j, "flags_now", json_text_list(&d->now_flags));
	json_put(j, "flags_next", flags_to_json(d));
	json_put(j, "conflicts", json_text_list(&d->conflicts));
	json_put(j, "security_options", json_text_list(&d->security_options));
	json_put(j, "insecure_registries", json_text_list(&d->insecure_registries));
	json_put(j, "tcp_listeners", json_text_list(&d->tcp_listeners));
	json_put(j, "tcp_passed_on", json_text_list(&d->tcp_passed_on));
	json_put(j, "api_passed_on", json_text_list(&d->api_passed_on));
	json_put(j, "tcp_listeners_unknown", json_text(d->tcp_unknown));
	json_put(j, "containers", json_containers(d));
	json_put(j, "containers_unknown", json_text(containers_why(&d->containers)));
	json_put(j, "images", json_count(&d->images));
	json_put(j, "images_unknown", json_text(count_why(&d->images)));
	json_put(j, "volumes", json_count(&d->volumes));
	json_put(j, "volumes_unknown", json_text(count_why(&d->volumes)));
	return j;
}

static json_t *units_to_json(const struct facts *f)
{
	json_t *all = json_array();

	for (size_t i = 0; i < f->nunits; i++) {
		const struct unit_facts *u = &f->units[i];
		CLEANUP(freep) char *command = daemon_line_show(u->exec_start, true);
		json_t *j = json_object();

		json_put(j, "name", json_text(u->name));
		json_put(j, "exists", json_boolean(u->exists));
		json_put(j, "active", json_text(u->active));
		json_put(j, "fragment", json_text(u->fragment));
		json_put(j, "dropins", json_text_list(&u->dropins));
		json_put(j, "environment_files", json_text_list(&u->environment_files));
		json_put(j, "exec_start", json_text(command));
		json_put(j, "exec_start_file", json_text(u->exec_start_file));
		json_put(j, "need_daemon_reload", json_boolean(u->need_daemon_reload));
		json_array_append_new(all, j);
	}
	return all;
}

static json_t *unit_states_to_json(const struct unit_states *s)
{
	json_t *j = json_object(), *all = json_array();

	for (size_t i = 0; i < s->count; i++) {
		json_t *unit = json_object();

		json_put(unit, "name", json_text(s->items[i].name));
		json_put(unit, "active", json_text(s->items[i].active));
		json_put(unit, "dependents", json_text_list(&s->items[i].dependents));
		json_array_append_new(all, unit);
	}
	json_put(j, "not_measured", json_text(s->not_measured));
	json_put(j, "items", all);
	return j;
}

static json_t *firewall_to_json(const struct firewall_facts *f)
{
	json_t *j = json_object(), *chains = json_array();

	for (size_t i = 0; i < f->nchains; i++) {
		json_t *chain = json_object();

		json_put(chain, "name", json_text(f->chains[i].name));
		json_put(chain, "text", json_text(f->chains[i].text));
		json_put(chain, "foreign", json_boolean(f->chains[i].foreign));
		json_array_append_new(chains, chain);
	}
	json_put(j, "not_measured", json_text(f->not_measured));
	json_put(j, "manager", json_text(f->manager));
	json_put(j, "chains", chains);
	json_put(j, "peers", json_text_list(&f->peers));
	return j;
}

static json_t *audit_to_json(const struct audit_facts *a)
{
	json_t *j = json_object();

	json_put(j, "not_measured", json_text(a->not_measured));
	json_put(j, "installed", json_boolean(a->installed));
	json_put(j, "enabled", json_integer(a->enabled));
	json_put(j, "failure", json_integer(a->failure));
	json_put(j, "kernel_rules", json_text_list(&a->kernel_rules));
	return j;
}

static json_t *places_to_json(const struct facts *f)
{
	json_t *all = json_array();

	for (size_t i = 0; i < f->nplaces; i++) {
		json_t *j = json_object();

		json_put(j, "name", json_text(f->places[i].name));
		json_put(j, "paths", json_text_list(&f->places[i].paths));
		json_put(j, "absent", json_text(f->places[i].absent));
		json_put(j, "unknown", json_text(f->places[i].unknown));
		json_array_append_new(all, j);
	}
	return all;
}

json_t *json_facts(const struct facts *f)
{
	json_t *j = json_object();

	json_put(j, "hostname", json_text(f->hostname));
	json_put(j, "machine_id", json_text(f->machine_id));
	json_put(j, "boot_id", json_text(f->boot_id));
	json_put(j, "os", json_text(f->os));
	json_put(j, "kernel", json_text(f->kernel));
	json_put(j, "root", json_boolean(f->root));
	json_put(j, "offline", json_boolean(f->offline));
	json_put(j, "no_systemd", json_text(f->no_systemd));
	json_put(j, "sandbox", json_text(f->sandbox));
	json_put(j, "sandbox_lacks", json_text_list(&f->sandbox_lacks));
	json_put(j, "docker", docker_to_json(f));
	json_put(j, "units", units_to_json(f));
	json_put(j, "unit_states", unit_states_to_json(&f->unit_states));
	json_put(j, "firewall", firewall_to_json(&f->firewall));
	json_put(j, "program", json_text(f->program));
	json_put(j, "not_installed", json_text(f->not_installed));
	json_put(j, "audit", audit_to_json(&f->audit));
	json_put(j, "places", places_to_json(f));
	json_put(j, "images", json_images(&f->images));
	json_put(j, "cluster", json_swarm(&f->swarm));
	return j;
}
