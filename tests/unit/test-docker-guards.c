#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "modules/daemon/guards.h"
#include "tests/unit/docker-view.h"
#include "tests/unit/guard-case.h"

static void add_ceiling(struct fake_view *f, uint64_t most, const char *why)
{
	struct limit_ceiling *c = facts_add_ceiling(&f->facts);

	*c = (struct limit_ceiling){xstrdup("nofile"), most, xstrdup(why)};
}

/* Limits that containers cannot be given here: the lowest of what is in the way is told. */
static void test_ulimits(void **state)
{
	static const struct {
		const char *name, *hard, *says; /* NULL: fine */
	} rows[] = {
		{"nofile", "1000", NULL},
		{"nofile", "1001", "nofile of 1001 is above 1000, containerd's"},
		{"nofile", "-1", "nofile without limit is above 1000, containerd's"},
		{"nofile", "-5", "nofile of 18446744073709551611 is above 1000, containerd's"},
		{"core", "-1", NULL},
		{"core", "0", NULL},
	};
	struct fake_view *f = *state;

	add_ceiling(f, 5000, "the kernel's");
	add_ceiling(f, 1000, "containerd's");
	add_container(f, "web", "front");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *value = xasprintf("{\"%s\":{\"Name\":\"%s\",\"Soft\":1,\"Hard\":%s}}",
					rows[i].name, rows[i].name, rows[i].hard);
		CLEANUP(delta_clear) struct delta d = {0};

		guard(f, "default-ulimits", value, &d);
		if (!d.first != !rows[i].says || (d.first && !strstr(d.first, rows[i].says)))
			fail_msg("%s: %s", value, d.first ? d.first : "not held");
		assert_int_equal(d.holds.count, rows[i].says != NULL);
		assert_int_equal(d.warnings.count, 1);
		assert_string_equal(d.warnings.items[0],
				    "sessions and health checks in 1 container that runs take the "
				    "limits at once");
	}
}

static void test_ulimits_unknown(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	f->facts.docker.ceilings_unknown = xstrdup("containerd does not run");
	guard(f, "default-ulimits", "{}", &d);
	assert_int_equal(d.holds.count, 0);
	guard(f, "default-ulimits", "{\"core\":{\"Name\":\"core\",\"Hard\":0,\"Soft\":0}}", &d);
	assert_hold(&d, 0,
		    "whether containers can be given such limits here is not known: containerd "
		    "does not run");
	assert_null(d.first);
	assert_int_equal(d.warnings.count, 0); /* none runs */
}

static void test_no_new_privileges(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	add_container(f, "build-1", "bridge")->uses_setuid = true;
	add_container(f, "web", "bridge");
	guard(f, "no-new-privileges", "true", &d);
	assert_hold(&d, 0,
		    "container build-1 runs setuid programs, which will fail when created anew");
	add_container(f, "build-2", "bridge")->uses_setuid = true;
	strv_add(&nth(f, 2)->setuid_runs, "sudo");
	strv_add(&nth(f, 2)->setuid_runs, "su");
	guard(f, "no-new-privileges", "true", &d);
	assert_hold(&d, 0,
		    "containers build-1 and build-2 run setuid programs, which will fail when "
		    "created anew (seen now: build-2 runs su and sudo)");
	strv_add(&nth(f, 0)->setuid_runs, "crontab");
	guard(f, "no-new-privileges", "true", &d);
	assert_hold(&d, 0,
		    "containers build-1 and build-2 run setuid programs, which will fail when "
		    "created anew (seen now: build-1 runs crontab; build-2 runs su and sudo)");
	guard(f, "no-new-privileges", "false", &d);
	assert_int_equal(d.holds.count, 0);
	strv_add(&nth(f, 1)->setuid_programs, "sudo");
	guard(f, "no-new-privileges", "true", &d);
	assert_hold(
		&d, 0,
		"container web runs without root's rights and has sudo, which would give it none "
		"when created anew");
	strv_add(&nth(f, 1)->capable_programs, "caddy");
	guard(f, "no-new-privileges", "true", &d);
	assert_hold(&d, 0,
		    "container web runs caddy with the capabilities of its file, which it would "
		    "not have when created anew");
	nth(f, 1)->setuid_unread = xstrdup("cannot look at '/proc/7/exe': Permission denied");
	guard(f, "no-new-privileges", "true", &d);
	assert_hold(&d, 0,
		    "whether container web counts on programs that give it rights could not be "
		    "looked at: cannot look at '/proc/7/exe': Permission denied");
	nth(f, 1)->running = false;
	guard(f, "no-new-privileges", "true", &d);
	assert_int_equal(d.holds.count, 1);
}

static void test_userns(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	guard(f, "userns-remap", "\"default\"", &d);
	assert_int_equal(d.holds.count, 0);
	count_set(&f->facts.docker.images, 3);
	count_set(&f->facts.docker.volumes, 1);
	add_container(f, "a", "host");
	add_container(f, "b", "bridge")->privileged = true;
	guard(f, "userns-remap", "\"default\"", &d);
	count_set(&f->facts.docker.networks, 2);
	guard(f, "userns-remap", "\"default\"", &d);
	assert_hold(&d, 0,
		    "3 images (size not measured), 2 containers, 1 volume and 2 networks would "
		    "vanish from view");
	assert_hold(&d, 1, "containers a and b would need --userns=host");
	nth(f, 0)->userns_mode = xstrdup("host");
	guard(f, "userns-remap", "\"default\"", &d);
	assert_hold(&d, 1, "container b would need --userns=host");
	guard(f, "userns-remap", "\"root\"", &d);
	assert_int_equal(d.holds.count, 0);
	guard(f, "userns-remap", NULL, &d);
	assert_int_equal(d.holds.count, 0);
}

static void use_volume(struct container *c, const char *name)
{
	struct container_mount *m = container_add_mount(c);

	m->type = xstrdup("volume");
	m->volume = xstrdup(name);
	m->target = xstrdup("/data");
}

/* Each volume with its size and who has it; what was not measured is said so. */
static void test_userns_sizes(void **state)
{
	static const char *const keys[][2] = {{"userns-remap", "\"default\""},
					      {"data-root", "\"/srv\""}};
	struct fake_view *f = *state;
	struct docker_facts *docker = &f->facts.docker;

	count_set(&docker->images, 1);
	count_set(&docker->volumes, 4);
	use_volume(add_container(f, "db", "app"), "data");
	use_volume(add_container(f, "backup", "app"), "data");
	use_volume(add_container(f, "log", "app"), "late");
	docker->images_size = xstrdup("about 3 GiB");
	strv_add(&docker->volume_sizes, "data (about 12 MiB)");
	strv_add(&docker->volume_sizes, "data2 (about 0 bytes)");
	strv_add(&docker->volume_sizes, "nfs (size not measured: dockerd mounts it)");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		guard(f, keys[i][0], keys[i][1], &d);
		assert_hold(&d, 0,
			    "1 image (about 3 GiB), 3 containers and 4 volumes would vanish from "
			    "view");
		assert_hold(&d, 1,
			    "containers db and backup have volume data (about 12 MiB), and would "
			    "begin with an empty one when made anew");
		assert_hold(&d, 2,
			    "container log has volume late (size not measured), and would begin "
			    "with an empty one when made anew");
		assert_hold(&d, 3,
			    "of the volumes no container is known to have data2 (about 0 bytes) "
			    "and nfs (size not measured: dockerd mounts it)");
	}
}

/* Whom of the API's clients over TCP a change would refuse. */
static void test_api_clients(void **state)
{
	static const struct {
		const char *key, *value, *listener;
		bool read;
		const char *client, *holds; /* NULL: nothing */
	} rows[] = {
		{"tlsverify", "true", "tcp://0.0.0.0:2375", true, "10.0.0.9",
		 "clients of dockerd's API over TCP would have to bring a certificate: 10.0.0.9"},
		{"tls", "true", "tcp://0.0.0.0:2375", true, "172.17.0.2 (container ci)",
		 "clients of dockerd's API over TCP would have to bring a certificate: "
		 "172.17.0.2 (container ci)"},
		{"tlsverify", "true", "tcp://0.0.0.0:2375", true, NULL, NULL},
		{"tlsverify", "true", "tcp://0.0.0.0:2375", false, NULL,
		 "who is connected to dockerd's API over TCP, and would have to bring a "
		 "certificate, is not known"},
		{"tlsverify", "false", "tcp://0.0.0.0:2375", true, "10.0.0.9", NULL},
		{"tlsverify", "true", NULL, false, NULL, NULL},
		{"hosts", "[\"fd://\"]", "tcp://10.9.9.1:2375", true, "10.0.0.9",
		 "clients of dockerd's API over TCP would not reach it there any more: 10.0.0.9"},
		{"hosts", "[\"fd://\",\"tcp://10.9.9.1:2375\"]", "tcp://10.9.9.1:2375", true,
		 "10.0.0.9", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		struct docker_facts *docker;
		struct fake_view f;

		fake_view_init(&f);
		docker = &f.facts.docker;
		strv_add(&docker->listening.addresses, "10.9.9.1");
		if (rows[i].listener)
			strv_add(&docker->tcp_listeners, rows[i].listener);
		docker->tcp_clients_read = rows[i].read;
		if (rows[i].client)
			strv_add(&docker->tcp_clients, rows[i].client);
		guard(&f, rows[i].key, rows[i].value, &d);
		if (d.holds.count != (rows[i].holds != NULL) ||
		    (rows[i].holds && strcmp(d.holds.items[0], rows[i].holds) != 0))
			fail_msg("row %zu: %s", i, d.holds.count ? d.holds.items[0] : "-");
		fake_view_clear(&f);
	}
}

/* They vanish, too; the process of one that is enabled would run on unseen. */
static void test_userns_plugins(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	count_set(&f->facts.docker.plugins, 1);
	guard(f, "userns-remap", "\"default\"", &d);
	assert_hold(&d, 0, "1 plugin would vanish from view");
	assert_int_equal(d.holds.count, 1);
	assert_null(d.first);
	count_set(&f->facts.docker.plugins, 2);
	strv_add(&f->facts.docker.enabled_plugins, "nfs:latest");
	guard(f, "userns-remap", "\"default\"", &d);
	assert_hold(&d, 0, "2 plugins would vanish from view");
	assert_hold(&d, 1,
		    "plugin nfs:latest runs, and dockerd would not know it any more: disable it "
		    "first ('docker plugin disable nfs:latest')");
	assert_string_equal(d.first, d.holds.items[1]);
	strv_add(&f->facts.docker.enabled_plugins, "v");
	guard(f, "userns-remap", "\"default\"", &d);
	assert_non_null(strstr(d.first, "plugins nfs:latest and v run, and dockerd would not know "
					"them any more"));
	guard(f, "userns-remap", "\"root\"", &d);
	assert_int_equal(d.holds.count, 0);
	/* beside a dockerd that is stopped, by its files */
	f->facts.docker.running = false;
	guard(f, "userns-remap", "\"default\"", &d);
	assert_non_null(strstr(d.first, "start dockerd, and disable them first"));
	strv_clear(&f->facts.docker.enabled_plugins);
	strv_add(&f->facts.docker.unstarted_plugins, "nfs:latest");
	guard(f, "userns-remap", "\"default\"", &d);
	assert_null(d.first);
	assert_hold(&d, 1,
		    "plugin nfs:latest is enabled, and dockerd's next start would not start it: "
		    "what is of it goes without");
}

/* What runs beside the daemon's new data root is lost to it: an acknowledgement does not help. */
static void test_userns_running(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	add_container(f, "a", "bridge");
	guard(f, "userns-remap", "\"default\"", &d);
	assert_string_equal(d.first, "container a runs, and dockerd would not know it any more: "
				     "stop it first");
	assert_hold(&d, 1, d.first);
	add_container(f, "b", "bridge");
	guard(f, "userns-remap", "\"default\"", &d);
	assert_string_equal(d.first, "containers a and b run, and dockerd would not know them any "
				     "more: stop them first");
	guard(f, "userns-remap", "\"\"", &d);
	assert_null(d.first);
	nth(f, 0)->running = nth(f, 1)->running = false;
	guard(f, "userns-remap", "\"default\"", &d);
	assert_null(d.first);
	assert_int_equal(d.holds.count, 1);
}

static void test_userns_unknown(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	containers_unknown(&f->facts.docker.containers, "dockerd does not answer");
	f->facts.docker.running = true;
	guard(f, "userns-remap", "\"default\"", &d);
	assert_non_null(d.first);
	f->facts.docker.running = false; /* its next start is a person's */
	guard(f, "userns-remap", "\"default\"", &d);
	assert_null(d.first);
	assert_true(d.holds.count > 0);
}

/* Every other key with which dockerd would not see what live-restore keeps, and those that it would. */
static void test_elsewhere(void **state)
{
	static const struct {
		const char *key, *value;
		bool held;
	} rows[] = {
		{"data-root", "\"/data\"", true},
		{"exec-root", "\"/run/x\"", true},
		{"exec-root", NULL, true},
		{"storage-driver", "\"btrfs\"", true},
		{"containerd", "\"/run/x.sock\"", true},
		{"containerd-namespace", "\"x\"", true},
		{"features", "{\"containerd-snapshotter\":true}", true},
		{"features", "{\"containerd-snapshotter\":false}", false},
		{"features", "{\"buildkit\":true}", false},
		{"log-level", "\"warn\"", false},
	};
	struct fake_view *f = *state;
	struct settings *now = &f->facts.docker.now;

	f->facts.docker.running = true;
	add_container(f, "a", "app");
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		bool live = i % 2 == 0;

		settings_put(now, "live-restore", live ? "true" : "false", SOURCE_API, "");
		guard(f, rows[i / 2].key, rows[i / 2].value, &d);
		if ((d.first != NULL) != (live && rows[i / 2].held) ||
		    (d.first && !strstr(d.first, "container a runs")))
			fail_msg("%s %s: %s", rows[i / 2].key, rows[i / 2].value,
				 d.first ? d.first : "");
	}
}

static void test_no_user_namespaces(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	f->facts.docker.user_namespaces = xstrdup("user.max_user_namespaces is 0");
	guard(f, "userns-remap", "\"\"", &d);
	assert_null(d.refusal);
	guard(f, "userns-remap", "\"default\"", &d);
	assert_string_equal(d.refusal, "no container would start with userns-remap: "
				       "user.max_user_namespaces is 0");
}

static void test_image_store(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	guard(f, "userns-remap", "\"default\"", &d);
	assert_null(d.refusal);
	fake_file(f, CONFIG, 0644, "{\"features\":{\"containerd-snapshotter\":true}}");
	guard(f, "userns-remap", "\"default\"", &d);
	assert_non_null(d.refusal);
	fake_file(f, CONFIG, 0644, "{}");
	str_replace(&f->facts.docker.driver, "overlayfs"); /* 29's default, which gives way */
	guard(f, "userns-remap", "\"default\"", &d);
	assert_null(d.refusal);
}

/* An API that moves away could not be asked any more, neither whether all is well nor to undo it. */
static void test_hosts(void **state)
{
	static const struct {
		const char *value;
		bool refused;
	} rows[] = {
		{NULL, false},
		{"[]", false},
		{"[\"fd://\"]", false},
		{"[\"unix:///run/x.sock\",\"unix:///var/run/docker.sock\"]", false},
		{"[\"unix:///run/docker.sock\"]", false},
		{"[\"unix://\"]", false},
		{"[\"unix:///run/x.sock\"]", true},
		{"[\"tcp://127.0.0.1:2376\"]", true},
	};
	struct fake_view *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		guard(f, "hosts", rows[i].value, &d);
		if (rows[i].refused != (d.refusal != NULL))
			fail_msg("%s: %s", rows[i].value, d.refusal ? d.refusal : "not refused");
	}
}

/*
 * Each guard, of facts that are known to be none, known to be some, and not known: what was not
 * looked at holds, whichever guard it is. One that looks at containers stands in this table.
 */
static const struct {
	const char *key, *value;
	bool counts; /* images and volumes, too */
} guarded[] = {
	{"icc", "false", false},
	{"no-new-privileges", "true", false},
	{"userland-proxy", "false", false},
	{"userns-remap", "\"default\"", true},
};

static void test_known_none(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		guard(*state, guarded[i].key, guarded[i].value, &d);
		assert_int_equal(d.holds.count, 0);
	}
}

static void test_known_some(void **state)
{
	struct fake_view *f = *state;

	for (size_t i = 0; i < 2; i++) {
		struct container *c = add_container(f, i ? "b" : "a", "bridge");

		c->uses_setuid = true;
		strv_add(&c->ports, "80/tcp on ::");
	}
	for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		guard(f, guarded[i].key, guarded[i].value, &d);
		assert_true(d.holds.count > 0);
	}
}

static void test_unknown_holds(void **state)
{
	static const char why[] = "containers cannot be seen while dockerd is stopped";
	struct fake_view *f = *state;

	for (size_t seen = 0; seen < 2;
	     seen++) { /* a list without reason, or with what the disk tells */
		if (seen)
			containers_unknown(&f->facts.docker.containers, why);
		else
			container_list_clear(&f->facts.docker.containers);
		if (seen)
			add_container(f, "a", "bridge")->running = false;
		for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
			CLEANUP(delta_clear) struct delta d = {0};

			guard(f, guarded[i].key, guarded[i].value, &d);
			assert_true(d.holds.count > 0);
			assert_true(!seen || strv_contains(&d.holds, why));
		}
	}
}

static void test_unknown_swarm_holds(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	guard(f, "live-restore", "true", &d);
	assert_int_equal(d.holds.count, 0);
	str_replace(&f->facts.docker.swarm, NULL);
	guard(f, "live-restore", "false", &d);
	assert_int_equal(d.holds.count, 0);
	guard(f, "live-restore", "true", &d);
	assert_hold(&d, 0,
		    "whether this host is in a swarm is not known, and a member with live-restore "
		    "would not start again");
}

/* A container that dockerd lists and says nothing of. */
static void test_half_an_answer_holds(void **state)
{
	struct fake_view *f = *state;
	struct container *c = container_list_add(&f->facts.docker.containers);

	c->id = xstrdup("0123");
	c->unread = xstrdup("GET /containers/0123/json: dockerd answered 500");
	for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		guard(f, guarded[i].key, guarded[i].value, &d);
		assert_hold(&d, 0,
			    "dockerd does not tell of container 0123: GET /containers/0123/json: "
			    "dockerd answered 500");
	}
}

static void test_unknown_counts_hold(void **state)
{
	struct fake_view *f = *state;
	struct count *const counts[] = {&f->facts.docker.images, &f->facts.docker.volumes,
					&f->facts.docker.networks, &f->facts.docker.plugins};

	for (size_t k = 0; k < ARRAY_SIZE(counts); k++) {
		count_unknown(counts[k], "no rights");
		for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
			CLEANUP(delta_clear) struct delta d = {0};

			guard(f, guarded[i].key, guarded[i].value, &d);
			assert_int_equal(d.holds.count, guarded[i].counts ? 1 : 0);
			assert_true(!guarded[i].counts || strstr(d.holds.items[0], "no rights"));
		}
		count_set(counts[k], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOCKER_VIEW_TEST(test_hosts),
		DOCKER_VIEW_TEST(test_ulimits),
		DOCKER_VIEW_TEST(test_ulimits_unknown),
		DOCKER_VIEW_TEST(test_no_new_privileges),
		DOCKER_VIEW_TEST(test_userns),
		DOCKER_VIEW_TEST(test_userns_sizes),
		cmocka_unit_test(test_api_clients),
		DOCKER_VIEW_TEST(test_userns_plugins),
		DOCKER_VIEW_TEST(test_userns_running),
		DOCKER_VIEW_TEST(test_elsewhere),
		DOCKER_VIEW_TEST(test_userns_unknown),
		DOCKER_VIEW_TEST(test_no_user_namespaces),
		DOCKER_VIEW_TEST(test_image_store),
		DOCKER_VIEW_TEST(test_known_none),
		DOCKER_VIEW_TEST(test_known_some),
		DOCKER_VIEW_TEST(test_unknown_holds),
		DOCKER_VIEW_TEST(test_unknown_swarm_holds),
		DOCKER_VIEW_TEST(test_half_an_answer_holds),
		DOCKER_VIEW_TEST(test_unknown_counts_hold),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
