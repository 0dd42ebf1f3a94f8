#include "tests/unit/restart-host.h"

#include <sys/stat.h>

#include "engine/base/str.h"
#include "engine/facts/sockets.h"
#include "engine/host/ask/condition.h"
#include "engine/host/read/shims.h"

struct played played;

int __wrap_bus_dependents(struct bus *b, const char *unit, struct strv *ret, struct error *err);
int __wrap_bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		       struct error *err);
int __wrap_bus_unit(struct bus *b, const char *unit, struct unit_facts *ret, struct error *err);
int __wrap_bus_commands(struct bus *b, const char *unit, const char *property, struct strv *ret,
			struct error *err);
int __wrap_bus_service_text(struct bus *b, const char *unit, const char *property, char **ret,
			    struct error *err);
int __wrap_bus_can_reload(struct bus *b, const char *unit, bool *ret, struct error *err);
int __wrap_bus_conditions(struct bus *b, const char *unit, const char *property,
			  struct unit_conditions *ret, struct error *err);
int __wrap_observe_children(const struct root *root, const char *path, struct strv *ret,
			    struct error *err);
int __wrap_observe_content(const struct root *root, const char *path, struct buf *ret,
			   struct error *err);
int __wrap_proc_read(const char *path, struct buf *ret, struct error *err);
char *__wrap_proc_unit(pid_t pid);
int __wrap_proc_cmdline(pid_t pid, struct strv *ret, struct error *err);
int __wrap_proc_environment(pid_t pid, struct strv *ret, struct error *err);
int __wrap_proc_directory(pid_t pid, char **ret, struct error *err);
int __wrap_proc_link(const char *path, char **ret, struct error *err);
int __wrap_proc_stat_inside(pid_t pid, const char *path, struct stat *ret, struct error *err);
bool __wrap_proc_is_within(pid_t pid, const char *group);
int __wrap_shims_within(const char *group, struct strv *ret_ids, struct error *err);
int __wrap_proxies_list(struct strv *ret, struct error *err);

static int split(const char *text, struct strv *ret, struct error *err)
{
	if (text && strcmp(text, UNASKED) == 0)
		return error_set(err, -ETIMEDOUT, "no answer");
	if (text)
		strv_split(ret, text, " "); /* a tab is a blank in a word */
	return 0;
}

/* What is stopped with a unit is asked as its dependents. */
static const char *related(const char *unit, const char *property)
{
	if (strcmp_null(unit, played.related) == 0)
		return strcmp_null(property, "Wants") == 0 ? played.further : NULL;
	return strcmp_null(unit, played.client) == 0 && strcmp_null(property, played.relation) == 0
		       ? played.related
		       : NULL;
}

int __wrap_bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		       struct error *err)
{
	return split(related(unit, property), ret, err);
}

int __wrap_bus_dependents(struct bus *b, const char *unit, struct strv *ret, struct error *err)
{
	if (strcmp_null(unit, played.client) == 0)
		return split(related(unit, "BoundBy"), ret, err);
	return split(strcmp(unit, "docker.socket") == 0 ? played.socket_dependents
							: played.dependents,
		     ret, err);
}

int __wrap_bus_commands(struct bus *b, const char *unit, const char *property, struct strv *ret,
			struct error *err)
{
	const char *text = strcmp(property, "ExecStart") == 0      ? played.start
			   : strcmp(property, "ExecStop") == 0     ? played.stop
			   : strcmp(property, "ExecStopPost") == 0 ? played.stop_post
			   : strcmp(property, "ExecStartPre") == 0 ? played.start_pre
								   : NULL;

	if (strcmp(unit, "docker.service") == 0)
		text = strcmp(property, "ExecStopPost") == 0    ? played.docker_stop_post
		       : strcmp(property, "ExecStop") == 0      ? played.docker_stop
		       : strcmp(property, "ExecStartPost") == 0 ? played.docker_start_post
		       : strcmp(property, "ExecReload") == 0    ? played.docker_reload
								: NULL;
	if (strcmp_null(unit, played.related) == 0)
		text = strcmp(property, "ExecStart") == 0 ? played.related_start : NULL;
	return split(text, ret, err);
}

int __wrap_bus_service_text(struct bus *b, const char *unit, const char *property, char **ret,
			    struct error *err)
{
	if (strcmp(property, "Restart") == 0)
		*ret = xstrdup(played.restart ? played.restart : "always");
	else if (strcmp(property, "KillMode") == 0)
		*ret = xstrdup(played.kill_mode ? played.kill_mode : "process");
	else if (strcmp(property, "WorkingDirectory") == 0)
		*ret = xstrdup(played.directory ? played.directory : "");
	else
		*ret = xstrdup("/system.slice/docker.service");
	return 0;
}

/* "ConditionPathExists /run/x" */
int __wrap_bus_conditions(struct bus *b, const char *unit, const char *property,
			  struct unit_conditions *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv words = {0};
	struct unit_condition *c;

	if (!played.condition || strcmp(property, "Conditions") != 0)
		return 0;
	if (split(played.condition, &words, err) < 0)
		return -ETIMEDOUT;
	c = array_append(&ret->items, &ret->count, sizeof(*c));
	*c = (struct unit_condition){
		.kind = xstrdup(words.items[0]), .param = xstrdup(words.items[1]), .state = 1};
	return 0;
}

int __wrap_bus_can_reload(struct bus *b, const char *unit, bool *ret, struct error *err)
{
	*ret = !played.no_reload;
	return played.reload_unknown ? error_set(err, -ETIMEDOUT, "no answer") : 0;
}

int __wrap_observe_children(const struct root *root, const char *path, struct strv *ret,
			    struct error *err)
{
	if (strcmp(path, "/proc/200/fd") == 0 && played.listens)
		strv_add(ret, "5");
	if (strcmp(path, "/proc/200/fd") == 0 && played.socket == SOCKET_ANOTHER)
		strv_add(ret, "6");
	if (strcmp(path, "/proc") != 0)
		return 0;
	strv_add(ret, "1");
	strv_add(ret, "100");
	strv_add(ret, "200");
	strv_add(ret, "300");
	strv_add(ret, "self");
	return 0;
}

/* "1": the host's network, "2": the client's own, "3": that of the container db. */
static char network_of(const char *path)
{
	if (starts_with(path, "/proc/200/"))
		return played.listens == LISTENS_IN_DB       ? '3'
		       : played.listens == LISTENS_AT_CLIENT ? '2'
							     : '1';
	return played.other_network && starts_with(path, "/proc/300/") ? '2' : '1';
}

static int read_network(const char *path, struct buf *ret, struct error *err)
{
	static const char *const addresses[] = {"10.0.0.2", "172.18.0.3", "172.18.0.2"};
	char network = network_of(path);

	if (ends_with(path, "/net/fib_trie"))
		buf_printf(ret, "Main:\n     |-- %s\n        /32 host LOCAL\n",
			   addresses[network - '1']);
	else if (ends_with(path, "/net/tcp") && played.listens &&
		 network == network_of("/proc/200/"))
		buf_puts(ret, "   0: 00000000:0947 00000000:0000 0A 00000000:00000000 "
			      "00:00000000 00000000     0        0 77 1 0000000000000000\n");
	else if (strcmp(path, "/proc/200/net/unix") == 0)
		buf_puts(ret, "Num RefCount Protocol Flags Type St Inode Path\n"
			      "0: 00000002 00000000 00010000 0001 01 78 /srv/its\n");
	else if (!ends_with(path, "/net/tcp"))
		return error_set(err, -ENOENT, "not there");
	return 0;
}

int __wrap_proc_read(const char *path, struct buf *ret, struct error *err)
{
	bool client = strcmp(path, "/proc/300/status") == 0 && played.client;
	const char *name = client                                  ? played.client_name
			   : strcmp(path, "/proc/200/status") == 0 ? played.parent
			   : strcmp(path, "/proc/100/status") == 0 ? played.grandparent
								   : "systemd";

	if (strstr(path, "/net/"))
		return read_network(path, ret, err);
	if (strcmp(path, "/proc/300/cgroup") == 0) {
		buf_puts(ret, played.group ? played.group : "");
		return 0;
	}
	if (!name)
		return error_set(err, -ENOENT, "no such process");
	buf_printf(ret, "Name:\t%s\nPPid:\t%d\nNSpid:\t300%s\n", name,
		   client && played.parent                                       ? 200
		   : strcmp(path, "/proc/200/status") == 0 && played.grandparent ? 100
										 : 1,
		   (client && played.client_in_container) ||
				   (strcmp(path, "/proc/200/status") == 0 &&
				    played.listens == LISTENS_IN_DB && !played.db_has_hosts_numbers)
			   ? "\t7"
			   : "");
	return 0;
}

int __wrap_observe_content(const struct root *root, const char *path, struct buf *ret,
			   struct error *err)
{
	if (played.unit_file && strcmp(path, "/wait.service") == 0) {
		buf_puts(ret, played.unit_file);
		return 1;
	}
	if (!played.script)
		return error_set(err, -ENOENT, "not there");
	buf_puts(ret, played.script);
	return 1;
}

int __wrap_bus_unit(struct bus *b, const char *unit, struct unit_facts *ret, struct error *err)
{
	if (strcmp_null(unit, played.related) == 0 || strcmp_null(unit, played.further) == 0) {
		ret->exists = true;
		ret->loaded = !played.related_masked;
		ret->active = xstrdup(played.related_up ? "active" : "inactive");
		return 0;
	}
	ret->main_pid = played.main;
	if (played.unit_file)
		ret->fragment = xstrdup("/wait.service");
	return 0;
}

char *__wrap_proc_unit(pid_t pid)
{
	return xstrdup(pid == 300 ? played.client : "init.scope");
}

int __wrap_proc_cmdline(pid_t pid, struct strv *ret, struct error *err)
{
	if (pid != 300)
		return split(played.others_args ? played.others_args : "sleep 9", ret, err);
	return split(played.client_args ? played.client_args : "docker wait x", ret, err);
}

int __wrap_proc_environment(pid_t pid, struct strv *ret, struct error *err)
{
	strv_add(ret, "HOME=/home/u");
	return split(played.client_environment, ret, err);
}

int __wrap_proc_directory(pid_t pid, char **ret, struct error *err)
{
	*ret = xstrdup(played.client_directory ? played.client_directory : "/");
	return 0;
}

int __wrap_proxies_list(struct strv *ret, struct error *err)
{
	return played.no_proxies ? 0 : error_set(err, -EACCES, "nobody told");
}

int __wrap_proc_link(const char *path, char **ret, struct error *err)
{
	*ret = strcmp(path, "/proc/200/fd/5") == 0   ? xstrdup("socket:[77]")
	       : strcmp(path, "/proc/200/fd/6") == 0 ? xstrdup("socket:[78]")
						     : xasprintf("net:[%c]", network_of(path));
	return 0;
}

int __wrap_proc_stat_inside(pid_t pid, const char *path, struct stat *ret, struct error *err)
{
	bool another = pid == 300 || strcmp(path, "/srv/its") == 0;

	*ret = (struct stat){.st_ino = another && played.socket == SOCKET_ANOTHER ? 8 : 7};
	if (pid != 300)
		return 0;
	if (strcmp(path, "/home/u/.docker/contexts") == 0)
		return played.contexts ? 0 : error_set(err, -ENOENT, "not there");
	assert_string_equal(path,
			    played.client_environment && strstr(played.client_environment, "unix:")
				    ? "/srv/api"
				    : "/var/run/docker.sock");
	if (played.socket == SOCKET_NONE)
		return error_set(err, -ENOENT, "not there");
	return played.socket == SOCKET_UNREAD ? error_set(err, -ELOOP, "somebody's link") : 0;
}

bool __wrap_proc_is_within(pid_t pid, const char *group)
{
	return pid == played.within;
}

int __wrap_shims_within(const char *group, struct strv *ret_ids, struct error *err)
{
	return split(played.shims, ret_ids, err) < 0 ? -ETIMEDOUT : 0;
}

/* A host with two containers that run and one that does not. */
void host_fill(struct facts *f, const char *active)
{
	static const struct {
		const char *name;
		bool running;
		pid_t pid;
	} rows[] = {{"web", true, 100}, {"db", true, 200}, {"old", false, 0}};
	struct unit_facts *u = facts_add_unit(f, "docker.service");

	split(played.names, &u->names, NULL);
	u->exists = true;
	u->active = xstrdup(active);
	u = facts_add_unit(f, "docker.socket");
	split(played.socket_names, &u->names, NULL);
	u->exists = true;
	u->active = xstrdup(played.no_socket_unit ? "inactive" : "active");
	strv_add(&f->docker.api_sockets, "/run/docker.sock");
	f->docker.config_file = xstrdup("/etc/docker/daemon.json");
	f->docker.version = xstrdup("26.1.5");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct container *c = container_list_add(&f->docker.containers);

		c->id = xstrdup(rows[i].name);
		c->name = xstrdup(rows[i].name);
		c->running = rows[i].running;
		c->pid = rows[i].pid;
		c->tenant = xstrdup(i == 0 ? "shop" : "other");
		strv_add(&c->compose_places, i == 0 ? "/srv/shop" : "/srv/other");
		for (size_t k = 0; i == 1 && k < played.execs; k++)
			container_add_exec(c)->user = xstrdup("");
	}
	containers_known(&f->docker.containers);
}

void host_gather(struct facts *f)
{
	static char bus; /* nothing looks into it */
	static const struct root root;
	struct gather g = {.facts = f, .bus = (struct bus *)&bus, .root = &root};

	gather_processes(&g);
	gather_restart(&g);
	gather_clients(&g);
	processes_clear(&g.processes);
	processes_clear(&g.contained);
	holders_clear(&g.holders);
	socket_files_clear(&g.socket_files);
}
