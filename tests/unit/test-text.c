#include "tests/test.h"

#include <string.h>

#include "cli/report/summary.h"
#include "cli/report/text-header.h"
#include "cli/report/text.h"
#include "engine/base/alloc.h"
#include "tests/subject-text.h"

static const struct style plain = {.utf8 = true};

static struct change *add_change(struct plan *p, const char *path, enum node_kind first,
				 enum node_kind last)
{
	struct change *c = plan_add_change(p, path);

	c->images = xcalloc(2, sizeof(*c->images));
	c->nimages = 2;
	c->images[0].node.kind = first;
	c->images[1].node.kind = last;
	return c;
}

static void add_finding(struct plan *p, const char *control, enum finding_state state,
			enum verdict verdict, const char *text)
{
	struct finding *f = plan_add_finding(p, control);

	f->state = state;
	f->verdict = verdict;
	f->title = xstrdup_null(text);
	f->reason = xstrdup_null(verdict == VERDICT_FAIL ? "as measured" : text);
	if (state == FINDING_HELD)
		strv_add(&f->holds, text);
	if (state == FINDING_WAIVED)
		f->waiver = xstrdup(text);
}

static void set_content(struct image *image, const char *text)
{
	buf_set(&image->content, text, strlen(text));
	image->has_content = true;
}

/* The daemon's file of the contract's example: two keys more, four that stay. */
static void add_daemon_file(struct plan *p)
{
	struct change *c = add_change(p, "/etc/docker/daemon.json", NODE_FILE, NODE_FILE);

	edits_add(&c->edits, "file.daemon-json.mode", c->path, subj("mode"), "0666", "0644");
	edits_add(&c->edits, "daemon.live-restore", c->path, subj("json:/live-restore"), NULL,
		  "true");
	edits_add(&c->edits, "daemon.log-level", c->path, subj("json:/log-level"), NULL,
		  "\"info\"");
	set_content(&c->images[0], "{\"a\": 1, \"b\": 2, \"c\": 3, \"d\": 4}\n");
	set_content(&c->images[1], "{}");
}

static void add_stages(struct plan *p)
{
	struct stage *s = plan_add_stage(p);

	s->up = HANDLER_BIT(HANDLER_DOCKER_RELOAD);
	effect_bring(effects_add(&s->effects, "daemon.live-restore", HANDLER_DOCKER_RELOAD,
				 subj("docker:live-restore"), NULL, "true"),
		     "/etc/docker/daemon.json", subj("json:/live-restore"));
	s = plan_add_stage(p);
	s->up = HANDLER_BIT(HANDLER_DOCKER_RESTART);
	effect_bring(effects_add(&s->effects, "daemon.log-level", HANDLER_DOCKER_RESTART,
				 subj("docker:log-level"), NULL, "\"info\""),
		     "/etc/docker/daemon.json", subj("json:/log-level"));
}

/* What cannot be fixed is no less bad: it comes first, and why it stays is a second sentence. */
static void add_critical(struct plan *p)
{
	struct finding *f = plan_add_finding(p, "daemon.tls");

	f->state = FINDING_REFUSED;
	f->verdict = VERDICT_FAIL;
	f->severity = SEVERITY_CRITICAL;
	f->reason = xstrdup("the API listens on 0.0.0.0:2375 without TLS");
	f->refusal = xstrdup("there is no '/etc/docker/tls/ca.pem'");
}

static void fill_plan(struct plan *p)
{
	struct change *c;

	p->harden_version = xstrdup("0.1.0");
	p->hostname = xstrdup("web-03");
	p->baseline = xstrdup("docker-host 1.0");
	p->level = 1;
	add_daemon_file(p);
	c = add_change(p, "/etc/docker/tls/server-key.pem", NODE_FILE, NODE_FILE);
	edits_add(&c->edits, "file.server-key.mode", c->path, subj("mode"), "0644", "0400");
	c = add_change(p, "/etc/audit/rules.d/60-harden-docker.rules", NODE_ABSENT, NODE_FILE);
	edits_add(&c->edits, "audit.dockerd", c->path,
		  subj("rule:-a always,exit -F path=/usr/bin/dockerd -F perm=xa"), NULL,
		  "-w /usr/bin/dockerd -p xa -k harden");
	add_stages(p);
	add_critical(p);
	add_finding(p, "daemon.icc", FINDING_HELD, VERDICT_FAIL,
		    "containers a and b talk over docker0 without a link");
	add_finding(p, "daemon.userns-remap", FINDING_HELD, VERDICT_FAIL,
		    "23 images and 9 volumes would vanish from view");
	add_finding(p, "daemon.userland-proxy", FINDING_WAIVED, VERDICT_FAIL,
		    "by ops@example.org until 2027-01-31: IPv6 hairpin");
	add_finding(p, "host.separate-partition", FINDING_OK, VERDICT_MANUAL, NULL);
	checks_add_line(&p->checks, "ok no key is set both as a dockerd flag and in daemon.json");
	checks_add_line(&p->checks,
			"warn 2 containers start sudo; no-new-privileges will stop that: "
			"build-1, build-2");
}

static void fill_facts(struct facts *f)
{
	f->docker.install = DOCKER_CE;
	f->docker.version = xstrdup("26.1.5");
	f->docker.running = true;
	containers_known(&f->docker.containers);
	f->docker.swarm = xstrdup("inactive");
	for (int i = 0; i < 14; i++)
		container_list_add(&f->docker.containers)->running = true;
}

static const char contract[] =
	"harden 0.1.0   host web-03   Docker 26.1.5 (docker-ce, systemd)   14 containers up   no "
	"swarm\n"
	"baseline docker-host 1.0 (level 1)\n"
	"\n"
	"Critical, and not fixed by this plan\n"
	"  x daemon.tls   critical: the API listens on 0.0.0.0:2375 without TLS\n"
	"                 cannot be done here: there is no '/etc/docker/tls/ca.pem'\n"
	"\n"
	"  + add  ~ change  - remove    [L] reload  [R] restart of dockerd  [!] needs --ack\n"
	"\n"
	"+ /etc/audit/rules.d/60-harden-docker.rules\n"
	"    + /usr/bin/dockerd: execute, attribute change           audit.dockerd\n"
	"~ /etc/docker/daemon.json\n"
	"    ~ mode             0666 -> 0644                         file.daemon-json.mode\n"
	"      {\n"
	"    +   \"live-restore\": true                          [L]   daemon.live-restore\n"
	"    +   \"log-level\": \"info\"                           [R]   daemon.log-level\n"
	"        4 other keys and the layout stay as they are\n"
	"      }\n"
	"~ /etc/docker/tls/server-key.pem\n"
	"    ~ mode             0644 -> 0400                         file.server-key.mode\n"
	"\n"
	"Held back (not part of this plan)\n"
	"  ! daemon.icc            as measured\n"
	"                          held back: containers a and b talk over docker0 without a link\n"
	"  ! daemon.userns-remap   as measured\n"
	"                          held back: 23 images and 9 volumes would vanish from view\n"
	"                          -> harden explain daemon.userns-remap; --ack "
	"daemon.userns-remap\n"
	"\n"
	"Waived\n"
	"  . daemon.userland-proxy   as measured\n"
	"                            waived by ops@example.org until 2027-01-31: IPv6 hairpin\n"
	"\n"
	"By hand\n"
	"  . host.separate-partition\n"
	"\n"
	"Checks before apply\n"
	"  ok    no key is set both as a dockerd flag and in daemon.json\n"
	"  warn  2 containers start sudo; no-new-privileges will stop that: build-1, build-2\n"
	"\n"
	"Effect    1 reload, 1 restart of dockerd (API away a few seconds).\n"
	"          14 containers should keep running: live-restore comes first.\n"
	"Undo      every change above can be undone; 33 bytes of undo data.\n"
	"\n"
	"Plan: 3 to add, 2 to change, 0 to remove; 1 critical and not fixed, 2 held back, "
	"1 refused, 1 waived, 1 by hand.\n";

static void test_contract(void **state)
{
	CLEANUP(plan_clear) struct plan p = {0};
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(buf_clear) struct buf b = {0};

	fill_plan(&p);
	fill_facts(&f);
	text_header(&b, &plain, &f, &p);
	text_plan(&b, &plain, &f, &p);
	assert_string_equal(buf_str(&b), contract);
}

static int occurrences(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

/* Every part of the headline is there, once, and no line of it is wider than the terminal. */
static void test_headline_fits(void **state)
{
	const size_t widths[] = {48, 60, 80, 100};

	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		const struct style colored = {.color = true, .width = widths[i]};
		const struct style bare = {.width = widths[i]};
		CLEANUP(plan_clear) struct plan p = {0};
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(buf_clear) struct buf b = {0}, inked = {0};
		char *rest = NULL;

		fill_plan(&p);
		fill_facts(&f);
		text_header(&b, &bare, &f, &p);
		text_header(&inked, &colored, &f, &p);
		assert_int_equal(occurrences(b.data, "\n"), occurrences(inked.data, "\n"));
		assert_int_equal(occurrences(b.data, "   host "), 1);
		assert_int_equal(occurrences(b.data, "   Docker "), 1);
		assert_int_equal(occurrences(b.data, " up"), 1);
		for (char *line = strtok_r(b.data, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest))
			assert_true(text_width(line) <= widths[i]);
	}
}

static void test_quiet_and_empty(void **state)
{
	const struct style quiet = {.quiet = true};
	CLEANUP(plan_clear) struct plan p = {0};
	CLEANUP(buf_clear) struct buf b = {0};

	text_plan(&b, &quiet, NULL, &p);
	assert_string_equal(buf_str(&b), "No changes. 0 held back, 0 by hand.\n");
	buf_clear(&b);
	add_finding(&p, "a.unknown", FINDING_OK, VERDICT_NOT_MEASURED, "cannot");
	text_plan(&b, &quiet, NULL, &p); /* what was not read may well have to be changed */
	assert_string_equal(buf_str(&b),
			    "No changes known; 1 not measured; 0 held back, 0 by hand.\n");
	plan_clear(&p);
	buf_clear(&b);
	fill_plan(&p);
	text_plan(&b, &quiet, NULL, &p);
	assert_string_equal(buf_str(&b), "Plan: 3 to add, 2 to change, 0 to remove; "
					 "1 critical and not fixed, 2 held back, "
					 "1 refused, 1 waived, 1 by hand.\n");
}

static void test_colors_add_nothing_else(void **state)
{
	const struct style colored = {.utf8 = true, .color = true};
	CLEANUP(plan_clear) struct plan p = {0};
	CLEANUP(buf_clear) struct buf b = {0}, stripped = {0}, without = {0};

	fill_plan(&p);
	text_plan(&b, &colored, NULL, &p);
	text_plan(&without, &plain, NULL, &p);
	for (const char *at = b.data; *at; at++) {
		if (*at == '\033')
			at += strcspn(at, "m");
		else
			buf_putc(&stripped, *at);
	}
	assert_true(b.len > without.len);
	assert_string_equal(buf_str(&stripped), buf_str(&without));
}

/* Runs of spaces as one: test_contract() holds the columns. */
static char *squeeze(const char *text)
{
	struct buf b = {0};

	for (; *text; text++)
		if (*text != ' ' || text[1] != ' ')
			buf_putc(&b, *text);
	return buf_take(&b);
}

static const struct {
	const char *subject, *before, *after;
	bool sensitive;
	const char *want;
} edits_rows[] = {
	{"owner", "1000", "0", false,
	 "    ~ owner            1000 -> 0 (root)                     a.b\n"},
	{"acl", "user::rw-\nuser:x:r--", NULL, false,
	 "    - acl              user::rw-\\x0auser:x:r--              a.b\n"},
	{"json:/log-opts/max-size", NULL, "\"10m\"", false,
	 "      {\n    +   \"log-opts\": { \"max-size\": \"10m\" }                     "
	 "a.b\n"
	 "        the layout stays as it is\n      }\n"},
	{"json:/a~1b", "1", NULL, false,
	 "      {\n    -   \"a/b\": 1                                            a.b\n"
	 "        the layout stays as it is\n      }\n"},
	{"unit:Service/ExecStart", "/usr/bin/dockerd --icc", "\n/usr/bin/dockerd", false,
	 "    - [Service] ExecStart=/usr/bin/dockerd --icc\n"
	 "    + [Service] ExecStart=\n"
	 "    + [Service] ExecStart=/usr/bin/dockerd                  a.b\n"},
	{"kv:net.ipv4.ip_forward", NULL, "0", false,
	 "    + net.ipv4.ip_forward = 0                               a.b\n"},
	{"kv:password", NULL, "hunter2", true,
	 "    + password = (hidden, sha256 f52f\xe2\x80\xa6)                   a.b\n"},
	{"mode", "0644", "\033[2J", false,
	 "    ~ mode             0644 -> \\x1b[2J                      a.b\n"},
};

/* Each row: one edit of a file that exists, and the line (below the path) that it gives. */
static void test_edits(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(edits_rows); i++) {
		CLEANUP(plan_clear) struct plan p = {0};
		CLEANUP(buf_clear) struct buf b = {0};
		CLEANUP(freep) char *got = NULL, *want = squeeze(edits_rows[i].want);
		struct change *c = add_change(&p, "/etc/x", NODE_FILE, NODE_FILE);
		const char *from, *to;

		edits_add(&c->edits, "a.b", c->path, subj(edits_rows[i].subject),
			  edits_rows[i].before, edits_rows[i].after)
			->sensitive = edits_rows[i].sensitive;
		set_content(&c->images[0], "{}");
		text_plan(&b, &plain, NULL, &p);
		from = strstr(buf_str(&b), "~ /etc/x\n");
		assert_non_null(from);
		from += strlen("~ /etc/x\n");
		to = strstr(from, "\n\nEffect");
		assert_non_null(to);
		b.data[to + 1 - b.data] = '\0';
		got = squeeze(from);
		assert_string_equal(got, want);
	}
}

/* Effects that no file stands for have a place of their own, and count. */
static void test_own_effects(void **state)
{
	CLEANUP(plan_clear) struct plan p = {0};
	CLEANUP(buf_clear) struct buf b = {0};
	struct stage *s = plan_add_stage(&p);

	s->up = HANDLER_BIT(HANDLER_AUDIT_RULES) | HANDLER_BIT(HANDLER_SYSCTL);
	effects_add(&s->effects, "audit.x", HANDLER_AUDIT_RULES,
		    subj("rule:-w /etc/docker -p wa -k harden"), NULL, "loaded");
	effects_add(&s->effects, "sysctl.x", HANDLER_SYSCTL, subj("sysctl:net.ipv4.ip_forward"),
		    "1", "0")
		->pending = xstrdup("until the next boot");
	text_plan(&b, &plain, NULL, &p);
	assert_non_null(strstr(b.data, "~ audit rules in the kernel\n"
				       "    + /etc/docker: write, attribute change "));
	assert_non_null(strstr(b.data, "~ kernel settings\n    ~ net.ipv4.ip_forward: 1 -> 0 "));
	assert_non_null(strstr(b.data, "Pending after this plan"));
	assert_non_null(strstr(b.data, "until the next boot"));
	assert_non_null(strstr(b.data, "Plan: 1 to add, 1 to change, 0 to remove;"));
	assert_non_null(strstr(b.data, "audit rules are loaded, kernel settings are written."));
}

static void test_summary(void **state)
{
	CLEANUP(plan_clear) struct plan p = {0};
	struct plan_summary sum;

	fill_plan(&p);
	add_finding(&p, "a.fails", FINDING_OK, VERDICT_FAIL, "bad");
	add_finding(&p, "a.unknown", FINDING_OK, VERDICT_NOT_MEASURED, "cannot");
	add_finding(&p, "a.refused", FINDING_REFUSED, VERDICT_FAIL, "snap");
	add_finding(&p, "a.pending", FINDING_OK, VERDICT_PENDING, "reboot");
	sum = plan_summarize(&p);
	assert_int_equal(sum.add, 3);
	assert_int_equal(sum.change, 2);
	assert_int_equal(sum.remove, 0);
	assert_int_equal(sum.held, 2);
	assert_int_equal(sum.refused, 2);
	assert_int_equal(sum.critical, 1);
	assert_int_equal(sum.unmeasured, 1);
	assert_int_equal(sum.waived, 1);
	assert_int_equal(sum.by_hand, 2);
	assert_int_equal(sum.not_measured, 1);
	assert_int_equal(sum.pending, 1);
	assert_int_equal(sum.reloads, 1);
	assert_int_equal(sum.restarts, 1);
}

/* What is made or goes takes its attributes with it. */
static void test_signs(void **state)
{
	CLEANUP(plan_clear) struct plan p = {0};
	CLEANUP(buf_clear) struct buf b = {0};
	struct change *c = add_change(&p, "/new", NODE_ABSENT, NODE_FILE);

	edits_add(&c->edits, "a.b", c->path, subj("mode"), "0644", "0640");
	c = add_change(&p, "/old", NODE_FILE, NODE_ABSENT);
	edits_add(&c->edits, "a.b", c->path, subj("mode"), "0640", "0644");
	text_plan(&b, &plain, NULL, &p);
	assert_non_null(strstr(b.data, "+ /new\n    + mode             0640 "));
	assert_non_null(strstr(b.data, "- /old\n    - mode             0640 "));
	assert_non_null(strstr(b.data, "Plan: 1 to add, 0 to change, 1 to remove;"));
}

/* Each row: a file of the plan, and whether its undo leaves less than there was. */
static void test_what_is_not_undone(void **state)
{
	static const struct {
		nlink_t names;
		const char *content;
		size_t stopped;
		const char *want;
	} cases[] = {
		{1, "new", 0, "every change above can be undone; 3 bytes"},
		{2, "old", 0, "every change above can be undone; 0 bytes"}, /* touched in place */
		{2, "new", 0,
		 "every change above can be undone, but not exactly (a.b); 3 bytes of undo data.\n"
		 "          ! /etc/x gets its content back, but is not a hard link any more\n"},
		{1, "new", 2, "! the restart stops 2 containers: undo does not start them again"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(plan_clear) struct plan p = {0};
		CLEANUP(buf_clear) struct buf b = {0};
		struct change *c = add_change(&p, "/etc/x", NODE_FILE, NODE_FILE);

		edits_add(&c->edits, "a.b", c->path, subj("mode"), "0644", "0600");
		set_content(&c->images[0], "old");
		set_content(&c->images[1], cases[i].content);
		c->images[0].node.nlink = cases[i].names;
		for (size_t k = 0; k < cases[i].stopped; k++)
			stopped_add_text(&p.stopped, k ? "web (stays stopped: restart policy no)"
						       : "db (stays stopped: restart policy no)");
		text_plan(&b, &plain, NULL, &p);
		assert_non_null(strstr(b.data, cases[i].want));
	}
}

/* What a restart lasts, and what its undo asks for, by what is known of the host. */
static void test_the_restart(void **state)
{
	const struct style wide = {.utf8 = true, .width = STYLE_MOST}; /* on one line each */
	static const struct {
		bool reload, locks;
		const char *swarm, *unsure;
		unsigned waits_s;
		const char *ports; /* of a container that runs */
		uint64_t gap_ms; /* the last time; 0: not known */
		const char *away;
		const char *key; /* of the undo; NULL: it is not spoken of */
	} cases[] = {
		{.away = "(API away a few seconds)"},
		{.waits_s = 30,
		 .away = "(API away a few seconds, or 30 s and more where plugins do not answer)"},
		{.ports = "80/tcp on ::", .away = "(API and published ports away a few seconds)"},
		{.ports = "80/tcp on ::",
		 .gap_ms = 412,
		 .away = "(API and published ports away a few seconds; published ports 412 ms at "
			 "most the last time)"},
		{.gap_ms = 412, .away = "(API away a few seconds)"},
		{.locks = true, .key = "! an undo restarts dockerd as well, and autolock is on"},
		{.swarm = "locked", .key = "as well, and autolock is on"},
		{.unsure = "no answer", .key = "as well: where autolock is on"},
		{.reload = true, .locks = true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(plan_clear) struct plan p = {0};
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(buf_clear) struct buf b = {0}, saved = {0};
		struct change *c = add_change(&p, "/etc/x", NODE_FILE, NODE_FILE);
		enum handler handler =
			cases[i].reload ? HANDLER_DOCKER_RELOAD : HANDLER_DOCKER_RESTART;

		edits_add(&c->edits, "a.b", c->path, subj("mode"), "0644", "0600");
		p.stages = xcalloc(1, sizeof(*p.stages));
		p.nstages = 1;
		p.stages[0].up = HANDLER_BIT(handler);
		effects_add(&p.stages[0].effects, "a.b", handler,
			    subject_of(SCHEME_DOCKER, "log-level"), NULL, "x");
		f.docker.swarm_locks = cases[i].locks;
		f.docker.swarm = xstrdup_null(cases[i].swarm);
		f.docker.swarm_unsure = xstrdup_null(cases[i].unsure);
		f.docker.start_waits_s = cases[i].waits_s;
		f.docker.last_gap_known = cases[i].gap_ms > 0;
		f.docker.last_gap_ms = cases[i].gap_ms;
		if (cases[i].ports) {
			struct container *web = container_list_add(&f.docker.containers);

			container_init(web);
			web->running = true;
			strv_add(&web->ports, cases[i].ports);
			containers_known(&f.docker.containers);
		}
		text_plan(&b, &wide, &f, &p);
		if ((cases[i].away && !strstr(buf_str(&b), cases[i].away)) ||
		    !strstr(buf_str(&b), cases[i].key ? cases[i].key : "can be undone;") ||
		    (!cases[i].key && strstr(buf_str(&b), "autolock")))
			fail_msg("row %zu: %s", i, buf_str(&b));
		text_plan(&saved, &plain, NULL, &p); /* nobody looked at the host */
		assert_null(strstr(buf_str(&saved), "a few seconds"));
	}
}

/* A long list is cut behind a name, where a person reads it; -v shows all of it. */
/* What has to be done before no acknowledgement replaces: none is advised. */
static void test_no_ack_is_enough(void **state)
{
	CLEANUP(buf_clear) struct buf alone = {0}, beside = {0};
	CLEANUP(plan_clear) struct plan p = {0};

	add_finding(&p, "z.first", FINDING_HELD, VERDICT_FAIL, "stop what runs first");
	p.findings[0].refusal = xstrdup("stop what runs first");
	text_plan(&alone, &plain, NULL, &p);
	assert_int_equal(occurrences(alone.data, "--ack z.first"), 0);
	assert_int_equal(occurrences(alone.data, "no --ack is enough"), 1);
	add_finding(&p, "a.held", FINDING_HELD, VERDICT_FAIL, "somebody may mind");
	text_plan(&beside, &plain, NULL, &p);
	assert_int_equal(occurrences(beside.data, "--ack a.held"), 1);
	assert_int_equal(occurrences(beside.data, "--ack z.first"), 0);
}

static void test_a_long_list(void **state)
{
	const struct style verbose = {.utf8 = true, .verbose = true};
	CLEANUP(buf_clear) struct buf names = {0}, brief = {0}, full = {0};
	CLEANUP(plan_clear) struct plan p = {0};

	for (int i = 0; i < 60; i++)
		buf_printf(&names, "%scontainer-%02d", i ? ", " : "", i);
	add_finding(&p, "a.unknown", FINDING_OK, VERDICT_NOT_MEASURED, names.data);
	add_finding(&p, "b.fails", FINDING_OK, VERDICT_FAIL, NULL);
	str_replace(&p.findings[1].reason, names.data);
	p.findings[1].fix = xstrdup(names.data);
	text_plan(&brief, &plain, NULL, &p);
	text_plan(&full, &verbose, NULL, &p);
	assert_int_equal(occurrences(brief.data, "and more (-v shows all)"), 3);
	assert_int_equal(occurrences(brief.data, "container-00"), 3);
	assert_int_equal(occurrences(brief.data, "container-59"), 0);
	assert_int_equal(occurrences(full.data, "shows all"), 0);
	assert_int_equal(occurrences(full.data, "container-59"), 3);
	/* what asks for consent names all */
	add_finding(&p, "c.held", FINDING_HELD, VERDICT_FAIL, names.data);
	buf_clear(&brief);
	text_plan(&brief, &plain, NULL, &p);
	assert_int_equal(occurrences(brief.data, "container-59"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contract),
		cmocka_unit_test(test_headline_fits),
		cmocka_unit_test(test_quiet_and_empty),
		cmocka_unit_test(test_colors_add_nothing_else),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_own_effects),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_signs),
		cmocka_unit_test(test_what_is_not_undone),
		cmocka_unit_test(test_the_restart),
		cmocka_unit_test(test_no_ack_is_enough),
		cmocka_unit_test(test_a_long_list),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
