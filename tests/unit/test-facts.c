#include "tests/test.h"

#include <time.h>

#include "engine/base/alloc.h"
#include "engine/model/facts.h"

static void test_settings_are_replaced_by_key(void **state)
{
	CLEANUP(settings_clear) struct settings s = {0};
	const struct setting *found;

	assert_null(settings_find(&s, "icc"));
	settings_put(&s, "icc", "true", SOURCE_FILE, "/etc/docker/daemon.json");
	settings_put(&s, "log-level", NULL, SOURCE_DEFAULT, NULL);
	settings_put(&s, "icc", "false", SOURCE_FLAG, "flag of the running dockerd");
	assert_int_equal(s.count, 2);
	found = settings_find(&s, "icc");
	assert_string_equal(found->value, "false");
	assert_int_equal(found->source, SOURCE_FLAG);
	assert_string_equal(found->where, "flag of the running dockerd");
	assert_null(settings_find(&s, "log-level")->value);
	assert_null(settings_find(&s, "log"));
	settings_put(&s, "icc", found->value, SOURCE_API, NULL); /* its own value again */
	assert_string_equal(settings_find(&s, "icc")->value, "false");
	assert_null(settings_find(&s, "icc")->where);
}

static void test_many_settings(void **state)
{
	CLEANUP(settings_clear) struct settings s = {0};
	clock_t start = clock();

	for (int i = 0; i < 100000; i++) {
		CLEANUP(freep) char *key = xasprintf("key-%d", i);

		settings_put(&s, key, "1", SOURCE_FILE, "test");
		assert_int_equal(settings_find(&s, key) - s.items, i);
	}
	assert_true(clock() - start < 8 * CLOCKS_PER_SEC);
}

static void test_finding_by_name(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};

	for (int i = 0; i < 9; i++) {
		CLEANUP(freep) char *name = xasprintf("n%d", i);

		facts_add_unit(&f, name)->restarts = (unsigned)i;
		strv_add(&facts_add_place(&f, name)->paths, name);
	}
	assert_int_equal(f.nunits, 9);
	assert_int_equal(f.nplaces, 9);
	assert_int_equal(facts_unit(&f, "n7")->restarts, 7);
	assert_string_equal(facts_place(&f, "n3")->paths.items[0], "n3");
	assert_null(facts_unit(&f, "n9"));
	assert_null(facts_place(&f, "@n1"));
}

/* docker.service may be a link to a unit by another name, or have others that lead to it. */
static void test_names_of_a_unit(void **state)
{
	static const struct {
		const char *names; /* of docker.service, as systemd has them */
		const char *name;
		bool is;
	} rows[] = {
		{NULL, "docker.service", true},
		{NULL, "moby.service", false},
		{NULL, NULL, false},
		{"docker.service", "docker.service", true},
		{"moby.service docker.service", "moby.service", true},
		{"moby.service docker.service", "docker.service", true},
		{"docker.service old.service", "old.service", true},
		{"moby.service docker.service", "moby", false},
		{"moby.service docker.service", "moby@1.service", false},
		{"moby.service docker.service", "docker@1.service", false},
		{"moby.service docker.service", "docker.socket", false},
		{"moby.service docker.service", NULL, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		facts_add_unit(&f, "docker.socket");
		if (rows[i].names)
			strv_split(&facts_add_unit(&f, "docker.service")->names, rows[i].names,
				   " ");
		if (facts_is_unit(&f, "docker.service", rows[i].name) != rows[i].is)
			fail_msg("%zu: %s", i, rows[i].name);
		if (rows[i].names && rows[i].is)
			assert_string_equal(facts_unit(&f, rows[i].name)->name, "docker.service");
	}
}

static void test_containers_are_unknown_until_measured(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	struct container_list *list = &f.docker.containers;
	struct containers all;
	size_t n = 17;

	assert_false(containers_running(list, &n)); /* nobody has looked: that is not a zero */
	assert_false(containers_get(list, &all));
	assert_non_null(containers_why(list));
	for (int i = 0; i < 5; i++) {
		struct container *c = container_list_add(&f.docker.containers);

		assert_int_equal(c->no_new_privileges, -1);
		assert_null(c->name);
		c->running = i % 2 == 0;
	}
	assert_false(containers_running(list, &n)); /* some were seen, not all */
	assert_int_equal(n, 17);
	containers_known(list);
	assert_true(containers_running(list, &n));
	assert_int_equal(n, 3);
	list->seen[0].unread = xstrdup("GET: dockerd answered 500");
	assert_false(containers_running(list, &n)); /* half an answer */
	list->seen[0].name = xstrdup("web"); /* told of, its processes are not read */
	assert_true(containers_running(list, &n));
	assert_true(containers_get(list, &all));
	assert_int_equal(all.count, 5);
	containers_unknown(list, "dockerd is frozen");
	assert_string_equal(containers_why(list), "dockerd is frozen");
	assert_false(containers_get(list, &all));
	assert_int_equal(containers_on_disk(list).count, 5);
}

static void test_counts_are_unknown_until_set(void **state)
{
	CLEANUP(count_clear) struct count c = {0};
	size_t n = 17;

	assert_false(count_get(&c, &n));
	assert_int_equal(n, 17);
	assert_non_null(count_why(&c));
	count_set(&c, 0);
	assert_true(count_get(&c, &n));
	assert_int_equal(n, 0);
	assert_null(count_why(&c));
	count_unknown(&c, "no rights");
	assert_false(count_get(&c, &n));
	assert_string_equal(count_why(&c), "no rights");
}

static void fill_unit(struct unit_facts *u)
{
	u->active = xstrdup("active");
	strv_add(&u->names, "moby.service");
	u->fragment = xstrdup("/lib/systemd/system/docker.service");
	strv_add(&u->dropins, "/etc/systemd/system/docker.service.d/10.conf");
	strv_add(&u->environment_files, "/etc/default/docker");
	u->exec_start = xstrdup("/usr/bin/dockerd");
	u->exec_start_file = xstrdup("x");
	u->listen_group = xstrdup("docker");
	strv_add(&u->listens, "/run/docker.sock");
	u->listen_mode = xstrdup("0660");
	u->invocation_id = xstrdup("0123");
}

static void fill_container(struct container *c)
{
	c->id = xstrdup("id");
	c->name = xstrdup("name");
	c->image = xstrdup("image");
	c->restart_policy = xstrdup("no");
	c->network_mode = xstrdup("bridge");
	c->userns_mode = xstrdup("");
	c->pid_mode = xstrdup("host");
	strv_add(&c->networks, "bridge");
	strv_add(&c->links, "db");
	strv_add(&c->ports, "80/tcp on ::");
}

static void fill_flag(struct daemon_flag *f)
{
	f->key = xstrdup("icc");
	f->value = xstrdup("false");
	f->text = xstrdup("--icc=false");
	f->file = xstrdup("/etc/default/docker");
	f->variable = xstrdup("DOCKER_OPTS");
}

static void fill_docker(struct docker_facts *d)
{
	char **const strings[] = {
		&d->unsupported,    &d->version,       &d->not_measured, &d->config_file,
		&d->dockerd,        &d->data_root,     &d->file_error,   &d->driver,
		&d->config_digest,  &d->untried,       &d->swarm,        &d->bridge_icc,
		&d->kernel_modules, &d->start_unknown, &d->no_reload,    &d->user_namespaces,
		&d->sockets_unread, &d->no_restart,    &d->no_room,      &d->tcp_unknown,
	};
	struct strv *const lists[] = {
		&d->cut_off,          &d->restart_runs,
		&d->api_sockets,      &d->restart_brings,
		&d->reload_brings,    &d->goes_along,
		&d->now_flags,        &d->conflicts,
		&d->security_options, &d->insecure_registries,
		&d->tcp_listeners,    &d->goes_down,
		&d->may_end,          &d->tcp_unlisted,
	};

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		*strings[i] = xstrdup("x");
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		strv_add(lists[i], "x");
	d->no_socket_restart = xstrdup("x");
	settings_put(&d->now, "a", "1", SOURCE_API, "b");
	settings_put(&d->next, "a", "1", SOURCE_FILE, "b");
}

static void fill_host(struct facts *f)
{
	f->hostname = xstrdup("web-03");
	f->machine_id = xstrdup("m");
	f->boot_id = xstrdup("b");
	f->os = xstrdup("o");
	f->kernel = xstrdup("k");
	f->no_systemd = xstrdup("n");
	f->audit.not_measured = xstrdup("needs root");
	strv_add(&f->audit.kernel_rules, "-w /x -p wa");
}

/* Everything is set once: what facts_clear() forgot, the leak sanitizer names. */
static void test_clear_releases_everything(void **state)
{
	struct facts f = {0};
	struct place *place;

	fill_host(&f);
	fill_docker(&f.docker);
	fill_container(container_list_add(&f.docker.containers));
	fill_flag(facts_add_flag(&f));
	*facts_add_waiting(&f) =
		(struct waiting_key){.key = xstrdup("icc"), .brings = xstrdup("w")};
	strv_add(&f.docker.waiting[0].members, "/icc/m");
	fill_unit(facts_add_unit(&f, "docker.service"));
	place = facts_add_place(&f, "docker.service");
	strv_add(&place->paths, "/lib/systemd/system/docker.service");
	place->absent = xstrdup("a");
	place->unknown = xstrdup("u");
	facts_clear(&f);
	assert_int_equal(f.nunits + f.nplaces + f.docker.containers.nseen + f.docker.nnext_flags,
			 0);
	assert_null(f.hostname);
	assert_null(f.docker.now.items);
	facts_clear(&f);
	facts_clear(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings_are_replaced_by_key),
		cmocka_unit_test(test_many_settings),
		cmocka_unit_test(test_finding_by_name),
		cmocka_unit_test(test_names_of_a_unit),
		cmocka_unit_test(test_containers_are_unknown_until_measured),
		cmocka_unit_test(test_counts_are_unknown_until_set),
		cmocka_unit_test(test_clear_releases_everything),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
