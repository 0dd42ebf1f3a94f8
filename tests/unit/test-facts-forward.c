#include "tests/test.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/format/nft-dump.h"
#include "engine/host/ask/engine-api.h"
#include "engine/host/ask/nft-rules.h"

/* What the packet filter is played to say. */
static struct played {
	bool mute; /* nothing can be asked */
	/*
	 * chains that the rules jump to, or go to (">chain"); "-": none, "o": they accept what goes
	 * to a bridge, "a": they accept, "r": they return, "x": they drop; play_part() has the rest
	 */
	const char *forward, *own;
	const char *chains; /* "chain: rules; ..."; NULL: one rule in each, which drops */
	bool legacy;
	int changes; /* so often the rules change while they are read */
	int in_making; /* so often dockerd is met in the middle of making its chain DOCKER */
	const char *state; /* of the container, asked once more; NULL: dockerd cannot be asked */
} played;

int __wrap_nft_chain_dump(unsigned family, const char *table, const char *chain, struct buf *ret,
			  struct error *err);
int __wrap_nft_dump_read(const void *data, size_t n, struct nft_rules *ret, struct error *err);
bool __wrap_legacy_filter(unsigned family);
int __wrap_engine_api_get(struct engine_api *api, const char *path, struct buf *ret_body,
			  struct error *err);

static bool is(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

/* What stands behind "title: ", up to the next ";"; the caller frees it. */
static char *rules_of(const char *all, const char *title)
{
	CLEANUP(freep) char *head = xasprintf("%s: ", title);
	const char *at = all ? strstr(all, head) : NULL;

	return at ? xstrndup(at + strlen(head), strcspn(at + strlen(head), ";")) : NULL;
}

/* The words stand for the bytes that the kernel would send. */
int __wrap_nft_chain_dump(unsigned family, const char *table, const char *chain, struct buf *ret,
			  struct error *err)
{
	bool nat = is(table, "nat"), v4 = family == NFPROTO_IPV4;
	CLEANUP(freep) char *title = xasprintf("%s%s", nat ? "nat " : "", chain);
	CLEANUP(freep) char *rules = rules_of(played.chains, title);
	const char *text = rules;

	if (!nat && (is(chain, "DOCKER") || is(chain, "FORWARD")))
		text = is(chain, "FORWARD")           ? played.forward
		       : v4 && played.in_making-- > 0 ? "x"
						      : played.own;
	else if (!rules && !nat && !starts_with(chain, "DOCKER"))
		text = "-";
	buf_puts(ret, text && v4 ? text : "");
	return played.mute ? error_set(err, -ETIMEDOUT, "no answer") : 0;
}

/* ",i!docker0,odocker0,t6,p80,d172.17.0.2": what a rule asks; ",s172.17.0.2,:80": where it sends to. */
static void play_part(const char *part, struct nft_rule *rule)
{
	const char *value = part + 1;
	bool negated = *value == '!';

	if (*part == 'i')
		rule->in = (struct nft_interface){xstrdup(value + negated), negated};
	else if (*part == 'o')
		rule->out = (struct nft_interface){xstrdup(value + negated), negated};
	else if (*part == 't')
		rule->protocol = (unsigned)atoi(value);
	else if (*part == 'p')
		rule->port = (unsigned)atoi(value);
	else if (*part == ':')
		rule->sent_port = (unsigned)atoi(value);
	else if (*part == 'd')
		rule->destination = xstrdup(value);
	else if (*part == 's')
		rule->sent_to = xstrdup(value);
	else if (*part == '>')
		rule->to = xstrdup(value);
	rule->by_subnet |= *part == 'n';
	rule->asks_more |= *part == 'm';
	rule->by_interface_out |= rule->out.name != NULL;
}

static void play_rule(const char *word, struct nft_rule *rule)
{
	CLEANUP(strv_clear) struct strv parts = {0};

	strv_split(&parts, word, ",");
	word = parts.items[0];
	rule->by_interface_out = is(word, "o");
	rule->accepts = is(word, "a") || is(word, "o");
	rule->returns = is(word, "r");
	rule->drops = is(word, "x");
	rule->goes = word[0] == '>';
	if (is(word, "DNAT"))
		rule->target = xstrdup(word);
	else if (strlen(word) > 1)
		rule->to = xstrdup(word + rule->goes);
	for (size_t i = 1; i < parts.count; i++)
		play_part(parts.items[i], rule);
}

int __wrap_nft_dump_read(const void *data, size_t n, struct nft_rules *ret, struct error *err)
{
	CLEANUP(freep) char *text = n ? xstrndup(data, n) : NULL;
	CLEANUP(strv_clear) struct strv words = {0};

	strv_split(&words, text ? text : "", " ");
	for (size_t i = 0; i < words.count; i++)
		play_rule(words.items[i],
			  array_append(&ret->items, &ret->count, sizeof(*ret->items)));
	if (played.changes && played.changes-- > 0)
		return error_set(err, -EINTR, "the rules changed while they were read");
	return 0;
}

int __wrap_engine_api_get(struct engine_api *api, const char *path, struct buf *ret_body,
			  struct error *err)
{
	if (!*played.state)
		return error_set(err, -ENOENT, "no such container");
	buf_printf(ret_body, "{\"Id\": \"a1\", \"Name\": \"/web\", \"State\": {%s}}", played.state);
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
	strv_add(&f->docker.listening.addresses, "10.0.0.1");
	*g = (struct gather){.facts = f,
			     .bus = (struct bus *)1,
			     .api = played.state ? (struct engine_api *)1 : NULL};
}

/* What cannot be asked holds. */
static void test_mute(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	struct gather g;

	played = (struct played){.mute = true};
	fill(&g, &f, "28.5.2");
	gather_forward(&g);
	assert_int_equal(f.docker.restart_brings.count, 1);
	assert_non_null(strstr(f.docker.restart_brings.items[0], "no answer"));
}

static const struct {
	const char *version, *forward, *own;
	bool legacy, no_iptables;
	const char *chains;
	const char *holds, *tells; /* words of the one line; NULL: none */
} filter_rows[] = {
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
	{"28.5.2", "vpn DOCKER-USER", "", .chains = "vpn: a -", .holds = "1 rule of others"},
	{"28.5.2", "vpn DOCKER-USER", "", .chains = "vpn: in; in: a -",
	 .holds = "1 rule of others"},
	{"28.5.2", "vpn ok DOCKER-USER", "", .chains = "vpn: ok; ok: a"},
	{"28.5.2", "vpn ok - DOCKER-USER", "", .chains = "vpn: ok; ok: a",
	 .holds = "1 rule of others"},
	{"28.5.2", ">vpn DOCKER-USER", "", .chains = "vpn: a", .holds = "1 rule of others"},
	{"28.5.2", "vpn DOCKER-USER", "", .chains = "vpn: >in; in: a", .holds = "1 rule of others"},
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

static void test_filter(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(filter_rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct docker_facts *d = &f.docker;
		struct gather g;

		played = (struct played){.forward = filter_rows[i].forward,
					 .own = filter_rows[i].own,
					 .legacy = filter_rows[i].legacy,
					 .chains = filter_rows[i].chains};
		fill(&g, &f, NULL);
		f.docker.version = xstrdup_null(filter_rows[i].version);
		if (filter_rows[i].no_iptables)
			settings_put(&d->next, "iptables", "false", SOURCE_FILE, "x");
		gather_forward(&g);
		assert_int_equal(d->restart_brings.count, filter_rows[i].holds != NULL);
		assert_int_equal(d->restart_runs.count, filter_rows[i].tells != NULL);
		if (filter_rows[i].holds)
			assert_non_null(strstr(d->restart_brings.items[0], filter_rows[i].holds));
		if (filter_rows[i].tells)
			assert_non_null(strstr(d->restart_runs.items[0], filter_rows[i].tells));
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

/* What dockerd 28.5.2 and 20.10.24 make for "-p 8080:80" on docker0. */
#define NAT "nat PREROUTING: DOCKER; nat DOCKER: r,idocker0 DNAT,i!docker0,t6,p8080,s172.17.0.2,:80"
#define WAYS                                                                                       \
	"DOCKER-FORWARD: DOCKER-CT DOCKER-BRIDGE a,idocker0; DOCKER-BRIDGE: -,odocker0,>DOCKER; "
#define LETS_IN "a,i!docker0,odocker0,t6,p80,d172.17.0.2"
#define CLOSES "x,i!docker0,odocker0"
#define NEW_FORWARD "DOCKER-USER DOCKER-FORWARD"
#define OLD_FORWARD "DOCKER-USER DOCKER-ISOLATION-STAGE-1 -,odocker0,>DOCKER"

static void check_own(const char *version, const struct played *p, const char *port,
		      const char *holds)
{
	CLEANUP(facts_clear) struct facts f = {0};
	struct docker_facts *d = &f.docker;
	struct container *c;
	struct gather g;

	played = *p;
	fill(&g, &f, version);
	d->containers.known = true;
	c = array_append(&d->containers.seen, &d->containers.nseen, sizeof(*c));
	c->id = xstrdup("a1");
	c->name = xstrdup("web");
	c->running = true;
	c->started_usec = UINT64_C(1700000000000000);
	strv_add(&c->ports, port ? port : "8080/tcp on 0.0.0.0");
	strv_add(&c->ports, "8080/tcp on ::");
	gather_forward(&g);
	if (d->restart_brings.count != (holds != NULL))
		print_message("# %s | %s: %s\n", p->own, p->chains,
			      d->restart_brings.count ? d->restart_brings.items[0] : "nothing");
	assert_int_equal(d->restart_brings.count, holds != NULL);
	if (holds)
		assert_non_null(strstr(d->restart_brings.items[0], holds));
}

/* What dockerd could not take over has no rules, and gets none by its start. */
static void test_given_up(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	struct container *c = container_list_add(&f.docker.containers);
	struct gather g;

	played = (struct played){.forward = NEW_FORWARD};
	fill(&g, &f, "28.5.2");
	f.docker.containers.known = true;
	c->running = c->given_up = true;
	strv_add(&c->ports, "8080/tcp on 0.0.0.0");
	gather_forward(&g);
	assert_int_equal(f.docker.restart_brings.count, 0);
}

static const char others[] = "without the 1 rule of others", missing[] = "web publishes 8080/tcp";

static const struct {
	const char *version, *forward, *own, *chains, *holds, *port;
} closed_ports[] = {
	{"28.5.2", NEW_FORWARD, LETS_IN " " CLOSES, WAYS NAT},
	{"20.10.24", OLD_FORWARD, LETS_IN, NAT},
	/* a link's two stand behind the last word on the bridge, and concern what is on it */
	{"28.5.2", NEW_FORWARD,
	 LETS_IN " " CLOSES " a,idocker0,odocker0,t6,p80,d172.17.0.2 a,idocker0,odocker0,t6",
	 WAYS NAT},
	{"28.5.2", NEW_FORWARD, LETS_IN " " CLOSES " a,ieth0,odocker0", WAYS NAT, others},
	/* a rule of somebody */
	{"28.5.2", NEW_FORWARD, "x,odocker0,t6,p80 " LETS_IN " " CLOSES, WAYS NAT, others},
	{"28.5.2", NEW_FORWARD, "x,i!docker0,odocker0,t6,p80 " LETS_IN, WAYS NAT, others},
	{"28.5.2", NEW_FORWARD, CLOSES " " LETS_IN, WAYS NAT, others},
	{"28.5.2", NEW_FORWARD, LETS_IN " x,odocker0", WAYS NAT, others},
	{"28.5.2", NEW_FORWARD, "r,odocker0,p80 " LETS_IN, WAYS NAT, others},
	{"20.10.24", OLD_FORWARD, CLOSES " " LETS_IN, NAT, others},
	{"20.10.24", OLD_FORWARD, LETS_IN " " CLOSES, NAT, others},
	{"28.5.2", NEW_FORWARD, LETS_IN, WAYS NAT "; DOCKER-CT: x,odocker0", others},
	{"28.5.2", NEW_FORWARD, LETS_IN,
	 "DOCKER-FORWARD: x,ieth0,odocker0 DOCKER-BRIDGE; "
	 "DOCKER-BRIDGE: -,odocker0,>DOCKER; " NAT,
	 others},
	{"20.10.24", OLD_FORWARD, LETS_IN, NAT "; DOCKER-ISOLATION-STAGE-1: x,p80", others},
	/* dockerd's own, of networks that are internal or without icc */
	{"28.5.2", NEW_FORWARD, LETS_IN,
	 "DOCKER-FORWARD: x,idocker0,odocker0 DOCKER-BRIDGE; "
	 "DOCKER-BRIDGE: -,odocker0,>DOCKER; " NAT},
	{"20.10.24", OLD_FORWARD, LETS_IN,
	 NAT "; DOCKER-ISOLATION-STAGE-1: x,obr9,n x,ibr9,n r; "
	     "DOCKER-ISOLATION-STAGE-2: x,odocker0 r"},
	/* in the table nat */
	{"28.5.2", NEW_FORWARD, LETS_IN,
	 WAYS "nat DOCKER: r,t6,p8080 DNAT,i!docker0,t6,p8080,"
	      "s172.17.0.2,:80; nat PREROUTING: DOCKER",
	 "of the table nat anew"},
	{"28.5.2", NEW_FORWARD, LETS_IN,
	 WAYS "nat DOCKER: r,ieth0 DNAT,i!docker0,t6,p8080,"
	      "s172.17.0.2,:80; nat PREROUTING: DOCKER",
	 "of the table nat anew"},
	/* one of dockerd's was taken out */
	{"28.5.2", NEW_FORWARD, CLOSES, WAYS NAT, missing},
	{"20.10.24", OLD_FORWARD, "", NAT, missing},
	{"28.5.2", NEW_FORWARD, "a,odocker0,t6,p81,d172.17.0.2", WAYS NAT, missing},
	{"28.5.2", NEW_FORWARD, "a,odocker0,t6,p80,d172.17.0.3", WAYS NAT, missing},
	{"28.5.2", NEW_FORWARD, LETS_IN, WAYS "nat PREROUTING: DOCKER", missing},
	{"28.5.2", NEW_FORWARD, LETS_IN,
	 WAYS "nat PREROUTING: ; nat DOCKER: DNAT,i!docker0,t6,"
	      "p8080,s172.17.0.2,:80",
	 missing},
	{"28.5.2", NEW_FORWARD, LETS_IN,
	 "DOCKER-FORWARD: DOCKER-BRIDGE; nat PREROUTING: DOCKER; "
	 "nat DOCKER: DNAT,i!docker0,t6,p8080,s172.17.0.2,:80",
	 missing},
	{"28.5.2", "", "", "", missing}, /* nft flush ruleset */
	{"28.5.2", NEW_FORWARD, LETS_IN, WAYS NAT, "8080/udp", "8080/udp on 0.0.0.0"},
	{"28.5.2", NEW_FORWARD, LETS_IN, WAYS NAT, "8080/tcp on 10.0.0.1", "8080/tcp on 10.0.0.1"},
	/* of an address that the host does not have there is none */
	{"28.5.2", NEW_FORWARD, LETS_IN, WAYS NAT, NULL, "8080/tcp on 10.0.0.9"},
	/* with no rule of its own */
	{"28.5.2", NEW_FORWARD, "a,i!docker0,odocker0", WAYS NAT}, /* nat-unprotected */
	{"28.5.2", NEW_FORWARD, "", WAYS "nat PREROUTING: DOCKER", NULL, "any/tcp on 0.0.0.0"},
	{"28.5.2", NEW_FORWARD, LETS_IN,
	 "DOCKER-FORWARD: DOCKER-BRIDGE; DOCKER-BRIDGE: DOCKER,m; "
	 "nat PREROUTING: DOCKER; nat DOCKER: "
	 "DNAT,t6,p8080,s172.17.0.2,:80"}, /* by a set */
};

/* A port that somebody closed in dockerd's own chains is open again when dockerd starts. */
static void test_closed_ports(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(closed_ports); i++) {
		struct played p = {.forward = closed_ports[i].forward,
				   .own = closed_ports[i].own,
				   .chains = closed_ports[i].chains};

		check_own(closed_ports[i].version, &p, closed_ports[i].port, closed_ports[i].holds);
	}
	check_own("26.1.5", &(struct played){.legacy = true}, NULL, "iptables-legacy");
}

/* While containers begin and end, rules come and go one by one: that is nobody's doing. */
static void test_meanwhile(void **state)
{
	static const char gone[] = WAYS "nat PREROUTING: DOCKER";
	static const struct {
		int in_making;
		const char *chains, *state, *holds;
	} rows[] = {
		{1, WAYS NAT},
		{2, WAYS NAT},
		{4, WAYS NAT}, /* it is read twice in a look */
		{0, gone, "\"Running\": true, \"StartedAt\": \"2023-11-14T22:13:20Z\"",
		 "web publishes 8080/tcp"},
		{0, gone, "\"Running\": true, \"StartedAt\": \"2023-11-14T22:13:21Z\""},
		{0, gone,
		 "\"Running\": true, \"Status\": \"restarting\", "
		 "\"StartedAt\": \"2023-11-14T22:13:20Z\""},
		{0, gone, "\"Running\": false, \"StartedAt\": \"2023-11-14T22:13:20Z\""},
		{0, gone, ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_own("28.5.2",
			  &(struct played){.forward = NEW_FORWARD,
					   .own = LETS_IN,
					   .chains = rows[i].chains,
					   .in_making = rows[i].in_making,
					   .state = rows[i].state},
			  NULL, rows[i].holds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mute),         cmocka_unit_test(test_filter),
		cmocka_unit_test(test_closed_ports), cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_changing),     cmocka_unit_test(test_meanwhile),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
