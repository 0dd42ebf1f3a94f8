#include "tests/test.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/nft-dump.h"
#include "engine/host/ask/nft-rules.h"

/* What systemd and the packet filter are played to say. */
static struct played {
	const char *unit, *flag; /* the one that is set */
	const char *load_state; /* of `unit`; NULL: loaded */
	const char *type; /* NULL: notify */
	bool mute; /* nothing can be asked */
	/*
	 * chains that the rules jump to, or go to (">chain"); "-": none, "o": none, by a bridge,
	 * "a": they accept, "r": they return
	 */
	const char *forward, *own;
	const char *chains; /* "chain: rules; ..."; NULL: one rule in each, which drops */
	bool legacy;
	int changes; /* so often the rules change while they are read */
} played;

int __wrap_bus_unit_flag(struct bus *b, const char *unit, const char *property, bool *ret,
			 struct error *err);
int __wrap_bus_load_state(struct bus *b, const char *unit, char **ret, struct error *err);
int __wrap_bus_service_text(struct bus *b, const char *unit, const char *property, char **ret,
			    struct error *err);
int __wrap_bus_conditions(struct bus *b, const char *unit, const char *property,
			  struct unit_conditions *ret, struct error *err);
int __wrap_bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		       struct error *err);
int __wrap_nft_chain_dump(unsigned family, const char *chain, struct buf *ret, struct error *err);
int __wrap_nft_dump_read(const void *data, size_t n, struct nft_rules *ret, struct error *err);
bool __wrap_legacy_filter(unsigned family);
void __wrap_gather_start_programs(struct gather *g);

static bool is(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

/* test-facts-start-programs has these. */
void __wrap_gather_start_programs(struct gather *g)
{
}

static int answer(struct error *err)
{
	return played.mute ? error_set(err, -ETIMEDOUT, "no answer") : 0;
}

int __wrap_bus_unit_flag(struct bus *b, const char *unit, const char *property, bool *ret,
			 struct error *err)
{
	*ret = is(played.unit, unit) && is(played.flag, property);
	return answer(err);
}

int __wrap_bus_load_state(struct bus *b, const char *unit, char **ret, struct error *err)
{
	*ret = xstrdup(is(played.unit, unit) && played.load_state ? played.load_state : "loaded");
	return answer(err);
}

int __wrap_bus_service_text(struct bus *b, const char *unit, const char *property, char **ret,
			    struct error *err)
{
	assert_string_equal(property, "Type");
	*ret = xstrdup(played.type ? played.type : "notify");
	return answer(err);
}

int __wrap_bus_conditions(struct bus *b, const char *unit, const char *property,
			  struct unit_conditions *ret, struct error *err)
{
	return answer(err);
}

int __wrap_bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		       struct error *err)
{
	return answer(err);
}

/* The words stand for the bytes that the kernel would send. */
int __wrap_nft_chain_dump(unsigned family, const char *chain, struct buf *ret, struct error *err)
{
	const char *text = is(chain, "DOCKER") ? played.own : played.forward;
	CLEANUP(freep) char *title = xasprintf("%s: ", chain ? chain : ""), *rules = NULL;

	if (!is(chain, "DOCKER") && !is(chain, "FORWARD")) {
		const char *at = played.chains ? strstr(played.chains, title) : NULL;

		at = at ? at + strlen(title) : "-";
		text = rules = xstrndup(at, strcspn(at, ";"));
	}
	buf_puts(ret, text && family == NFPROTO_IPV4 ? text : "");
	return answer(err);
}

int __wrap_nft_dump_read(const void *data, size_t n, struct nft_rules *ret, struct error *err)
{
	CLEANUP(freep) char *text = n ? xstrndup(data, n) : NULL;
	CLEANUP(strv_clear) struct strv words = {0};

	strv_split(&words, text ? text : "", " ");
	for (size_t i = 0; i < words.count; i++) {
		struct nft_rule *rule = array_append(&ret->items, &ret->count, sizeof(*ret->items));
		const char *word = words.items[i];
		bool is_chain = strlen(word) > 1;

		rule->by_interface_out = is(words.items[i], "o");
		rule->accepts = is(words.items[i], "a");
		rule->returns = is(word, "r");
		rule->goes = word[0] == '>';
		rule->to = is_chain ? xstrdup(word + rule->goes) : NULL;
	}
	if (played.changes && played.changes-- > 0)
		return error_set(err, -EINTR, "the rules changed while they were read");
	return 0;
}

bool __wrap_legacy_filter(unsigned family)
{
	return played.legacy && family == NFPROTO_IPV4;
}

/* dockerd runs, by systemd. */
static void fill(struct gather *g, struct facts *f, const char *version)
{
	struct unit_facts *u = facts_add_unit(f, "docker.service");

	u->exists = true;
	u->active = xstrdup("active");
	f->docker.version = xstrdup_null(version);
	*g = (struct gather){.facts = f, .bus = (struct bus *)1};
}

static void test_restart(void **state)
{
	static const struct {
		struct played played;
		const char *service, *socket; /* words of the reason; NULL: it can be restarted */
	} rows[] = {
		{{.unit = NULL}, NULL, NULL},
		{{"docker.service", "RefuseManualStop"}, "RefuseManualStop=yes", NULL},
		{{"docker.service", "RefuseManualStart"}, "RefuseManualStart=yes", NULL},
		{{"docker.socket", "RefuseManualStop"}, NULL, "RefuseManualStop=yes"},
		{{"docker.socket", "RefuseManualStart"}, NULL, "RefuseManualStart=yes"},
		{{"docker.service", .load_state = "bad-setting"}, "'bad-setting'", NULL},
		{{"docker.service", .load_state = "masked"}, "docker.service is masked", NULL},
		{{"docker.socket", .load_state = "error"}, NULL, "'error'"},
		{{.type = "simple"}, NULL, NULL},
		{{.type = "exec"}, NULL, NULL},
		{{.type = "idle"}, NULL, NULL},
		{{.type = "notify-reload"}, NULL, NULL},
		{{.type = "oneshot"}, "Type=oneshot", NULL},
		{{.type = "forking"}, "Type=forking", NULL},
		{{.type = "dbus"}, "Type=dbus", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct docker_facts *d = &f.docker;
		struct gather g;

		played = rows[i].played;
		fill(&g, &f, "28.5.2");
		gather_start_again(&g);
		assert_int_equal(d->no_restart != NULL, rows[i].service != NULL);
		assert_int_equal(d->no_socket_restart != NULL, rows[i].socket != NULL);
		if (rows[i].service)
			assert_non_null(strstr(d->no_restart, rows[i].service));
		if (rows[i].socket)
			assert_non_null(strstr(d->no_socket_restart, rows[i].socket));
		assert_int_equal(d->restart_brings.count, 0);
	}
}

/* What cannot be asked holds, and is no refusal. */
static void test_mute(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	struct gather g;

	played = (struct played){.mute = true};
	fill(&g, &f, "28.5.2");
	gather_start_again(&g);
	assert_null(f.docker.no_restart);
	assert_int_equal(f.docker.restart_brings.count, 12);
	gather_forward(&g);
	assert_int_equal(f.docker.restart_brings.count, 13);
	assert_non_null(strstr(f.docker.restart_brings.items[12], "no answer"));
}

static void test_filter(void **state)
{
	static const struct {
		const char *version, *forward, *own;
		bool legacy, no_iptables;
		const char *chains;
		const char *holds, *tells; /* words of the one line; NULL: none */
	} rows[] = {
		{"28.5.2", "DOCKER-USER DOCKER-FORWARD", "o"},
		{"28.5.2", "DOCKER-USER DOCKER-FORWARD - ufw", "o"},
		{"28.5.2", "", ""},
		{"28.5.2", "- -", ""}, /* dockerd has no jumps there */
		{"28.5.2", "- - DOCKER-USER DOCKER-FORWARD", "", .holds = "2 rules of others"},
		{"28.5.2", "DOCKER-USER ufw DOCKER-FORWARD", "", .holds = "1 rule of others"},
		{"28.5.2", "a DOCKER-USER a DOCKER-FORWARD", ""},
		{"28.5.2", "a - DOCKER-USER DOCKER-FORWARD", "", .holds = "1 rule of others"},
		{"28.5.2", "vpn DOCKER-USER", "", .chains = "vpn: a a"},
		{"28.5.2", "vpn DOCKER-USER", "", .chains = "vpn: a r"},
		{"28.5.2", "vpn DOCKER-USER", "", .chains = "vpn: "},
		{"28.5.2", "vpn DOCKER-USER", "", .chains = "vpn: in out; in: a; out: r"},
		{"28.5.2", "vpn DOCKER-USER", "", .chains = "vpn: in a; in: vpn a"}, /* a loop */
		{"28.5.2", "vpn DOCKER-USER", "", .chains = "vpn: a -",
		 .holds = "1 rule of others"},
		{"28.5.2", "vpn DOCKER-USER", "", .chains = "vpn: in; in: a -",
		 .holds = "1 rule of others"},
		{"28.5.2", "vpn ok DOCKER-USER", "", .chains = "vpn: ok; ok: a"},
		{"28.5.2", "vpn ok - DOCKER-USER", "", .chains = "vpn: ok; ok: a",
		 .holds = "1 rule of others"},
		{"28.5.2", ">vpn DOCKER-USER", "", .chains = "vpn: a", .holds = "1 rule of others"},
		{"28.5.2", "vpn DOCKER-USER", "", .chains = "vpn: >in; in: a",
		 .holds = "1 rule of others"},
		{"28.5.2", "vpn DOCKER-USER", "", .chains = "vpn: DOCKER-USER",
		 .holds = "1 rule of others"},
		{"28.5.2", "r DOCKER-USER", "", .holds = "1 rule of others"}, /* to the policy */
		{"26.1.5", "a DOCKER-USER DOCKER-ISOLATION-STAGE-1", "",
		 .tells = "DOCKER-ISOLATION-STAGE-1 above it"},
		{"28.5.2", "- DOCKER-USER DOCKER-FORWARD", "", .no_iptables = true},
		{NULL, "- DOCKER-USER DOCKER-FORWARD", "", .holds = "1 rule of others"},
		{"26.1.5", "- DOCKER-USER DOCKER-ISOLATION-STAGE-1 o DOCKER", "o",
		 .tells = "DOCKER-ISOLATION-STAGE-1 above it"},
		{"26.1.5", "DOCKER-ISOLATION-STAGE-1 - DOCKER-USER o", "o"},
		{"20.10.24", "DOCKER-USER DOCKER-ISOLATION-STAGE-1", "o o -",
		 .holds = "without the 1 rule of others"},
		{"28.5.2", "DOCKER-USER DOCKER-FORWARD", "- DOCKER-X o - ",
		 .holds = "without the 2 rules of others"},
		{"28.5.2", "", "", .legacy = true, .holds = "iptables-legacy"},
		{"28.5.2", "DOCKER-USER DOCKER-FORWARD", "", .legacy = true},
		{"26.1.5", "", "", .legacy = true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct docker_facts *d = &f.docker;
		struct gather g;

		played = (struct played){.forward = rows[i].forward,
					 .own = rows[i].own,
					 .legacy = rows[i].legacy,
					 .chains = rows[i].chains};
		fill(&g, &f, NULL);
		f.docker.version = xstrdup_null(rows[i].version);
		if (rows[i].no_iptables)
			settings_put(&d->next, "iptables", "false", SOURCE_FILE, "x");
		gather_forward(&g);
		assert_int_equal(d->restart_brings.count, rows[i].holds != NULL);
		assert_int_equal(d->restart_runs.count, rows[i].tells != NULL);
		if (rows[i].holds)
			assert_non_null(strstr(d->restart_brings.items[0], rows[i].holds));
		if (rows[i].tells)
			assert_non_null(strstr(d->restart_runs.items[0], rows[i].tells));
	}
}

/* Rules that change are read again, and not without end. */
static void test_changing(void **state)
{
	static const struct {
		int changes;
		const char *holds;
	} rows[] = {{2, "1 rule of others"}, {100, "changed while they were read"}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g;

		played = (struct played){.forward = "- DOCKER-USER", .changes = rows[i].changes};
		fill(&g, &f, "28.5.2");
		gather_forward(&g);
		assert_int_equal(f.docker.restart_brings.count, 1);
		assert_non_null(strstr(f.docker.restart_brings.items[0], rows[i].holds));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_mute),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_changing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
