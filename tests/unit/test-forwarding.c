/* What the kernel writes along with forwarding, in a network namespace of the test's own. */

#include "tests/subject-text.h"
#include "tests/test.h"

#include <sched.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/host/read/sysctl.h"
#include "engine/host/write/sysctl-write.h"

struct family {
	const char *setting; /* what is written */
	const char *all, *made,
		*lo; /* forwarding of all, of what is made later, of one interface */
	const char *redirects; /* NULL: none follow it */
};

static const struct family families[] = {
	{"net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding", "net.ipv4.conf.default.forwarding",
	 "net.ipv4.conf.lo.forwarding", "net.ipv4.conf.all.accept_redirects"},
	{"net/ipv4/conf/all/forwarding", "net.ipv4.conf.all.forwarding",
	 "net.ipv4.conf.default.forwarding", "net.ipv4.conf.lo.forwarding",
	 "net.ipv4.conf.all.accept_redirects"},
	{"net.ipv6.conf.all.forwarding", "net.ipv6.conf.all.forwarding",
	 "net.ipv6.conf.default.forwarding", "net.ipv6.conf.lo.forwarding", NULL},
};

/* all, default, lo, redirects: before, with the value written, and put back. '1' and '0'. */
static const struct row {
	const char *before, *value, *after, *back;
	bool told; /* that one had it by itself */
} rows[] = {
	{"0000", "1", "1110", "0000", false}, {"0001", "1", "1111", "0001", false},
	{"1110", "0", "0000", "1110", false}, {"1111", "0", "0001", "1111", false},
	{"0010", "1", "1110", "0000", true},  {"0100", "1", "1110", "0000", true},
	{"1100", "0", "0000", "1110", true},  {"1001", "0", "0001", "1111", true},
};

static void put(const char *name, char digit)
{
	assert_int_equal(sysctl_write(name, digit == '1' ? "1" : "0", NULL), 0);
}

static char get(const char *name)
{
	CLEANUP(freep) char *value = NULL;

	assert_int_equal(sysctl_read(name, &value, NULL), 0);
	return *value;
}

static void set_all(const struct family *f, const char *digits)
{
	put(f->all, digits[0]);
	put(f->made, digits[1]);
	put(f->lo, digits[2]);
	if (f->redirects)
		put(f->redirects, digits[3]);
}

static void assert_all(const struct family *f, const struct row *row, const char *digits)
{
	const char is[] = {get(f->all), get(f->made), get(f->lo),
			   f->redirects ? get(f->redirects) : digits[3], '\0'};

	if (strcmp(is, digits) != 0)
		fail_msg("%s, %s: %s, not %s", f->setting, row->before, is, digits);
}

static void write_it(struct live *l, const char *name, const char *value)
{
	CLEANUP(effects_clear) struct effects effects = {0};

	effects_add(&effects, NULL, HANDLER_SYSCTL, subject_of(SCHEME_SYSCTL, name), NULL, value);
	assert_int_equal(run_sysctl(l, &effects, NULL), 0);
}

static void test_both_ways(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		SKIP_BECAUSE("no network namespace of its own");
	for (size_t i = 0; i < ARRAY_SIZE(families) * ARRAY_SIZE(rows); i++) {
		const struct family *f = &families[i / ARRAY_SIZE(rows)];
		const struct row *row = &rows[i % ARRAY_SIZE(rows)];
		CLEANUP(strv_clear) struct strv notes = {0};
		CLEANUP(freep) char *now = NULL;
		struct live l = {.effector = {.notes = &notes}};

		if (sysctl_read(f->setting, &now, NULL) < 0)
			continue; /* a kernel without IPv6 */
		set_all(f, row->before);
		write_it(&l, f->setting, row->value);
		assert_all(f, row, row->after);
		assert_int_equal(notes.count, row->told);
		write_it(&l, f->setting, row->before[0] == '1' ? "1" : "0");
		assert_all(f, row, row->back);
	}
}

/* Where a run is killed, and its undo. All is as the kernel left it then. */
enum { KILLED_BEFORE, KILLED_BEHIND, UNDO_KILLED, UNDO_KILLED_ALONE, STAYS, KILLS };

/* What the journal would have of a handler that begins. */
static void note(struct live *l, const char *name, const char *value, struct strv *ret_names,
		 struct strv *ret_values)
{
	CLEANUP(effects_clear) struct effects effects = {0};

	effects_add(&effects, NULL, HANDLER_SYSCTL, subject_of(SCHEME_SYSCTL, name), NULL, value);
	live_writes_along(&l->effector, HANDLER_SYSCTL, &effects, ret_names, ret_values);
}

static void kill_and_undo(const struct family *f, const struct row *row, int kill)
{
	const char *before = row->before[0] == '1' ? "1" : "0";
	CLEANUP(strv_clear) struct strv names = {0}, values = {0}, none = {0};
	struct live l = {.effector = {.notes = NULL}};

	set_all(f, row->before);
	if (kill == UNDO_KILLED_ALONE)
		write_it(&l, f->setting, row->value); /* the way up ended well */
	note(&l, f->setting, kill == UNDO_KILLED_ALONE ? before : row->value, &names, &values);
	if (kill != KILLED_BEFORE && kill != UNDO_KILLED_ALONE)
		assert_int_equal(sysctl_write(f->setting, row->value, NULL), 0);
	if (kill == UNDO_KILLED || kill == UNDO_KILLED_ALONE)
		assert_int_equal(sysctl_write(f->setting, before, NULL), 0);
	live_wrote_along(&l.effector, &names, &values);
	if (kill == STAYS) {
		CLEANUP(effects_clear) struct effects nothing = {0};

		assert_int_equal(run_sysctl(&l, &nothing, NULL), 0);
	} else {
		write_it(&l, f->setting, before);
	}
	assert_all(f, row,
		   kill == STAYS               ? row->after
		   : kill == UNDO_KILLED_ALONE ? row->back
					       : row->before);
	live_wrote_along(&l.effector, &none, &none);
	assert_int_equal(l.broken_off.names.count, 0);
}

/* Whoever goes on has all as it was before, also what the way back of a whole run cannot tell any more. */
static void test_kills(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		SKIP_BECAUSE("no network namespace of its own");
	for (size_t i = 0; i < ARRAY_SIZE(families) * ARRAY_SIZE(rows) * KILLS; i++) {
		const struct family *f = &families[i / KILLS / ARRAY_SIZE(rows)];
		CLEANUP(freep) char *now = NULL;

		if (sysctl_read(f->setting, &now, NULL) < 0)
			continue; /* a kernel without IPv6 */
		print_message("# %s, %s, kill %zu\n", f->setting,
			      rows[i / KILLS % ARRAY_SIZE(rows)].before, i % KILLS);
		kill_and_undo(f, &rows[i / KILLS % ARRAY_SIZE(rows)], (int)(i % KILLS));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_ways),
					   cmocka_unit_test(test_kills)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
