#include "tests/unit/temp-directory.h"

#include "engine/facts/parts.h"
#include "engine/format/network-info.h"
#include "engine/host/ask/bus-firewalld.h"
#include "engine/host/read/elsewhere.h"

/* What dockerd's start makes of its networks: by a dockerd, a firewalld and a journal that are played. */

#define ID "4485a3bcdef012345678"
#define DEFAULT_NETWORK                                                                            \
	"{\"Name\":\"bridge\",\"Id\":\"b\",\"Scope\":\"local\",\"Driver\":\"bridge\","             \
	"\"Options\":{\"com.docker.network.bridge.name\":\"docker0\"}}"
#define OWN_DEFAULT                                                                                \
	"{\"Name\":\"bridge\",\"Id\":\"b\",\"Scope\":\"local\",\"Driver\":\"bridge\","             \
	"\"Options\":{\"com.docker.network.bridge.name\":\"br9\"}}"
#define PLAIN                                                                                      \
	"{\"Name\":\"plain\",\"Id\":\"" ID                                                         \
	"\",\"Scope\":\"local\",\"Driver\":\"bridge\",\"Options\":{}}"
#define MACVLAN                                                                                    \
	"{\"Name\":\"lan\",\"Id\":\"" ID                                                           \
	"\",\"Scope\":\"local\",\"Driver\":\"macvlan\",\"Options\":{\"parent\":\"p1\"}}"
#define IPVLAN                                                                                     \
	"{\"Name\":\"lan\",\"Id\":\"" ID                                                           \
	"\",\"Scope\":\"local\",\"Driver\":\"ipvlan\",\"Options\":{\"parent\":\"p1\"}}"
#define SWARMS                                                                                     \
	"{\"Name\":\"o\",\"Id\":\"o\",\"Scope\":\"swarm\",\"Driver\":\"macvlan\","                 \
	"\"Options\":{\"parent\":\"p1\"}}"
#define VLAN                                                                                       \
	"{\"Name\":\"lan\",\"Id\":\"" ID                                                           \
	"\",\"Scope\":\"local\",\"Driver\":\"macvlan\",\"Options\":{\"parent\":\"p1.10\"}}"
#define CONFIG_ONLY                                                                                \
	"{\"Name\":\"cfg\",\"Id\":\"" ID                                                           \
	"\",\"Scope\":\"local\",\"Driver\":\"null\",\"ConfigOnly\":true,"                          \
	"\"Options\":{\"parent\":\"p1\"}}"
#define NO_PARENT                                                                                  \
	"{\"Name\":\"in\",\"Id\":\"i\",\"Scope\":\"local\",\"Driver\":\"macvlan\",\"Options\":{}}"

static const struct row {
	const char *name;
	const char *networks; /* NULL: dockerd does not answer */
	const char *zones[2]; /* of the bridges; NULL: firewalld does not run */
	const char *unit; /* firewalld.service is so */
	const char *interfaces[3]; /* that are there */
	const char *iptables; /* of dockerd's next start */
	const char *message; /* in the journal */
	const char *elsewhere;
	const char *hold; /* NULL: none */
	const char *lost;
	bool mute; /* the bus does not answer */
} rows[] = {
	{"no firewalld", "[" DEFAULT_NETWORK "]", .unit = "inactive"},
	{"all in zone docker", "[" DEFAULT_NETWORK "," PLAIN "]", {"docker", "docker"}},
	{"one in another zone",
	 "[" DEFAULT_NETWORK "," PLAIN "]",
	 {"trusted", "docker"},
	 .hold = "docker0, the bridge of network 'bridge', in zone 'trusted'"},
	{"a network's own in another zone",
	 "[" DEFAULT_NETWORK "," PLAIN "]",
	 {"docker", "public"},
	 .hold = "br-4485a3bcdef0, the bridge of network 'plain', in zone 'public'"},
	{"one in none",
	 "[" DEFAULT_NETWORK "," PLAIN "]",
	 {"docker", ""},
	 .hold = "br-4485a3bcdef0, the bridge of network 'plain', in no zone"},
	{"dockerd keeps away from the packet filter",
	 "[" DEFAULT_NETWORK "]",
	 {"trusted"},
	 .iptables = "false"},
	{"firewalld runs, and does not answer", "[" DEFAULT_NETWORK "]", .mute = true,
	 .unit = "active", .hold = "is not known: no answer"},
	{"nobody answers, and it does not run", "[" DEFAULT_NETWORK "]", .mute = true,
	 .unit = "inactive"},
	{"nobody is asked of hosts without bridges", "[" MACVLAN "]", {"x"}, NULL, {"p1"}},
	{"a parent that is there", "[" MACVLAN "]", .interfaces = {"p1"}},
	{"a parent that is gone", "[" MACVLAN "]", .interfaces = {"p2"},
	 .hold = "network 'lan' (macvlan) stands on the interface p1"},
	{"likewise of ipvlan", "[" IPVLAN "]", .hold = "network 'lan' (ipvlan)"},
	{"a part of a trunk, which dockerd makes", "[" VLAN "]", .interfaces = {"p1"}},
	{"... and which is gone", "[" VLAN "]", .hold = "stands on the interface p1.10"},
	{"only its settings are kept", "[" CONFIG_ONLY "]", .interfaces = {"p2"}},
	{"the swarm's, and one that needs none", "[" SWARMS "," NO_PARENT "]"},
	{"the walls hide it", "[" MACVLAN "]", .elsewhere = "another network",
	 .hold = "are there is not known: another network"},
	{"a default bridge of somebody's own", "[" OWN_DEFAULT "]", .interfaces = {"br9/bridge"}},
	{"which is gone", "[" OWN_DEFAULT "]", .hold = "would not start"},
	{"which is none any more", "[" OWN_DEFAULT "]", .interfaces = {"br9"},
	 .hold = "what is called so is not a bridge"},
	{"dockerd makes a bridge that is gone", "[" DEFAULT_NETWORK "," PLAIN "]"},
	{"dockerd does not answer", NULL, .hold = "could not be asked: no answer"},
	{"one that was lost before", "[" MACVLAN "]", .interfaces = {"p1"},
	 .message = "Could not create macvlan network for id " ID " from persistent state",
	 .lost = "lan: Could not create"},
	{"one that was lost, and removed", "[" DEFAULT_NETWORK "]",
	 .message = "Could not create macvlan network for id " ID " from persistent state"},
};

static const struct row *played;

int __wrap_engine_api_get(struct engine_api *a, const char *path, struct buf *ret,
			  struct error *err);
int __wrap_firewalld_zones(const struct strv *interfaces, bool *ret_runs, struct strv *ret,
			   struct error *err);
int __wrap_bus_active_state(struct bus *b, const char *unit, char **ret, struct error *err);
void __wrap_docker_log_lost_networks(uint64_t since_usec, struct strv *ret);
const struct elsewhere *__wrap_elsewhere(void);

int __wrap_engine_api_get(struct engine_api *a, const char *path, struct buf *ret,
			  struct error *err)
{
	assert_string_equal(path, "/networks");
	if (!played->networks)
		return error_set(err, -ETIMEDOUT, "no answer");
	buf_puts(ret, played->networks);
	return 0;
}

int __wrap_firewalld_zones(const struct strv *interfaces, bool *ret_runs, struct strv *ret,
			   struct error *err)
{
	*ret_runs = played->zones[0] != NULL;
	if (played->mute)
		return error_set(err, -ETIMEDOUT, "no answer");
	for (size_t i = 0; *ret_runs && i < interfaces->count; i++)
		strv_add(ret, played->zones[i]);
	return 0;
}

int __wrap_bus_active_state(struct bus *b, const char *unit, char **ret, struct error *err)
{
	assert_string_equal(unit, "firewalld.service");
	*ret = xstrdup(played->unit);
	return 0;
}

void __wrap_docker_log_lost_networks(uint64_t since_usec, struct strv *ret)
{
	assert_int_equal(since_usec, 7);
	if (played->message)
		strv_add(ret, played->message);
}

const struct elsewhere *__wrap_elsewhere(void)
{
	static struct elsewhere e;

	e.network = (char *)(uintptr_t)played->elsewhere;
	return &e;
}

/* The links below /sys/class/net are directories here. */
static void make_interface(const struct temp_directory *t, const char *name, bool made)
{
	CLEANUP(freep) char *path = xasprintf("sys/class/net/%s", name);
	char *slash = strrchr(path, '/');

	if (made) {
		*slash = '\0';
		assert_true(mkdirat(t->fd, path, 0755) == 0 || errno == EEXIST);
		*slash = '/';
		assert_int_equal(mkdirat(t->fd, path, 0755), 0);
		return;
	}
	assert_int_equal(unlinkat(t->fd, path, AT_REMOVEDIR), 0);
	*slash = '\0';
	unlinkat(t->fd, path, AT_REMOVEDIR); /* that of an interface, not the one above */
}

static void fill(struct gather *g, struct facts *f)
{
	struct unit_facts *u = facts_add_unit(f, "docker.service");

	u->exists = true;
	u->active = xstrdup("active");
	u->started_usec = 7;
	if (played->iptables)
		settings_put(&f->docker.next, "iptables", played->iptables, SOURCE_FILE, "test");
	/* played: never looked into */
	g->bus = (struct bus *)g;
	g->api = (struct engine_api *)g;
}

static void check(const struct docker_facts *d)
{
	const struct strv *holds = &d->restart_brings, *lost = &d->lost_networks;

	if (holds->count != (played->hold != NULL) ||
	    (played->hold && !strstr(holds->items[0], played->hold)))
		fail_msg("%s: %s", played->name, holds->count ? holds->items[0] : "no hold");
	if (lost->count != (played->lost != NULL) ||
	    (played->lost && !strstr(lost->items[0], played->lost)))
		fail_msg("%s: %s", played->name, lost->count ? lost->items[0] : "none is lost");
}

static void test_networks(void **state)
{
	const struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "sys", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "sys/class", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "sys/class/net", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "sys/class/net/lo", 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};

		played = &rows[i];
		for (size_t k = 0; k < ARRAY_SIZE(rows[i].interfaces) && rows[i].interfaces[k]; k++)
			make_interface(t, rows[i].interfaces[k], true);
		fill(&g, &f);
		gather_networks(&g);
		check(&f.docker);
		plugin_things_clear(&g.plugin_networks);
		for (size_t k = 0; k < ARRAY_SIZE(rows[i].interfaces) && rows[i].interfaces[k]; k++)
			make_interface(t, rows[i].interfaces[k], false);
	}
}

/* What publishes everywhere is asked for whether a restart is possible or not, and is never "none" unasked. */
static void test_wide(void **state)
{
	static const struct row answers = {.networks = "[" DEFAULT_NETWORK "," PLAIN "]"},
				mute = {.name = "mute"};
	static const struct {
		const struct row *play;
		const char *active, *not_measured; /* the latter: nobody is asked */
		bool bus;
		const char *wide, *unread;
	} cases[] = {
		{&answers, "active", NULL, false, "plain", NULL},
		{&answers, "inactive", NULL, true, "plain", NULL}, /* started by hand */
		{&mute, "active", NULL, false, NULL, "no answer"},
		{&answers, "inactive", "docker.service is not running", true, NULL,
		 "docker.service is not running"},
	};
	const struct temp_directory *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};
		struct docker_facts *d = &f.docker;

		played = cases[i].play;
		fill(&g, &f);
		str_replace(&f.units[0].active, cases[i].active);
		d->not_measured = xstrdup_null(cases[i].not_measured);
		if (cases[i].not_measured)
			g.api = NULL;
		if (!cases[i].bus)
			g.bus = NULL;
		gather_networks(&g);
		assert_int_equal(d->wide_networks.count, cases[i].wide != NULL);
		if (cases[i].wide)
			assert_string_equal(d->wide_networks.items[0], cases[i].wide);
		if (strcmp_null(d->wide_unread, cases[i].unread) != 0)
			fail_msg("case %zu: %s", i, d->wide_unread ? d->wide_unread : "known");
		assert_int_equal(d->restart_brings.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_wide),
		TEMP_DIRECTORY_TEST(test_networks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
