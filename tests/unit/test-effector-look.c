/* What the effector of the command line looks at the host with. */

#include "tests/test.h"

#include <string.h>

#include "cli/context.h"
#include "cli/effector.h"
#include "engine/facts/gather.h"

#define WITNESS "/var/lib/harden/seen-start.json"

static const char *witness;
static const struct root *looked_at;
static const char *taken;

const char *__wrap_context_witness(const struct context *c);
int __wrap_facts_gather(struct facts *ret, const struct root *root, const char *witness_file,
			unsigned parts, struct error *err);

const char *__wrap_context_witness(const struct context *c)
{
	return witness;
}

int __wrap_facts_gather(struct facts *ret, const struct root *root, const char *witness_file,
			unsigned parts, struct error *err)
{
	looked_at = root;
	taken = witness_file;
	return 0;
}

/* Also where one is written, or goes, after it was opened. */
static void test_witness(void **state)
{
	static const char *const rows[] = {NULL, WITNESS, NULL};
	struct options o = {.quiet = true};
	struct context c = {.o = &o, .root = {.fd = -1}};
	struct effector *e = NULL;

	assert_int_equal(effector_open(&c, &e), CODE_OK);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		witness = rows[i];
		assert_int_equal(e->look(e->look_data, &f, NULL), 0);
		assert_ptr_equal(looked_at, &c.root);
		assert_ptr_equal(taken, rows[i]);
	}
	e->ops->free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_witness)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
