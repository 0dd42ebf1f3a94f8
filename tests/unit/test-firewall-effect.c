/* Rules in the kernel's packet filter, for real, in a network namespace of the test's own. */

#include "tests/test.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/effect/effector.h"
#include "engine/format/nft-text.h"
#include "engine/host/ask/nft.h"
#include "engine/host/write/nft-run.h"
#include "tests/subject-text.h"
#include "tests/unit/temp-directory.h"

#define BASE "type filter hook prerouting priority -150; policy accept;"
#define CHAIN                                                                                      \
	BASE "\nct state established,related accept\niifname \"lo\" accept\n"                      \
	     "fib daddr type != local accept\nip saddr 192.0.2.0/24 accept\n"                      \
	     "ip saddr 198.51.100.7 accept\nip6 saddr fd00::/8 accept\ntcp dport 2376 drop\n"      \
	     "udp dport 4789 drop"

static bool ready;

static int enter(void **state)
{
	CLEANUP(buf_clear) struct buf json = {0};

	ready = geteuid() == 0 && unshare(CLONE_NEWNET) == 0 && nft_list(&json, NULL) == 0;
	return 0;
}

#define NEED_NFT()                                                                                 \
	do {                                                                                       \
		if (!ready)                                                                        \
			SKIP_BECAUSE("it needs root, a network namespace and libnftables");        \
	} while (0)

static int run_one(const char *subject, const char *after, struct error *err)
{
	struct effector *e = NULL;
	struct effects effects = {0};
	int r;

	assert_int_equal(effector_live(&e, NULL), 0);
	effects_add(&effects, "c", HANDLER_FIREWALL, subj(subject), NULL, after);
	r = e->ops->run(e, HANDLER_FIREWALL, &effects, err);
	effects_clear(&effects);
	e->ops->free(e);
	return r;
}

static int table(struct firewall_facts *ret)
{
	CLEANUP(buf_clear) struct buf json = {0};

	assert_int_equal(nft_list(&json, NULL), 0);
	return nft_parse(buf_str(&json), ret, NULL);
}

/* What was written is read back as it was written, also over another hook; and nothing is left. */
static void test_there_and_back(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	struct firewall_facts f = {0};

	NEED_NFT();
	assert_int_equal(table(&f), 0);
	if (run_one("chain:api", CHAIN, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(table(&f), 1);
	assert_string_equal(firewall_find(&f, "api")->text, CHAIN);
	firewall_clear(&f);
	assert_int_equal(run_one("chain:api", BASE "\ntcp dport 1 drop", NULL), 0);
	assert_int_equal(run_one("chain:other", CHAIN, NULL), 0);
	assert_int_equal(run_one("chain:api", NULL, NULL), 0);
	assert_int_equal(table(&f), 1); /* the other one's */
	assert_null(firewall_find(&f, "api"));
	firewall_clear(&f);
	assert_int_equal(run_one("chain:other", NULL, NULL), 0);
	assert_int_equal(table(&f), 0);
}

static void test_another_hook(void **state)
{
	struct firewall_facts f = {0};

	NEED_NFT();
	assert_int_equal(
		nft_run("add table inet harden\nadd chain inet harden api { type filter hook "
			"input priority 0; }\nadd rule inet harden api counter drop\n",
			NULL),
		0);
	assert_int_equal(table(&f), 1);
	assert_true(firewall_find(&f, "api")->foreign);
	firewall_clear(&f);
	assert_int_equal(run_one("chain:api", CHAIN, NULL), 0);
	assert_int_equal(table(&f), 1);
	assert_string_equal(firewall_find(&f, "api")->text, CHAIN);
	firewall_clear(&f);
	assert_int_equal(run_one("chain:api", NULL, NULL), 0);
}

/* One line that nft does not take, and none of them is in force. */
static void test_all_or_nothing(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	struct firewall_facts f = {0};

	NEED_NFT();
	assert_true(run_one("chain:api", BASE "\ntcp dport 1 drop\nno rule at all", &err) < 0);
	assert_non_null(strstr(error_text(&err), "nftables refuses"));
	assert_int_equal(table(&f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_another_hook),
		cmocka_unit_test(test_all_or_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, enter, NULL);
}
