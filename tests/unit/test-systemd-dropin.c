#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define VENDOR "/usr/lib/systemd/system/docker.socket"
#define DIRECTORY "/etc/systemd/system/docker.socket.d"
#define RUN "/run/systemd/system/docker.socket.d"
#define OURS DIRECTORY "/50-harden.conf"
#define WANT "unit=docker.socket section=Socket key=SocketMode value=0660"

static struct unit_facts *fill(struct fake_view *f, const char *name, const char *text)
{
	struct unit_facts *u;

	fake_view_init(f);
	u = facts_add_unit(&f->facts, name);
	u->exists = true;
	u->active = xstrdup("active");
	u->fragment = xasprintf("/usr/lib/systemd/system/%s", name);
	fake_file(f, u->fragment, 0644, text);
	return u;
}

/* The vendor's unit, another drop-in, and what becomes of it. */
static const struct row {
	const char *name;
	const char *unit, *dropin, *dropin_text, *loaded;
	const char *want;
	enum verdict verdict;
	const char *content; /* of our drop-in afterwards */
	bool refused;
} rows[] = {
	{"right", "[Socket]\nSocketMode=0660\n", NULL, NULL, "0660", WANT, VERDICT_PASS, NULL,
	 false},
	{"wrong", "[Socket]\nSocketMode=0666\n", NULL, NULL, "0666", WANT, VERDICT_FAIL,
	 "[Socket]\nSocketMode=0660\n", false},
	{"not set", "[Socket]\n", NULL, NULL, "0666", WANT, VERDICT_FAIL,
	 "[Socket]\nSocketMode=0660\n", false},
	{"stricter stays", "[Socket]\nSocketMode=0600\n", NULL, NULL, "0600", WANT, VERDICT_PASS,
	 NULL, false},
	{"by an earlier drop-in", "[Socket]\nSocketMode=0660\n", DIRECTORY "/10-site.conf",
	 "[Socket]\nSocketMode=0666\n", "0666", WANT, VERDICT_FAIL, "[Socket]\nSocketMode=0660\n",
	 false},
	{"by a later drop-in", "[Socket]\nSocketMode=0660\n", DIRECTORY "/90-site.conf",
	 "[Socket]\nSocketMode=0666\n", "0666", WANT, VERDICT_FAIL, NULL, true},
	{"by ours, and wrong", "[Socket]\n", OURS, "# mine\n[Socket]\nSocketMode=0666\n", "0666",
	 WANT, VERDICT_FAIL, "# mine\n[Socket]\nSocketMode=0660\n", false},
	{"fixed by a drop-in", "[Socket]\nSocketMode=0666\n", DIRECTORY "/90-site.conf",
	 "[Socket]\nSocketMode=0660\n", "0660", WANT, VERDICT_PASS, NULL, false},
	{"fixed for this boot alone", "[Socket]\nSocketMode=0666\n", RUN "/90-site.conf",
	 "[Socket]\nSocketMode=0660\n", "0660", WANT, VERDICT_FAIL, "[Socket]\nSocketMode=0660\n",
	 false},
	{"fixed for this boot, by an earlier one", "[Socket]\nSocketMode=0666\n",
	 RUN "/10-site.conf", "[Socket]\nSocketMode=0660\n", "0660", WANT, VERDICT_FAIL,
	 "[Socket]\nSocketMode=0660\n", false},
	{"by a later drop-in of this boot", "[Socket]\nSocketMode=0660\n", RUN "/90-site.conf",
	 "[Socket]\nSocketMode=0666\n", "0666", WANT, VERDICT_FAIL, NULL, true},
	{"another section", "[Install]\nSocketMode=0660\n", NULL, NULL, "0666", WANT, VERDICT_FAIL,
	 "[Socket]\nSocketMode=0660\n", false},
	{"written, not loaded", "[Socket]\nSocketMode=0660\n", NULL, NULL, "0666", WANT,
	 VERDICT_FAIL, NULL, false},
	{"a list", "[Socket]\nListenStream=/run/docker.sock\nListenStream=2375\n", NULL, NULL, NULL,
	 "unit=docker.socket section=Socket key=ListenStream value=/run/a.sock,/run/b.sock",
	 VERDICT_FAIL,
	 "[Socket]\nListenStream=\nListenStream=/run/a.sock\nListenStream=/run/b.sock\n", false},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(delta_clear) struct delta d = {0}, again = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		struct unit_facts *u = fill(&f, "docker.socket", row->unit);
		DESIRED(want, &module_systemd_dropin, row->want);

		u->listen_mode = xstrdup_null(row->loaded);
		if (row->dropin) {
			fake_file(&f, row->dropin, 0644, row->dropin_text);
			strv_add(&u->dropins, row->dropin);
		}
		fake_diff(&f, &module_systemd_dropin, want, &d);
		if (d.verdict != row->verdict || (d.refusal != NULL) != row->refused)
			fail_msg("%s: %s (%s)", row->name, verdict_to_string(d.verdict), d.reason);
		if (row->refused)
			continue;
		fake_converges(&f, &module_systemd_dropin, want, &d, &again);
		assert_verdict(&again, VERDICT_PASS);
		if (row->content)
			assert_string_equal(fake_content(&f, OURS), row->content);
		else
			assert_int_equal(d.edits.count, 0);
	}
}

static void test_effects(void **state)
{
	static const struct {
		const char *unit, *section;
		const char *active;
		size_t effects;
		enum handler last;
	} cases[] = {
		{"docker.socket", "Socket", "active", 2, HANDLER_DOCKER_SOCKET},
		{"docker.service", "Service", "active", 2, HANDLER_DOCKER_RESTART},
		{"docker.service", "Service", "inactive", 1, HANDLER_SYSTEMD_RELOAD},
		{"containerd.service", "Service", "active", 1, HANDLER_SYSTEMD_RELOAD},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(freep)
		char *text = xasprintf("unit=%s section=%s key=Nice value=5", cases[i].unit,
				       cases[i].section);
		struct unit_facts *u = fill(&f, cases[i].unit, "[Unit]\n");
		DESIRED(want, &module_systemd_dropin, text);

		str_replace(&u->active, cases[i].active);
		fake_diff(&f, &module_systemd_dropin, want, &d);
		assert_int_equal(d.effects.count, cases[i].effects);
		assert_int_equal(d.effects.items[0].handler, HANDLER_SYSTEMD_RELOAD);
		assert_int_equal(d.effects.items[cases[i].effects - 1].handler, cases[i].last);
		fake_converges(&f, &module_systemd_dropin, want, &d, NULL);
	}
}

static void test_needs_reload(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	struct unit_facts *u = fill(&f, "containerd.service", "[Service]\nNice=5\n");
	DESIRED(want, &module_systemd_dropin,
		"unit=containerd.service section=Service key=Nice value=5");

	fake_diff(&f, &module_systemd_dropin, want, &d);
	assert_verdict(&d, VERDICT_PASS);
	u->need_daemon_reload = true;
	fake_diff(&f, &module_systemd_dropin, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_int_equal(d.edits.count, 0);
	fake_converges(&f, &module_systemd_dropin, want, &d, NULL);
}

static void test_no_unit(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_systemd_dropin, WANT);

	fake_view_init(&f);
	fake_diff(&f, &module_systemd_dropin, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED); /* it was not looked at */
	f.facts.no_systemd = xstrdup("no bus");
	fake_diff(&f, &module_systemd_dropin, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
	facts_add_unit(&f.facts, "docker.socket");
	fake_diff(&f, &module_systemd_dropin, want, &d);
	assert_verdict(&d, VERDICT_NOT_APPLICABLE);
}

static void test_unreadable(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_systemd_dropin, WANT);

	fill(&f, "docker.socket", "[Socket]\n");
	fake_unreadable(&f, VENDOR, -EACCES);
	fake_diff(&f, &module_systemd_dropin, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
}

static void test_check(void **state)
{
	static const char *const wrong[] = {
		"unit=docker section=S key=K value=1",
		"unit=../x.service section=S key=K value=1",
		"unit=docker.service section=S key=K value=1 file=a/b.conf",
		"unit=docker.service section=S key=K value=1 file=b.txt",
		/* nobody looks at them */
		"unit=ssh.service section=S key=K value=1",
		"unit=docker.service.service section=S key=K value=1",
		"unit=docker.mount section=S key=K value=1",
	};
	CLEANUP(error_clear) struct error err = {0};
	DESIRED(other, &module_systemd_dropin, "unit=ssh.service section=S key=K value=1");

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		DESIRED(want, &module_systemd_dropin, wrong[i]);

		assert_int_equal(module_systemd_dropin.check(want, NULL), -EINVAL);
	}
	module_systemd_dropin.check(other, &err);
	assert_non_null(strstr(error_text(&err), "'ssh.service'"));
	for (size_t i = 0; facts_units[i]; i++) {
		CLEANUP(freep)
		char *text = xasprintf("unit=%s section=S key=K value=1", facts_units[i]);
		DESIRED(want, &module_systemd_dropin, text);

		assert_int_equal(module_systemd_dropin.check(want, NULL), 0);
	}
}

/* Names that lead to /dev/null: of the unit, of another drop-in, of ours. */
static void test_masked(void **state)
{
	static const struct {
		const char *link;
		enum verdict verdict;
		const char *refusal;
		size_t edits;
	} masks[] = {
		{VENDOR, VERDICT_NOT_APPLICABLE, NULL, 0},
		{DIRECTORY "/20-site.conf", VERDICT_FAIL, NULL, 1},
		{OURS, VERDICT_FAIL, "'" OURS "' is masked", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		DESIRED(want, &module_systemd_dropin, WANT);
		struct unit_facts *u = fill(&f, "docker.socket", "[Socket]\nSocketMode=0666\n");

		fake_node(&f, "/dev/null", NODE_OTHER, 0666);
		fake_unreadable(&f, "/dev/null", -EINVAL);
		fake_link(&f, masks[i].link, "/dev/null");
		strv_add(&u->dropins, DIRECTORY "/20-site.conf");
		fake_diff(&f, &module_systemd_dropin, want, &d);
		assert_verdict(&d, masks[i].verdict);
		assert_int_equal(strcmp_null(d.refusal, masks[i].refusal), 0);
		assert_int_equal(d.edits.count, masks[i].edits);
	}
}

/* What is written is not what a process has that was started before. */
static void test_limits_of_the_running_process(void **state)
{
	static const struct {
		const char *have;
		enum verdict verdict;
	} limits[] = {{"1024:524288", VERDICT_PASS},
		      {"1048576:1048576", VERDICT_PENDING},
		      {"524287:524288", VERDICT_PASS}, /* Go raised its own */
		      {"20000:20000", VERDICT_PASS}, /* stricter */

		      {NULL, VERDICT_PASS}};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		DESIRED(want, &module_systemd_dropin,
			"unit=containerd.service section=Service key=LimitNOFILE "
			"value=1024:524288");
		struct unit_facts *u =
			fill(&f, "containerd.service", "[Service]\nLimitNOFILE=1024:524288\n");

		u->open_files = xstrdup_null(limits[i].have);
		fake_diff(&f, &module_systemd_dropin, want, &d);
		assert_verdict(&d, limits[i].verdict);
		assert_int_equal(d.edits.count + d.effects.count, 0);
	}
}

/* dockerd is started anew by us: as long as nobody has, what is written is not in force. */
static void test_limits_of_the_running_dockerd(void **state)
{
	static const struct {
		const char *have;
		bool lags;
	} limits[] = {{"1024:524288", false},
		      {"1048576:1048576", true},
		      {"20000:20000", false},
		      {NULL, false}};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		DESIRED(want, &module_systemd_dropin,
			"unit=docker.service section=Service key=LimitNOFILE value=1024:524288");
		struct unit_facts *u =
			fill(&f, "docker.service", "[Service]\nLimitNOFILE=1024:524288\n");

		str_replace(&u->active, "active");
		u->open_files = xstrdup_null(limits[i].have);
		fake_diff(&f, &module_systemd_dropin, want, &d);
		assert_verdict(&d, limits[i].lags ? VERDICT_FAIL : VERDICT_PASS);
		assert_int_equal(d.edits.count, 0);
		assert_int_equal(find_effect(&d, "start:docker.service") != NULL, limits[i].lags);
		if (limits[i].lags)
			fake_converges(&f, &module_systemd_dropin, want, &d, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits_of_the_running_process),
		cmocka_unit_test(test_limits_of_the_running_dockerd),
		cmocka_unit_test(test_masked),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_effects),
		cmocka_unit_test(test_needs_reload),
		cmocka_unit_test(test_no_unit),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
