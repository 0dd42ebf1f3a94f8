#include "tests/test.h"

#include "cli/again.h"
#include "modules/daemon/guards.h"
#include "tests/unit/docker-view.h"

#define LOSSES(list) "may stop 1 container: web (runs on, cut off: it " list "; only x)"
#define MOUNT(name) "loses the mount of its volume '" name "' on the host, where it is bare then"
#define PEERS(list)                                                                                \
	"open connections to the API over TCP from " list " would be refused when made again: x"
#define SETUID "run setuid programs, which will fail when created anew"
#define EMPTY "and who starts with the volume gets an empty one"

/* What was said when consent was given, what is so now, and whether that is covered by it. */
static const struct {
	const char *was, *now;
	bool covered;
} rows[] = {
	{"3 images would vanish from view", "3 images would vanish from view", true},
	{"3 images would vanish from view", "2 images would vanish from view", true},
	{"3 images would vanish from view", "1 image would vanish from view", true},
	{"3 images would vanish from view", "4 images would vanish from view", false},
	{"1 image would vanish from view", "2 images would vanish from view", false},
	{"9 images would vanish from view", "10 images would vanish from view", false},
	{"2 containers, 3 images and 1 volume would vanish from view",
	 "1 container, 3 images and 1 volume would vanish from view", true},
	{"2 containers, 3 images and 1 volume would vanish from view",
	 "1 container, 3 images and 2 volumes would vanish from view", false},
	{"3 images would vanish from view",
	 "how many images would vanish from view is not known: no answer", false},
	{"2 plugins would vanish from view", "1 plugin would vanish from view", true},
	{"1 plugin would vanish from view", "2 plugins would vanish from view", false},
	{"80/tcp of container web", "79/tcp of container web", false},
	{"port 80 of container web", "port 79 of container web", false},
	{"'git' (pid 80) is under way", "'git' (pid 7) is under way", false},
	{"what runs in container db by docker exec: 2 sessions",
	 "what runs in container db by docker exec: 1 session", true},
	{"what runs in container db by docker exec: 1 session",
	 "what runs in container db by docker exec: 2 sessions", false},
	{"containers a and b talk", "containers a and c talk", false},
	/* what was measured beside it is no reason of its own */
	{"containers a and b can talk (seen now: nobody connected)",
	 "containers a and b can talk (seen now: a with b on 80/tcp (2) and b with a)", true},
	{"containers a and b can talk (seen now: not measured)",
	 "containers a and c can talk (seen now: not measured)", false},
	/* a name that looks like such a remark hides nothing of what stands behind it */
	{"container app (a (seen now: b) runs setuid programs",
	 "containers app (a (seen now: b), db (sudo) and shop (sudo) run setuid programs", false},
	{"container app (a (seen now: ((b) runs setuid programs",
	 "containers app (a (seen now: ((b) and db (sudo) run setuid programs", false},
	{"container app (a (about ((b) runs setuid programs",
	 "containers app (a (about ((b) and db (sudo) run setuid programs", false},
	/* ... where it ends the sentence; what looks like it before that is a name's */
	{"container app (a (seen now: b) " SETUID,
	 "containers app (a (seen now: b), db (sudo) and shop (sudo) " SETUID, false},
	{"container a (seen now: b) has 1 volume", "container a (seen now: b) has 2 volumes",
	 false},
	{"container a (seen now: b (c) has 1 volume", "container a (seen now: b (c) has 2 volumes",
	 false},
	{"container a (seen now: b has x (seen now: c)",
	 "container a (seen now: b has y (seen now: c)", false},
	{"container a (seen now: b has x (seen now: c)",
	 "container a (seen now: b has x (seen now: d)", true},
	{"container a (about b has x", "container a (about b has y", false},
	{"3 images (about 2 GiB), 2 containers and 1 volume would vanish from view",
	 "3 images (more than 3 GiB), 1 container and 1 volume would vanish from view", true},
	{"3 images (about 2 GiB) would vanish from view",
	 "4 images (about 2 GiB) would vanish from view", false},
	{"3 images (about 2 GiB) would vanish from view",
	 "3 images (size not measured) would vanish from view", true},
	{"containers a and b have volume data (about 1 MiB), and would begin with an empty one",
	 "container a has volume data (about 9 MiB), and would begin with an empty one", true},
	{"container a has volume data (about 1 MiB), and would begin with an empty one",
	 "container a has volume logs (about 1 MiB), and would begin with an empty one", false},
	{"of the volumes no container is known to have x (about 1 MiB) and y (about 2 MiB)",
	 "of the volumes no container is known to have y (size not measured: a (b) c)", true},
	{"of the volumes no container is known to have x (about 1 MiB)",
	 "of the volumes no container is known to have x (about 1 MiB) and y (about 1 MiB)", false},
	{"containers gamma, beta and alpha talk over docker0",
	 "containers alpha, gamma and beta talk over docker0", true},
	{"containers gamma, beta and alpha talk over docker0",
	 "containers alpha and beta talk over docker0", true},
	{"containers alpha and beta talk over docker0",
	 "containers alpha, gamma and beta talk over docker0", false},
	{"containers alpha and beta talk over docker0",
	 "containers alpha and gamma talk over docker0", false},
	{"containers a and b lose their way", "container b loses its way", true},
	{"container b loses its way", "containers a and b lose their way", false},
	{"container shops runs", "container shop runs", false},
	{"may stop 2 containers: web (goes down with shop.service) and job (ends)",
	 "may stop 1 container: job (ends)", true},
	{"may stop 2 containers: web (goes down with shop.service) and job (ends)",
	 "may stop 1 container: job (is removed)", false},
	{"is cut off, and what runs it ends", "is cut off, and what runs it may end", false},
	{LOSSES(MOUNT("a") ", " EMPTY ", may lose port 1"),
	 LOSSES("may lose port 1, " MOUNT("a") ", " EMPTY), true},
	{LOSSES(MOUNT("a") ", " EMPTY ", " MOUNT("b")),
	 LOSSES(MOUNT("b") ", " MOUNT("a") ", " EMPTY), true},
	{LOSSES(MOUNT("a") ", " MOUNT("b")), LOSSES(MOUNT("b")), true},
	{LOSSES(MOUNT("b")), LOSSES(MOUNT("a") ", " MOUNT("b")), false},
	{LOSSES(MOUNT("a")), LOSSES(MOUNT("b")), false},
	{LOSSES(MOUNT("a") ", " MOUNT("b")), LOSSES(MOUNT("b") ", " MOUNT("a") ", " EMPTY), false},
	{LOSSES("may lose port 1"), LOSSES("loses port 1"), false},
	{LOSSES(MOUNT("a")), "may stop 1 container: web (is removed)", false},
	{LOSSES(MOUNT("a")),
	 "may stop 1 container: db (runs on, cut off: it " MOUNT("a") "; only x)", false},
	/* whom the API would shut out */
	{PEERS("10.0.0.9"), PEERS("10.0.0.9"), true},
	{PEERS("10.0.0.9"), PEERS("10.0.0.7"), false},
	{PEERS("10.0.0.9"), PEERS("10.0.0.7 and 10.0.0.9"), false},
	{PEERS("10.0.0.7 and 10.0.0.9"), PEERS("10.0.0.9"), true},
	{PEERS("10.0.0.7 and 10.0.0.9"), PEERS("10.0.0.9 and 10.0.0.7"), true},
	{PEERS("10.0.0.7, 10.0.0.8 and fd00::9"), PEERS("fd00::9 and 10.0.0.8"), true},
	{PEERS("10.0.0.7 and 10.0.0.9"), PEERS("10.0.0.7, 10.0.0.9 and fd00::9"), false},
	{"", "", true},
	{"", "web", false},
	/* names that are words */
	{"container run is cut off", "container runs is cut off", false},
	{"containers run and web are cut off", "container runs is cut off", false},
	{"2 containers run on", "1 container runs on", true},
	{"containers a and b talk", "containers a, and and b talk", false},
	{"image:a is old", "images:b is old", false},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (again_is_no_worse(rows[i].was, rows[i].now) != rows[i].covered)
			fail_msg("%s -> %s", rows[i].was, rows[i].now);
}

struct clients {
	const char *items[3];
};

#define CI "172.17.0.2 (container ci)"

/* Who used the API over TCP when consent was given, and who does now: it covers them and nobody else. */
static const struct {
	struct clients was, now;
	bool covered;
} client_rows[] = {
	{{{"10.0.0.9"}}, {{"10.0.0.9"}}, true},
	{{{"10.0.0.9"}}, {{"10.0.0.77"}}, false},
	{{{"10.0.0.9"}}, {{"10.0.0.9", CI}}, false},
	{{{"10.0.0.9"}}, {{"10.0.0.77", "10.0.0.9", CI}}, false},
	{{{"10.0.0.9", CI}}, {{"10.0.0.9"}}, true},
	{{{"10.0.0.9", CI}}, {{CI}}, true},
	{{{"10.0.0.77", "10.0.0.9", CI}}, {{"10.0.0.9", CI}}, true},
	{{{"10.0.0.9", CI}}, {{CI, "10.0.0.9"}}, true},
	{{{"10.0.0.9", CI}}, {{"10.0.0.9", "172.17.0.2 (container db)"}}, false},
	{{{"fd00::9"}}, {{"fd00::9", "fd00::a"}}, false},
	{{{"fd00::9", "fd00::a"}}, {{"fd00::a"}}, true},
};

/* What speaks against asking them for a certificate, or against listening no more where they come in. */
static void hold_clients(const struct clients *clients, bool tls, struct delta *d)
{
	struct fake_view f;
	struct docker_facts *docker = &f.facts.docker;

	fake_view_init(&f);
	docker->running = true;
	docker->tcp_clients_read = true;
	strv_add(&docker->tcp_listeners, "tcp://10.9.9.1:2375");
	for (size_t i = 0; i < ARRAY_SIZE(clients->items) && clients->items[i]; i++)
		strv_add(&docker->tcp_clients, clients->items[i]);
	if (tls)
		docker_guards_tls(&f.view, "true", d);
	else
		docker_guards_tcp_hosts(&f.view, "[\"fd://\"]", d);
	fake_view_clear(&f);
	assert_int_equal(d->holds.count, 1);
}

static void test_clients(void **state)
{
	for (size_t i = 0; i < 2 * ARRAY_SIZE(client_rows); i++) {
		CLEANUP(delta_clear) struct delta was = {0}, now = {0};
		size_t row = i / 2;

		hold_clients(&client_rows[row].was, i % 2, &was);
		hold_clients(&client_rows[row].now, i % 2, &now);
		if (again_is_no_worse(was.holds.items[0], now.holds.items[0]) !=
		    client_rows[row].covered)
			fail_msg("%s -> %s", was.holds.items[0], now.holds.items[0]);
	}
}

struct setuid_users {
	struct clients of_a, of_b; /* their programs; none: it runs none */
};

/* Which program runs at this moment is told, and is no reason of its own: the container is. */
static const struct {
	struct setuid_users was, now;
	bool covered;
} setuid_rows[] = {
	{{{{"sudo"}}, {{0}}}, {{{"sudo"}}, {{0}}}, true},
	{{{{"sudo", "ping"}}, {{0}}}, {{{"ping", "sudo"}}, {{0}}}, true},
	{{{{"sudo", "ping"}}, {{0}}}, {{{"sudo"}}, {{0}}}, true},
	{{{{"sudo"}}, {{0}}}, {{{"sudo", "ping"}}, {{0}}}, true},
	{{{{"sudo"}}, {{0}}}, {{{"su"}}, {{0}}}, true},
	{{{{"sudo"}}, {{0}}}, {{{"sudo"}}, {{"sudo"}}}, false},
	{{{{"sudo"}}, {{0}}}, {{{0}}, {{"sudo"}}}, false},
	{{{{"sudo"}}, {{"su"}}}, {{{0}}, {{"ping"}}}, true},
	{{{{"sudo"}}, {{"su"}}}, {{{"su"}}, {{"sudo"}}}, true},
	{{{{"a [seen now: b"}}, {{0}}}, {{{"a [seen now: b"}}, {{"sudo"}}}, false},
	{{{{"a (seen now: b"}}, {{0}}}, {{{"a (seen now: b"}}, {{"sudo"}}}, false},
};

static void add_setuid_user(struct fake_view *f, const char *name, const struct clients *runs)
{
	struct container *c = add_container(f, name, "app");

	for (size_t i = 0; i < ARRAY_SIZE(runs->items) && runs->items[i]; i++) {
		c->uses_setuid = true;
		strv_add(&c->setuid_runs, runs->items[i]);
	}
}

static void hold_setuid(const struct setuid_users *users, struct delta *d)
{
	struct fake_view f;

	fake_view_init(&f);
	f.facts.docker.running = true;
	add_setuid_user(&f, "a", &users->of_a);
	add_setuid_user(&f, "b", &users->of_b);
	docker_guards(&f.view, "no-new-privileges", "true", d);
	fake_view_clear(&f);
	assert_int_equal(d->holds.count, 1);
}

static void test_setuid(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(setuid_rows); i++) {
		CLEANUP(delta_clear) struct delta was = {0}, now = {0};

		hold_setuid(&setuid_rows[i].was, &was);
		hold_setuid(&setuid_rows[i].now, &now);
		if (again_is_no_worse(was.holds.items[0], now.holds.items[0]) !=
		    setuid_rows[i].covered)
			fail_msg("%s -> %s", was.holds.items[0], now.holds.items[0]);
	}
}

#define SYSCTL HANDLER_SYSCTL, SCHEME_SYSCTL, "net.ipv4.ip_forward"
#define OTHER HANDLER_SYSCTL, SCHEME_SYSCTL, "net.ipv4.conf.all.rp_filter"
#define UNIT HANDLER_UNIT_STATE, SCHEME_STATE, "cups.service"

struct deed_row {
	enum handler handler; /* with no `after`: there is none */
	enum scheme scheme;
	const char *key, *before, *after;
};

/* What a plan was to bring about beyond files, what it would be now, and how many lines that is worth. */
static const struct {
	const char *what;
	struct deed_row was, is;
	bool planned; /* the control still is */
	size_t lines;
} effect_rows[] = {
	{"the same", {SYSCTL, "1", "0"}, {SYSCTL, "1", "0"}, true, 0},
	{"somebody set it since", {SYSCTL, "1", "0"}, {SYSCTL, "2", "0"}, true, 1},
	{"somebody set it as is wanted", {SYSCTL, "1", "0"}, {SYSCTL, NULL, NULL}, true, 1},
	{"another value is wanted", {SYSCTL, "1", "0"}, {SYSCTL, "1", "2"}, true, 1},
	{"another key is", {SYSCTL, "1", "0"}, {OTHER, "1", "0"}, true, 2},
	{"it was right then", {SYSCTL, NULL, NULL}, {SYSCTL, "1", "0"}, true, 1},
	{"it was not known then", {SYSCTL, NULL, "0"}, {SYSCTL, "1", "0"}, true, 1},
	{"the unit was stopped since", {UNIT, "active", "inactive"}, {UNIT, NULL, NULL}, true, 1},
	{"it was started since", {UNIT, NULL, NULL}, {UNIT, "active", "inactive"}, true, 1},
	{"the same unit", {UNIT, "active", "inactive"}, {UNIT, "active", "inactive"}, true, 0},
	{"that is said of the control", {SYSCTL, "1", "0"}, {SYSCTL, NULL, NULL}, false, 0},
};

static void make_rollback(struct plan *p, const struct deed_row *row)
{
	p->kind = PLAN_ROLLBACK;
	if (row->after)
		effects_add(&plan_add_stage(p)->effects, NULL, row->handler,
			    subject_of(row->scheme, row->key), row->before, row->after);
}

static void make_plan(struct plan *p, const struct deed_row *row, bool planned)
{
	struct finding *f = plan_add_finding(p, "a.b");

	f->state = planned ? FINDING_PLANNED : FINDING_OK;
	if (row->after)
		effects_add(&plan_add_stage(p)->effects, "a.b", row->handler,
			    subject_of(row->scheme, row->key), row->before, row->after);
}

static void test_effects(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(effect_rows); i++) {
		CLEANUP(plan_clear) struct plan was = {0}, is = {0};
		size_t lines;

		make_plan(&was, &effect_rows[i].was, true);
		make_plan(&is, &effect_rows[i].is, effect_rows[i].planned);
		lines = again_compare_effects(&was, &is);
		if (lines != effect_rows[i].lines)
			fail_msg("%s: %zu lines", effect_rows[i].what, lines);
	}
}

/* A rollback has no findings by which one would know whether a control is planned: all of it is. */
static void test_effects_of_rollbacks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(effect_rows); i++) {
		CLEANUP(plan_clear) struct plan was = {0}, is = {0};
		size_t lines;

		if (!effect_rows[i].planned)
			continue;
		make_rollback(&was, &effect_rows[i].was);
		make_rollback(&is, &effect_rows[i].is);
		lines = again_compare_effects(&was, &is);
		if (lines != effect_rows[i].lines)
			fail_msg("rollback, %s: %zu lines", effect_rows[i].what, lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_setuid),
		cmocka_unit_test(test_effects),
		cmocka_unit_test(test_effects_of_rollbacks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
