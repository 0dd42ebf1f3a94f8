#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define ETC "/etc/systemd/system/"
#define LIB "/usr/lib/systemd/system/"
#define WANTS ETC "multi-user.target.wants/"
#define DOWN "unit=cups.service enabled=false active=false"

/* cups with its socket, enabled and running; a static unit; and what all hosts have. */
static void build(struct fake_view *f)
{
	fake_view_init(f);
	fake_dir(f, "/etc/systemd/system", 0755);
	fake_dir(f, ETC "multi-user.target.wants", 0755);
	fake_dir(f, ETC "sockets.target.wants", 0755);
	fake_dir(f, "/usr/lib/systemd/system", 0755);
	fake_dir(f, LIB "sysinit.target.wants", 0755);
	fake_file(f, LIB "cups.service", 0644,
		  "[Service]\nExecStart=/usr/sbin/cupsd\n[Install]\nAlso=cups.socket\n"
		  "WantedBy=multi-user.target\nAlias=printing.service\n");
	fake_file(f, LIB "cups.socket", 0644,
		  "[Socket]\nListenStream=631\n[Install]\nWantedBy=sockets.target\n");
	fake_file(f, LIB "static.service", 0644, "[Service]\nExecStart=/bin/true\n");
	fake_file(f, LIB "ssh.service", 0644, "[Install]\nWantedBy=multi-user.target\n");
	fake_file(f, LIB "tty@.service", 0644, "[Install]\nWantedBy=multi-user.target\n");
	/* what a run displaced, as long as it is not swept */
	fake_link(f, ETC ".printing.service.harden-0a1b2c0", LIB "cups.service");
	fake_link(f, WANTS ".cups.service.harden-0a1b2c0", LIB "cups.service");
	unit_states_put(&f->facts.unit_states, "ssh.service", "active");
	unit_states_put(&f->facts.unit_states, "systemd-journald.service", "active");
}

static void enable(struct fake_view *f)
{
	fake_link(f, WANTS "cups.service", LIB "cups.service");
	fake_link(f, ETC "sockets.target.wants/cups.socket", "../../../lib/cups.socket");
	fake_link(f, ETC "printing.service", LIB "cups.service");
	unit_states_put(&f->facts.unit_states, "cups.service", "active");
	unit_states_put(&f->facts.unit_states, "cups.socket", "active");
}

static void test_disable_and_stop(void **state)
{
	DESIRED(desired, &module_unit, DOWN);
	struct fake_view f;
	struct delta d = {0}, again = {0};

	build(&f);
	enable(&f);
	fake_diff(&f, &module_unit, desired, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_null(d.refusal);
	assert_int_equal(d.holds.count, 0);
	assert_edit(&d, WANTS "cups.service", "link", NULL);
	assert_edit(&d, ETC "printing.service", "link", NULL);
	assert_edit(&d, ETC "sockets.target.wants/cups.socket", "link", NULL);
	assert_string_equal(find_effect(&d, "state:cups.service")->before, "active");
	assert_string_equal(find_effect(&d, "state:cups.service")->after, "inactive");
	assert_int_equal(find_effect(&d, "unit:cups.service")->handler, HANDLER_SYSTEMD_RELOAD);
	/* the socket would start the service again, so it goes first */
	assert_true(find_effect(&d, "state:cups.socket") < find_effect(&d, "state:cups.service"));
	fake_converges(&f, &module_unit, desired, &d, &again);
	assert_verdict(&again, VERDICT_PASS);
	delta_clear(&d);
	delta_clear(&again);
	fake_view_clear(&f);
}

static const struct row {
	const char *name, *want;
	bool enabled; /* cups is, and runs */
	enum verdict verdict;
	size_t edits, effects;
	const char *refusal; /* a part of it */
} rows[] = {
	{"down already", DOWN, false, VERDICT_PASS, 0, 0, NULL},
	{"enable and start", "unit=cups.service enabled=true active=true", false, VERDICT_FAIL, 3,
	 2, NULL},
	{"enabled and up already", "unit=cups.service enabled=true active=true", true, VERDICT_PASS,
	 0, 0, NULL},
	{"only stopped", "unit=cups.service active=false", true, VERDICT_FAIL, 0, 2, NULL},
	{"only disabled", "unit=cups.service enabled=false", true, VERDICT_FAIL, 3, 2, NULL},
	{"masked with its socket", "unit=cups.service enabled=masked", false, VERDICT_FAIL, 2, 2,
	 NULL},
	{"by its alias", "unit=printing.service active=false", true, VERDICT_FAIL, 0, 1, NULL},
	{"a unit that is not there is down", "unit=nosuch.service enabled=false active=false", true,
	 VERDICT_PASS, 0, 0, NULL},
	{"and cannot be enabled", "unit=nosuch.service enabled=true", true, VERDICT_FAIL, 0, 0,
	 "there is no unit nosuch.service"},
	{"nothing to enable", "unit=static.service enabled=true", true, VERDICT_FAIL, 0, 0,
	 "no [Install]"},
	{"a template's instance", "unit=tty@one.service enabled=true", true, VERDICT_FAIL, 1, 1,
	 NULL},
	{"never the way in", "unit=ssh.service enabled=false active=false", true, VERDICT_FAIL, 0,
	 0, "does not touch it"},
	{"never systemd itself", "unit=systemd-journald.service active=false", true, VERDICT_FAIL,
	 0, 0, "does not touch it"},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		DESIRED(desired, &module_unit, r->want);
		struct fake_view f;
		struct delta d = {0};

		print_message("# %s\n", r->name);
		build(&f);
		if (r->enabled)
			enable(&f);
		fake_diff(&f, &module_unit, desired, &d);
		assert_verdict(&d, r->verdict);
		if (r->refusal)
			assert_non_null(d.refusal && strstr(d.refusal, r->refusal) ? d.refusal
										   : NULL);
		else
			assert_null(d.refusal);
		assert_int_equal(d.edits.count, r->edits);
		assert_int_equal(d.effects.count, r->effects);
		if (!r->refusal && r->verdict == VERDICT_FAIL)
			fake_converges(&f, &module_unit, desired, &d, NULL);
		delta_clear(&d);
		fake_view_clear(&f);
	}
}

static void fake_parent(struct fake_view *f, const char *path)
{
	CLEANUP(freep) char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	fake_dir(f, parent, 0755);
}

/* A script, a link of a run level, what pulls the unit in, and the unit; NULL: without that. */
static void put_generated(struct fake_view *f, const char *script, const char *level,
			  const char *pull, const char *generated)
{
	CLEANUP(freep) char *file = xasprintf("/etc/init.d/%s", script ? script : "");
	CLEANUP(freep) char *link = xasprintf("%sexim4.service", pull ? pull : "");
	CLEANUP(freep) char *unit = xasprintf("%sexim4.service", generated ? generated : "");

	if (script) {
		fake_parent(f, file);
		fake_file(f, file, 0755, "#!/bin/sh\n");
	}
	if (level) {
		fake_parent(f, level);
		fake_link(f, level, "../init.d/exim4");
	}
	if (pull) {
		CLEANUP(freep) char *above = xstrndup(pull, strlen(pull) - 1);

		fake_parent(f, above);
		fake_dir(f, above, 0755);
		fake_link(f, link, "../exim4.service");
	}
	if (generated) {
		fake_parent(f, unit);
		fake_file(f, unit, 0644, "[Service]\nExecStart=/etc/init.d/exim4 start\n");
	}
}

#define LATE "/run/systemd/generator.late/"
#define EARLY "/run/systemd/generator/"

/* What generators make of scripts and of other things is there, and started, without a unit's file. */
static void test_generated(void **state)
{
	static const struct {
		const char *want;
		const char *script, *level, *pull, *generated; /* NULL: not there */
		enum verdict verdict;
		const char *refusal, *edit;
	} cases[] = {
		{"enabled=false", "exim4", "/etc/rc2.d/S01exim4", LATE "multi-user.target.wants/",
		 LATE, VERDICT_FAIL, "enabled: masked", NULL},
		{"enabled=false", "exim4", "/etc/rc5.d/S20exim4", NULL, NULL, VERDICT_FAIL,
		 "/etc/rc5.d/S20exim4", NULL}, /* an image: nothing is generated there */
		{"enabled=false", NULL, NULL, EARLY "multi-user.target.wants/", EARLY, VERDICT_FAIL,
		 "/run/systemd/generator/", NULL},
		{"enabled=false", NULL, NULL, EARLY "x.socket.requires/", EARLY, VERDICT_FAIL,
		 "/run/systemd/generator/", NULL},
		{"enabled=masked", "exim4", "/etc/rc2.d/S01exim4", NULL, NULL, VERDICT_FAIL, NULL,
		 ETC "exim4.service"},
		{"enabled=masked", "exim4", NULL, NULL, NULL, VERDICT_FAIL, NULL,
		 ETC "exim4.service"},
		{"enabled=masked", NULL, NULL, NULL, EARLY, VERDICT_FAIL, NULL,
		 ETC "exim4.service"},
		{"enabled=false", "exim4", "/etc/rc2.d/K01exim4", NULL, LATE, VERDICT_PASS, NULL,
		 NULL},
		{"enabled=false", "exim4", "/etc/rc0.d/S01exim4", NULL, NULL, VERDICT_PASS, NULL,
		 NULL},
		{"enabled=false", "exim4", "/etc/rc2.d/S01exim", NULL, NULL, VERDICT_PASS, NULL,
		 NULL},
		{"enabled=false", NULL, "/etc/rc2.d/S01exim4", NULL, NULL, VERDICT_PASS, NULL,
		 NULL},
		{"enabled=false", NULL, "/etc/rc2.d/S01exim4", NULL, EARLY, VERDICT_PASS, NULL,
		 NULL}, /* a link that a script left behind */
		{"enabled=masked", NULL, NULL, NULL, NULL, VERDICT_PASS, NULL, NULL},
		{"enabled=true", "exim4", "/etc/rc2.d/S01exim4", NULL, NULL, VERDICT_PASS, NULL,
		 NULL},
		{"enabled=true", "exim4", NULL, NULL, NULL, VERDICT_FAIL, "/etc/init.d/exim4",
		 NULL},
		{"enabled=true", NULL, NULL, NULL, NULL, VERDICT_FAIL, "there is no unit", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(freep) char *wish = xasprintf("unit=exim4.service %s", cases[i].want);
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		DESIRED(desired, &module_unit, wish);

		build(&f);
		put_generated(&f, cases[i].script, cases[i].level, cases[i].pull,
			      cases[i].generated);
		fake_diff(&f, &module_unit, desired, &d);
		if (d.verdict != cases[i].verdict || !d.refusal != !cases[i].refusal ||
		    (d.refusal && !strstr(d.refusal, cases[i].refusal)))
			fail_msg("row %zu: %s (%s)", i, d.reason ? d.reason : "-",
				 d.refusal ? d.refusal : "-");
		assert_int_equal(d.edits.count, cases[i].edit != NULL);
		if (cases[i].edit)
			assert_edit(&d, cases[i].edit, "link", "/dev/null");
		if (cases[i].edit)
			fake_converges(&f, &module_unit, desired, &d, NULL);
	}
}

/* A unit's own file goes before the script of its name, and not before what a generator links. */
static void test_generated_beside_a_file(void **state)
{
	for (int pulled = 0; pulled < 2; pulled++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		DESIRED(desired, &module_unit, "unit=exim4.service enabled=false");

		build(&f);
		fake_file(&f, LIB "exim4.service", 0644, "[Service]\nExecStart=/bin/true\n");
		put_generated(&f, "exim4", "/etc/rc2.d/S01exim4",
			      pulled ? EARLY "getty.target.wants/" : NULL, NULL);
		fake_diff(&f, &module_unit, desired, &d);
		assert_verdict(&d, pulled ? VERDICT_FAIL : VERDICT_PASS);
		assert_int_equal(d.refusal != NULL, pulled);
	}
}

/* A mask below /run is gone with the next boot, and what the links say is then so. */
static void test_a_mask_of_this_boot(void **state)
{
	static const struct {
		const char *want;
		bool enabled;
		enum verdict verdict;
		size_t edits;
		const char *refusal;
	} masks[] = {
		{"unit=cups.service enabled=false", true, VERDICT_FAIL, 3, NULL},
		{"unit=cups.service enabled=false", false, VERDICT_PASS, 0, NULL},
		{"unit=cups.service enabled=masked", false, VERDICT_FAIL, 2, NULL},
		{"unit=cups.service enabled=true", true, VERDICT_FAIL, 0,
		 "/run/systemd/system/cups"},
		{"unit=cups.service enabled=true", false, VERDICT_FAIL, 1, /* its socket's */
		 "/run/systemd/system/cups"},
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(masks); i++) {
		size_t k = i / 2;
		DESIRED(desired, &module_unit, masks[k].want);
		CLEANUP(delta_clear) struct delta d = {0};
		struct fake_view f;

		build(&f);
		if (masks[k].enabled)
			enable(&f);
		if (i % 2)
			fake_link(&f, "/run/systemd/system/cups.service", "/dev/null");
		else
			fake_file(&f, "/run/systemd/system/cups.service", 0644, "");
		fake_diff(&f, &module_unit, desired, &d);
		if (d.verdict != masks[k].verdict || !d.refusal != !masks[k].refusal ||
		    (d.refusal && !strstr(d.refusal, masks[k].refusal)) ||
		    d.edits.count != masks[k].edits)
			fail_msg("row %zu: %s (%s), %zu edits, %s", i, verdict_to_string(d.verdict),
				 d.reason, d.edits.count, d.refusal ? d.refusal : "");
		if (!d.refusal)
			fake_converges(&f, &module_unit, desired, &d, NULL);
		fake_view_clear(&f);
	}
}

static void test_what_a_package_links_needs_a_mask(void **state)
{
	DESIRED(off, &module_unit, "unit=static.service enabled=false");
	DESIRED(masked, &module_unit, "unit=static.service enabled=masked");
	struct fake_view f;
	struct delta d = {0};

	build(&f);
	fake_link(&f, LIB "sysinit.target.wants/static.service", "../static.service");
	fake_diff(&f, &module_unit, off, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_non_null(strstr(d.refusal, "enabled: masked"));
	fake_diff(&f, &module_unit, masked, &d);
	assert_edit(&d, ETC "static.service", "link", "/dev/null");
	fake_converges(&f, &module_unit, masked, &d, NULL);
	fake_diff(&f, &module_unit, off, &d); /* what is masked is more than disabled */
	assert_verdict(&d, VERDICT_PASS);
	delta_clear(&d);
	fake_view_clear(&f);
}

static void test_the_sites_own_file_is_not_masked_over(void **state)
{
	DESIRED(desired, &module_unit, "unit=static.service enabled=masked");
	struct fake_view f;
	struct delta d = {0};

	build(&f);
	fake_file(&f, ETC "static.service", 0644, "[Service]\n");
	fake_diff(&f, &module_unit, desired, &d);
	assert_non_null(strstr(d.refusal, "stands where the link"));
	assert_int_equal(d.edits.count, 0);
	delta_clear(&d);
	fake_view_clear(&f);
}

static void test_dependents_are_held_and_planned(void **state)
{
	DESIRED(desired, &module_unit, "unit=cups.service active=false");
	struct fake_view f;
	struct delta d = {0};
	struct unit_state *cups;

	build(&f);
	unit_states_put(&f.facts.unit_states, "browse.service", "active");
	cups = unit_states_put(&f.facts.unit_states, "cups.service", "active");
	strv_add(&cups->dependents, "browse.service");
	fake_diff(&f, &module_unit, desired, &d);
	assert_int_equal(d.holds.count, 1);
	assert_string_equal(d.holds.items[0], "stopping cups.service stops browse.service, too");
	assert_string_equal(find_effect(&d, "state:browse.service")->after, "inactive");
	/* a mount, a target: they go down and come back like any other */
	unit_states_put(&f.facts.unit_states, "srv.mount", "active");
	fake_file(&f, LIB "srv.mount", 0644, "[Mount]\n");
	cups = unit_states_put(&f.facts.unit_states, "cups.service", "active");
	strv_add(&cups->dependents, "srv.mount");
	delta_clear(&d);
	fake_diff(&f, &module_unit, desired, &d);
	assert_int_equal(d.holds.count, 2);
	assert_string_equal(find_effect(&d, "state:srv.mount")->after, "inactive");
	assert_null(d.refusal);
	unit_states_put(&f.facts.unit_states, "docker.socket", "active");
	cups = unit_states_put(&f.facts.unit_states, "cups.service", "active");
	strv_add(&cups->dependents, "docker.socket");
	fake_diff(&f, &module_unit, desired, &d);
	assert_non_null(strstr(d.refusal, "stop docker.socket"));
	delta_clear(&d);
	strv_add(&cups->dependents, "ssh.service");
	fake_diff(&f, &module_unit, desired, &d);
	assert_non_null(strstr(d.refusal, "out of reach"));
	delta_clear(&d);
	fake_view_clear(&f);
}

/* What could not be put back as it was is refused, whoever consents. */
static void test_what_does_not_come_back_is_refused(void **state)
{
	static const struct {
		const char *other, *file;
		const char *says; /* NULL: it is not refused */
	} others[] = {
		{"a.service", NULL, NULL},
		{"a.target", NULL, NULL},
		{"a.mount", "/etc/systemd/system/a.mount", NULL},
		{"a.mount", "/run/systemd/generator/a.mount", NULL},
		{"a.mount", NULL, "no file to start it by"},
		{"a.swap", NULL, "no file to start it by"},
		{"docker-4711.scope", NULL, "nothing starts again"},
		{"a.slice", "/etc/systemd/system/a.slice", "all that runs in it"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		const char *other = others[i].other, *says = others[i].says;
		DESIRED(desired, &module_unit, "unit=cups.service active=false");
		struct fake_view f;
		struct delta d = {0};

		build(&f);
		fake_dir(&f, "/run/systemd/generator", 0755);
		if (others[i].file)
			fake_file(&f, others[i].file, 0644, "[Unit]\n");
		unit_states_put(&f.facts.unit_states, other, "active");
		strv_add(&unit_states_put(&f.facts.unit_states, "cups.service", "active")
				  ->dependents,
			 other);
		fake_diff(&f, &module_unit, desired, &d);
		if ((d.refusal != NULL) != (says != NULL) ||
		    (says && (!strstr(d.refusal, says) || !strstr(d.refusal, other))))
			fail_msg("%s: %s", other, d.refusal ? d.refusal : "not refused");
		delta_clear(&d);
		fake_view_clear(&f);
	}
}

static void test_what_a_start_stops_is_held_and_planned(void **state)
{
	DESIRED(desired, &module_unit, "unit=x.service active=true");
	struct fake_view f;
	struct delta d = {0}, again = {0};
	struct unit_state *cups;

	build(&f);
	fake_file(&f, LIB "x.service", 0644,
		  "[Unit]\nConflicts=cups.service down.service\n[Service]\nExecStart=/bin/x\n");
	cups = unit_states_put(&f.facts.unit_states, "cups.service", "active");
	strv_add(&cups->dependents, "browse.service");
	unit_states_put(&f.facts.unit_states, "browse.service", "active");
	/* another says so itself */
	strv_add(&unit_states_put(&f.facts.unit_states, "lpd.service", "active")->conflicts,
		 "x.service");
	fake_diff(&f, &module_unit, desired, &d);
	assert_int_equal(d.holds.count, 3);
	assert_string_equal(d.holds.items[0], "stopping cups.service stops browse.service, too");
	assert_string_equal(d.holds.items[1], "starting x.service stops cups.service, too");
	assert_string_equal(d.holds.items[2], "starting x.service stops lpd.service, too");
	assert_string_equal(find_effect(&d, "state:browse.service")->after, "inactive");
	assert_string_equal(find_effect(&d, "state:cups.service")->after, "inactive");
	assert_string_equal(find_effect(&d, "state:lpd.service")->before, "active");
	/* they go first: turned round, they are started when it is down */
	assert_true(find_effect(&d, "state:cups.service") < find_effect(&d, "state:x.service"));
	assert_null(d.refusal);
	fake_converges(&f, &module_unit, desired, &d, &again);
	delta_clear(&d);
	fake_view_clear(&f);
	build(&f);
	fake_file(&f, LIB "x.service", 0644, "[Service]\nExecStart=/bin/x\n");
	fake_dir(&f, ETC "x.service.d", 0755);
	fake_file(&f, ETC "x.service.d/a.conf", 0644, "[Unit]\nConflicts=ssh.service\n");
	fake_diff(&f, &module_unit, desired, &d);
	assert_non_null(strstr(d.refusal, "starting x.service would stop ssh.service"));
	delta_clear(&d);
	delta_clear(&again);
	fake_view_clear(&f);
}

/* A dockerd runs, with these containers that run; NULL: which do is not known. */
static void add_docker(struct fake_view *f, const char *names)
{
	CLEANUP(strv_clear) struct strv all = {0};

	f->facts.docker.install = DOCKER_DISTRO;
	f->facts.docker.running = true;
	strv_split(&all, names ? names : "", " ");
	for (size_t i = 0; i < all.count; i++) {
		struct container *c = container_list_add(&f->facts.docker.containers);

		c->name = xstrdup(all.items[i]);
		c->running = true;
	}
	if (names)
		containers_known(&f->facts.docker.containers);
	else
		containers_unknown(&f->facts.docker.containers, "dockerd does not answer");
}

static void test_the_packet_filter_is_not_taken_away_unsaid(void **state)
{
	static const struct {
		const char *what, *want;
		const char *unit, *dropin; /* the text of f.service; NULL: it has no file */
		const char *runs; /* containers */
		const char *held; /* parts of the hold, by |; NULL: it is not held */
		bool up, no_docker, no_iptables;
	} filters[] = {
		{"stopped", "unit=f.service active=false",
		 "[Service]\nExecStop=/usr/sbin/nft flush ruleset\n", NULL, "web db",
		 "stopping f.service runs nft|containers web and db", true},
		{"started", "unit=f.service active=true",
		 "[Service]\nExecStart=/usr/sbin/nft -f /etc/nftables.conf\n", NULL, "web",
		 "starting f.service runs nft|container web", false},
		{"by a drop-in", "unit=f.service active=false", "[Service]\nExecStart=/bin/true\n",
		 "[Service]\nExecStop=/usr/sbin/iptables -F\n", "web", "runs iptables", true},
		{"nothing runs", "unit=f.service active=false",
		 "[Service]\nExecStart=/usr/sbin/firewalld\n", NULL, "", "no container runs now",
		 true},
		{"what runs is not known", "unit=f.service active=false",
		 "[Service]\nExecStart=/usr/sbin/firewalld\n", NULL, NULL, "is not known", true},
		{"no dockerd", "unit=f.service active=false",
		 "[Service]\nExecStart=/usr/sbin/firewalld\n", NULL, NULL, NULL, true, true},
		{"dockerd makes no rules", "unit=f.service active=false",
		 "[Service]\nExecStart=/usr/sbin/firewalld\n", NULL, "web", NULL, true, false,
		 true},
		{"another unit", "unit=f.service active=false",
		 "[Service]\nExecStart=/usr/sbin/cupsd\n", NULL, "web", NULL, true},
		{"one without a file, by its name", "unit=nftables.service active=false", NULL,
		 NULL, "web", "stopping nftables.service", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		DESIRED(desired, &module_unit, filters[i].want);
		CLEANUP(strv_clear) struct strv parts = {0};
		struct fake_view f;
		struct delta d = {0};

		build(&f);
		if (filters[i].unit)
			fake_file(&f, LIB "f.service", 0644, filters[i].unit);
		fake_dir(&f, ETC "f.service.d", 0755);
		if (filters[i].dropin)
			fake_file(&f, ETC "f.service.d/a.conf", 0644, filters[i].dropin);
		if (filters[i].up)
			unit_states_put(&f.facts.unit_states,
					filters[i].unit ? "f.service" : "nftables.service",
					"active");
		f.facts.docker.install = DOCKER_NONE;
		f.facts.docker.running = false;
		if (!filters[i].no_docker)
			add_docker(&f, filters[i].runs);
		if (filters[i].no_iptables)
			settings_put(&f.facts.docker.now, "iptables", "false", SOURCE_FILE, "x");
		fake_diff(&f, &module_unit, desired, &d);
		strv_split(&parts, filters[i].held ? filters[i].held : "", "|");
		if (d.effects.count == 0 || d.holds.count != (filters[i].held != NULL))
			fail_msg("%s: %zu holds", filters[i].what, d.holds.count);
		for (size_t k = 0; k < parts.count; k++)
			if (!strstr(d.holds.items[0], parts.items[k]))
				fail_msg("%s: %s", filters[i].what, d.holds.items[0]);
		delta_clear(&d);
		fake_view_clear(&f);
	}
}

static void test_offline_only_the_files_count(void **state)
{
	DESIRED(desired, &module_unit, DOWN);
	struct fake_view f;
	struct delta d = {0};

	build(&f);
	enable(&f);
	f.facts.offline = true;
	fake_diff(&f, &module_unit, desired, &d);
	assert_int_equal(d.edits.count, 3);
	assert_int_equal(d.effects.count, 0);
	delta_clear(&d);
	fake_view_clear(&f);
}

static void test_systemd_that_does_not_answer(void **state)
{
	DESIRED(desired, &module_unit, DOWN);
	struct fake_view f;
	struct delta d = {0};

	build(&f);
	f.facts.unit_states.not_measured = xstrdup("systemd does not run here");
	fake_diff(&f, &module_unit, desired, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
	delta_clear(&d);
	fake_view_clear(&f);
}

/* "content" cannot be written as a word of desired_new(): it has blanks and lines. */
static void *timer(const char *text)
{
	void *desired = desired_new(&module_unit, "unit=our.timer enabled=true active=true");
	const struct field *field = module_unit.fields;

	while (strcmp(field->key, "content") != 0)
		field++;
	str_replace((char **)((char *)desired + field->offset), text);
	return desired;
}

static void test_our_own_unit(void **state)
{
	void *desired = timer("[Timer]\nUnit=@harden@\n\n[Install]\nWantedBy=timers.target\n");
	struct fake_view f;
	struct delta d = {0};

	build(&f);
	fake_diff(&f, &module_unit, desired, &d); /* it is not known where harden is */
	assert_non_null(strstr(d.refusal, "cannot start harden"));
	f.facts.program = xstrdup("/usr/sbin/harden");
	fake_diff(&f, &module_unit, desired, &d);
	assert_edit(&d, ETC "our.timer", "text:all",
		    "[Timer]\nUnit=/usr/sbin/harden\n\n[Install]\nWantedBy=timers.target");
	assert_edit(&d, ETC "timers.target.wants/our.timer", "link", ETC "our.timer");
	assert_string_equal(find_effect(&d, "state:our.timer")->after, "active");
	fake_converges(&f, &module_unit, desired, &d, NULL);
	str_replace(&f.facts.program, "/opt/harden"); /* moved since: written and read anew */
	fake_diff(&f, &module_unit, desired, &d);
	assert_int_equal(d.edits.count, 1);
	assert_non_null(find_effect(&d, "restart:our.timer"));
	delta_clear(&d);
	fake_view_clear(&f);
	module_free_desired(&module_unit, desired);
}

static void test_a_packages_unit_is_as_good(void **state)
{
	void *desired = timer("[Timer]\nUnit=@harden@\n");
	struct fake_view f;
	struct delta d = {0};

	build(&f);
	fake_file(&f, LIB "our.timer", 0644, "[Timer]\n[Install]\nWantedBy=timers.target\n");
	fake_diff(&f, &module_unit, desired, &d);
	assert_null(d.refusal);
	assert_int_equal(d.edits.count, 1);
	assert_edit(&d, ETC "timers.target.wants/our.timer", "link", LIB "our.timer");
	delta_clear(&d);
	fake_view_clear(&f);
	module_free_desired(&module_unit, desired);
}

static void test_what_is_no_wish(void **state)
{
	static const char *const bad[] = {
		"unit=cups enabled=true",     "unit=a/b.service enabled=true",
		"unit=x.target enabled=true", "unit=tty@.service enabled=true",
		"unit=.service enabled=true", "unit=cups.service",
		"unit=a.slice active=true",   "unit=a.slice active=false",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(error_clear) struct error err = {0};
		DESIRED(desired, &module_unit, bad[i]);

		print_message("# %s\n", bad[i]);
		assert_int_equal(module_unit.check(desired, &err), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disable_and_stop),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_generated),
		cmocka_unit_test(test_generated_beside_a_file),
		cmocka_unit_test(test_what_a_package_links_needs_a_mask),
		cmocka_unit_test(test_a_mask_of_this_boot),
		cmocka_unit_test(test_the_sites_own_file_is_not_masked_over),
		cmocka_unit_test(test_dependents_are_held_and_planned),
		cmocka_unit_test(test_what_does_not_come_back_is_refused),
		cmocka_unit_test(test_what_a_start_stops_is_held_and_planned),
		cmocka_unit_test(test_the_packet_filter_is_not_taken_away_unsaid),
		cmocka_unit_test(test_offline_only_the_files_count),
		cmocka_unit_test(test_systemd_that_does_not_answer),
		cmocka_unit_test(test_our_own_unit),
		cmocka_unit_test(test_a_packages_unit_is_as_good),
		cmocka_unit_test(test_what_is_no_wish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
