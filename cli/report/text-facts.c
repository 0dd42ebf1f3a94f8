#include "cli/report/text-facts.h"

#include <string.h>

#include "cli/report/text-header.h"
#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/secret.h"

#define COLUMN_VALUE 28

static void heading(struct buf *b, const struct style *s, const char *text)
{
	if (b->len)
		buf_putc(b, '\n');
	ink_text(b, s, INK_HEAD, text);
	buf_putc(b, '\n');
}

static void put_row(struct buf *b, const struct style *s, const char *name, const char *value)
{
	size_t at = 2 + text_width(name), column = at < COLUMN_VALUE ? COLUMN_VALUE : at + 1;

	buf_puts(b, "  ");
	ink_text(b, s, INK_PLAIN, name);
	pad_to(b, at, COLUMN_VALUE, 1);
	if (column + text_width(value) > style_width(s)) {
		wrap_text(b, s, column, value);
		return;
	}
	ink_text(b, s, INK_PLAIN, value);
	buf_putc(b, '\n');
}

/* A value is shown through its name, which stands in a column of its own. */
static void row(struct buf *b, const struct style *s, const char *name, const char *value)
{
	CLEANUP(freep) char *shown = secret_show(name, value);

	if (shown)
		put_row(b, s, name, shown);
}

/* One row for each, the name in the first only; `none` where there are none (NULL: no row). */
static void rows(struct buf *b, const struct style *s, const char *name, const struct strv *values,
		 const char *none)
{
	if (values->count == 0)
		row(b, s, name, none);
	for (size_t i = 0; i < values->count; i++)
		row(b, s, i ? "" : name, values->items[i]);
}

static void put_components(struct buf *b, const struct style *s, const struct docker_facts *d)
{
	CLEANUP(strv_clear) struct strv texts = {0};

	for (size_t i = 0; i < d->ncomponents; i++)
		strv_addf(&texts, "%s %s", d->components[i].name, d->components[i].version);
	rows(b, s, "components", &texts, "");
}

static void put_host(struct buf *b, const struct style *s, const struct facts *f)
{
	heading(b, s, "Host");
	row(b, s, "name", f->hostname);
	row(b, s, "machine-id", f->machine_id);
	row(b, s, "system", f->os);
	row(b, s, "kernel", f->kernel);
	row(b, s, "systemd", f->no_systemd ? f->no_systemd : "yes");
	row(b, s, "rights", f->root ? "root" : "not root: some things cannot be read");
	row(b, s, "sandbox", f->sandbox);
	rows(b, s, "sandbox lacks", &f->sandbox_lacks, NULL);
	row(b, s, "harden", f->program);
	row(b, s, "harden is not installed", f->not_installed);
	row(b, s, "offline", f->offline ? "an image; nothing runs" : NULL);
}

static void put_settings(struct buf *b, const struct style *s, const char *title,
			 const struct settings *settings)
{
	if (settings->count == 0)
		return;
	heading(b, s, title);
	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *one = &settings->items[i];
		const char *is = one->source == SOURCE_FLAG
					 ? daemon_flag_value_show(one->key, one->value)
					 : one->value;
		CLEANUP(freep) char *shown = secret_show(one->key, is);
		CLEANUP(freep)
		char *value = xasprintf("%s   (%s%s%s)", shown ? shown : "not set",
					setting_source_to_string(one->source),
					one->where ? ": " : "", one->where ? one->where : "");

		put_row(b, s, one->key, value);
	}
}

static char *number_text(const struct count *c)
{
	size_t n;

	return count_get(c, &n) ? xasprintf("%zu", n) : xasprintf("not known: %s", count_why(c));
}

static char *containers_text(const struct container_list *l)
{
	struct containers all;
	size_t up;

	if (!containers_get(l, &all))
		return xasprintf("not known: %s", containers_why(l));
	if (!containers_running(l, &up))
		return xasprintf("%zu; how many are up is not known", all.count);
	return xasprintf("%zu (%zu up)", all.count, up);
}

static const char *daemon_text(const struct facts *f)
{
	if (f->docker.running)
		return "running";
	return f->offline || docker_is_stopped(f) ? "not running" : "not known";
}

static void put_daemon(struct buf *b, const struct style *s, const struct facts *f)
{
	const struct docker_facts *d = &f->docker;
	CLEANUP(freep) char *containers = containers_text(&d->containers);
	CLEANUP(freep) char *images = number_text(&d->images), *volumes = number_text(&d->volumes);

	row(b, s, "unsupported", d->unsupported);
	row(b, s, "daemon", daemon_text(f));
	row(b, s, "not asked", d->not_measured);
	rows(b, s, "another dockerd, not looked at", &d->others, NULL);
	row(b, s, "program", d->dockerd);
	row(b, s, "config file", d->config_file);
	row(b, s, "config file is bad", d->file_error);
	row(b, s, "dockerd does not start", d->start_error);
	row(b, s, "next start not tried", d->untried);
	row(b, s, "data root", d->data_root);
	row(b, s, "storage driver", d->driver);
	put_components(b, s, d);
	row(b, s, "swarm", d->swarm);
	rows(b, s, "listens on TCP", &d->tcp_listeners, NULL);
	row(b, s, "not known of that", d->tcp_unknown);
	rows(b, s, "passed on from TCP", &d->tcp_passed_on, NULL);
	rows(b, s, "passed on, or may be", &d->api_passed_on, NULL);
	rows(b, s, "insecure registries", &d->insecure_registries, NULL);
	rows(b, s, "set twice", &d->conflicts, NULL);
	row(b, s, "containers", containers);
	row(b, s, "images", images);
	row(b, s, "volumes", volumes);
}

static void put_images(struct buf *b, const struct style *s, const struct docker_images *images)
{
	if (images->count == 0 && !images->not_measured)
		return;
	heading(b, s, "Images");
	row(b, s, "not measured", images->not_measured);
	for (size_t i = 0; i < images->count; i++) {
		const struct docker_image *image = &images->items[i];
		CLEANUP(freep) char *name = docker_image_name(image);
		CLEANUP(freep)
		char *about = xasprintf("%s, %zu steps, %llu MB",
					image->platform ? image->platform : "not read",
					image->nsteps, (unsigned long long)image->size / 1000000);

		row(b, s, name, image->not_measured ? image->not_measured : about);
	}
}

static void put_swarm(struct buf *b, const struct style *s, const struct facts *f)
{
	const struct swarm *w = &f->swarm;
	CLEANUP(freep) char *lifetime = NULL;

	if (!w->listen_address && !w->listen_unknown)
		return;
	heading(b, s, "Swarm");
	row(b, s, "this node", w->manager ? "manager" : "worker");
	row(b, s, "not measured", w->not_measured);
	row(b, s, "listens on", w->listen_address ? w->listen_address : w->listen_unknown);
	for (size_t i = 0; i < w->nmanagers; i++)
		row(b, s, i ? "" : "managers", w->managers[i].name);
	for (size_t i = 0; i < w->nnetworks; i++) {
		CLEANUP(freep)
		char *network = xasprintf("%s%s", w->networks[i].name,
					  w->networks[i].encrypted ? ", encrypted" : "");

		row(b, s, i ? "" : "overlay networks", network);
	}
	if (!w->manager || w->not_measured)
		return;
	lifetime = xasprintf("%lld hours", (long long)w->certificate_hours);
	row(b, s, "certificates are good for", lifetime);
	row(b, s, "managers are locked", w->autolock ? "yes" : "no");
}

static void put_docker(struct buf *b, const struct style *s, const struct facts *f)
{
	CLEANUP(buf_clear) struct buf title = {0};
	struct style plain = {.utf8 = s->utf8};

	text_docker(&title, &plain, f);
	heading(b, s, buf_str(&title));
	if (f->docker.install == DOCKER_NONE)
		return;
	put_daemon(b, s, f);
	put_settings(b, s, "Settings in force", &f->docker.now);
	put_settings(b, s, "Settings at the next start", &f->docker.next);
	if (f->docker.nnext_flags == 0)
		return;
	heading(b, s, "Flags at the next start");
	for (size_t i = 0; i < f->docker.nnext_flags; i++) {
		const struct daemon_flag *flag = &f->docker.next_flags[i];

		CLEANUP(freep) char *text = daemon_line_show(flag->text, false);

		row(b, s, text, flag->file ? flag->file : "from where was not found out");
	}
}

static void put_units(struct buf *b, const struct style *s, const struct facts *f)
{
	for (size_t i = 0; i < f->nunits; i++) {
		const struct unit_facts *u = &f->units[i];
		CLEANUP(freep) char *command = daemon_line_show(u->exec_start, true);

		if (!u->exists)
			continue;
		heading(b, s, u->name);
		row(b, s, "state", u->active);
		row(b, s, "unit", u->fragment);
		rows(b, s, "drop-ins", &u->dropins, NULL);
		rows(b, s, "environment", &u->environment_files, NULL);
		row(b, s, "command", command);
		row(b, s, "set in", u->exec_start_file);
		row(b, s, "reload", u->need_daemon_reload ? "systemd has not read it yet" : NULL);
	}
}

/* Each container has mounts, and each boot its targets and slices: these are for JSON. */
static bool is_told(const char *unit)
{
	static const char *const types[] = {".service", ".socket", ".timer", ".path"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (ends_with(unit, types[i]))
			return true;
	return false;
}

/* All that run, in one row: there are many. */
static void put_unit_states(struct buf *b, const struct style *s, const struct unit_states *states)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *all = NULL;

	for (size_t i = 0; i < states->count; i++)
		if (unit_is_up(states->items[i].active) && is_told(states->items[i].name))
			strv_add(&names, states->items[i].name);
	strv_sort(&names);
	all = strv_join(&names, " ");
	heading(b, s, "Running units");
	row(b, s, "not measured", states->not_measured);
	row(b, s, "up", names.count ? all : NULL);
}

static void put_firewall(struct buf *b, const struct style *s, const struct firewall_facts *f)
{
	heading(b, s, "Packet filter");
	row(b, s, "not measured", f->not_measured);
	row(b, s, "kept by", f->manager);
	for (size_t i = 0; i < f->nchains; i++) {
		CLEANUP(strv_clear) struct strv lines = {0};

		strv_split(&lines, f->chains[i].text, "\n");
		rows(b, s, f->chains[i].name, &lines, NULL);
	}
	rows(b, s, "connected", &f->peers, NULL);
}

static void put_audit(struct buf *b, const struct style *s, const struct audit_facts *a)
{
	static const char *const states[] = {"off", "on", "on, locked until reboot"};

	heading(b, s, "Audit");
	row(b, s, "auditd", a->installed ? "installed" : "not installed");
	row(b, s, "not measured", a->not_measured);
	if (a->enabled >= 0 && (size_t)a->enabled < ARRAY_SIZE(states))
		row(b, s, "auditing", states[a->enabled]);
	rows(b, s, "rules", &a->kernel_rules, a->not_measured ? NULL : "none in the kernel");
}

static void put_places(struct buf *b, const struct style *s, const struct facts *f)
{
	if (f->nplaces == 0)
		return;
	heading(b, s, "Places");
	for (size_t i = 0; i < f->nplaces; i++) {
		const struct place *p = &f->places[i];
		CLEANUP(freep) char *name = xasprintf("@%s", p->name);
		CLEANUP(freep)
		char *none = p->absent    ? xasprintf("none: %s", p->absent)
			     : p->unknown ? xasprintf("unknown: %s", p->unknown)
					  : xstrdup("none");

		rows(b, s, name, &p->paths, none);
	}
}

void text_facts(struct buf *b, const struct style *s, const struct facts *f)
{
	put_host(b, s, f);
	put_docker(b, s, f);
	put_images(b, s, &f->images);
	put_swarm(b, s, f);
	put_units(b, s, f);
	put_unit_states(b, s, &f->unit_states);
	put_firewall(b, s, &f->firewall);
	put_audit(b, s, &f->audit);
	put_places(b, s, f);
}
