/* Rights entry by entry and bit by bit: what others did stays, what is ours goes. */

#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/plan/image-follow.h"
#include "engine/plan/rights.h"

struct row {
	const char *base, *other, *ours, *result; /* "0644", "0640 user::rw-,..." */
};

static struct node parse(const char *text)
{
	struct node n = {.kind = NODE_FILE};
	char *end;

	n.mode = (mode_t)strtoul(text, &end, 8);
	n.acl = *end ? xstrdup(end + 1) : NULL;
	return n;
}

static void test_steps_of_others(void **state)
{
	static const struct row rows[] = {
		/* nobody did anything; only we; only they */
		{"0644", "0644", "0666", "0666"},
		{"0644", "0600", "0644", "0600"},
		/* they closed what we had left open of an entry: nothing comes back there */
		{"0644", "0604", "0666", "0606"},
		{"0655", "0651", "0677", "0671"},
		{"0644", "0750", "0777", "0770"},
		/* a list with joe: we took his w and the mask's; they shrink the mask (chmod g-r) */
		{"0644 user::rw-,user:7:r--,group::r--,mask::r--,other::r--",
		 "0604 user::rw-,user:7:r--,group::r--,mask::---,other::r--",
		 "0664 user::rw-,user:7:rw-,group::r--,mask::rw-,other::r--",
		 "0604 user::rw-,user:7:rw-,group::r--,mask::---,other::r--"},
		/* ... they shrink his entry; the mask comes back for the others */
		{"0644 user::rw-,user:7:r--,group::r--,mask::r--,other::r--",
		 "0644 user::rw-,user:7:---,group::r--,mask::r--,other::r--",
		 "0664 user::rw-,user:7:rw-,group::r--,mask::rw-,other::r--",
		 "0664 user::rw-,user:7:---,group::r--,mask::rw-,other::r--"},
		/* an entry of theirs that our mask hid stays hidden when the mask comes back */
		{"0640 user::rw-,user:7:r--,group::r--,mask::r--,other::---",
		 "0640 user::rw-,user:7:r--,user:8:rw-,group::r--,mask::r--,other::---",
		 "0660 user::rw-,user:7:rw-,group::r--,mask::rw-,other::---",
		 "0660 user::rw-,user:7:rw-,user:8:r--,group::r--,mask::rw-,other::---"},
		/* what a mask hid before is not shown by one that they open, or take away */
		{"0640 user::rw-,user:7:r--,group::r--,mask::r--,other::---",
		 "0660 user::rw-,user:7:r--,group::r--,mask::rw-,other::---",
		 "0644 user::rw-,user:7:r--,group::rw-,mask::r--,other::r--",
		 "0664 user::rw-,user:7:r--,group::r--,mask::rw-,other::r--"},
		/* special bits are bits like any other */
		{"0755", "2755", "4755", "6755"},
		/* what they made run as its owner or group is not opened for writing */
		{"0644", "4755", "0666", "4755"},
		{"0644", "2644", "0666", "2644"},
		{"0644", "1644", "0666", "1666"},
		{"4644", "4755", "4666", "4777"},
		/* an entry of theirs stays, and does not keep what we closed */
		{"0644", "0644 user::rw-,user:7:r--,group::r--,mask::r--,other::r--", "0666",
		 "0666 user::rw-,user:7:r--,group::rw-,mask::rw-,other::rw-"},
		/* a mask that they narrowed themselves stays narrow */
		{"0644", "0604 user::rw-,user:7:r--,group::r--,mask::---,other::r--", "0666",
		 "0606 user::rw-,user:7:r--,group::rw-,mask::---,other::rw-"},
		/* they took the list away: what we closed in it is gone, the rest comes back */
		{"0644 user::rw-,user:7:r--,group::r--,mask::r--,other::r--", "0644",
		 "0666 user::rw-,user:7:rw-,group::r--,mask::rw-,other::rw-", "0646"},
		/* an entry of ours and one of theirs in one list */
		{"0654 user::rw-,user:7:r-x,group::r-x,mask::r-x,other::r--",
		 "0654 user::rw-,user:7:r-x,user:8:r--,group::r-x,mask::r-x,other::r--",
		 "0674 user::rw-,user:7:rwx,group::r-x,mask::rwx,other::r--",
		 "0674 user::rw-,user:7:rwx,user:8:r--,group::r-x,mask::rwx,other::r--"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(node_clear) struct node base = parse(rows[i].base);
		CLEANUP(node_clear) struct node other = parse(rows[i].other);
		CLEANUP(node_clear) struct node ours = parse(rows[i].ours);
		CLEANUP(freep) char *is = NULL;

		rights_follow(&base, &other, &ours, false);
		is = xasprintf("%04o%s%s", (unsigned)ours.mode, ours.acl ? " " : "",
			       ours.acl ? ours.acl : "");
		assert_string_equal(is, rows[i].result);
	}
	(void)state;
}

/* Three resources of one control, each for the mode that it found: none gives back what one took. */
static void test_a_mode_only_narrows(void **state)
{
	CLEANUP(freep) char *first = rights_mode("0777", "0644", "0777");
	CLEANUP(freep) char *second = rights_mode("0777", "0755", first);
	CLEANUP(freep) char *undone = rights_mode("0644", "0777", second);

	(void)state;
	assert_string_equal(first, "0644");
	assert_string_equal(second, "0644");
	assert_string_equal(undone, "0777");
}

#define PEOPLE 3 /* user:7, user:8, group:9; with owner, group and others */
#define PRINCIPALS (PEOPLE + 3)

static const char *const people[PEOPLE] = {"user:7", "user:8", "group:9"};

static const char *bits_text(unsigned bits)
{
	static const char *const all[] = {"---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"};

	return all[bits & 7];
}

/* What the list or the mode of a node grants each: owner, group, others, and people by name. */
static void grants(const struct node *n, unsigned ret[PRINCIPALS])
{
	unsigned mask = 7;

	for (size_t i = 0; i < PRINCIPALS; i++)
		ret[i] = 0;
	ret[0] = n->mode >> 6 & 7;
	ret[1] = n->mode >> 3 & 7;
	ret[2] = n->mode & 7;
	for (size_t b = 0; n->acl && b < 8; b++) {
		CLEANUP(freep) char *m = xasprintf("mask::%s", bits_text((unsigned)b));
		CLEANUP(freep) char *g = xasprintf(",group::%s", bits_text((unsigned)b));

		mask = strstr(n->acl, m) ? (unsigned)b : mask;
		ret[1] = strstr(n->acl, g) ? (unsigned)b : ret[1];
		for (size_t i = 0; i < PEOPLE; i++) {
			CLEANUP(freep)
			char *e = xasprintf("%s:%s", people[i], bits_text((unsigned)b));

			ret[3 + i] = strstr(n->acl, e) ? (unsigned)b : ret[3 + i];
		}
	}
	for (size_t i = 1; i < PRINCIPALS; i++)
		ret[i] &= i == 2 ? 7 : mask;
}

/* A node with or without a list; `has`: which people are in it. */
static struct node random_node(unsigned has)
{
	CLEANUP(buf_clear) struct buf b = {0};
	unsigned owner = (unsigned)rand() & 7, group = (unsigned)rand() & 7;
	unsigned other = (unsigned)rand() & 7, mask = (unsigned)rand() & 7;
	struct node n = {.kind = NODE_FILE, .uid = 1, .gid = 1};

	n.mode = owner << 6 | (has ? mask : group) << 3 | other;
	if (!has)
		return n;
	buf_printf(&b, "user::%s", bits_text(owner));
	for (size_t i = 0; i < PEOPLE; i++) {
		if (i == 2)
			buf_printf(&b, ",group::%s", bits_text(group));
		if (has & 1U << i)
			buf_printf(&b, ",%s:%s", people[i], bits_text((unsigned)rand()));
	}
	buf_printf(&b, ",mask::%s,other::%s", bits_text(mask), bits_text(other));
	n.acl = buf_take(&b);
	return n;
}

/* As harden narrows: no entry gets a bit, none comes or goes. */
static void narrow(struct node *n)
{
	unsigned by = (unsigned)rand() & 0777;

	n->mode &= by | 07000;
	for (char *colon = n->acl; colon && *colon; colon = strchr(colon + 1, ',')) {
		size_t len = strcspn(colon + 1, ",") + 1;
		char *bits = colon + len - 3;
		bool mask = strstr(colon, "mask::") && strstr(colon, "mask::") < bits;
		bool owner = colon == n->acl, other = !colon[len];
		unsigned keep = owner ? by >> 6 : mask ? by >> 3 : other ? by : (unsigned)rand();

		for (size_t i = 0; i < 3; i++)
			if (!(keep & 4U >> i))
				bits[i] = '-';
	}
}

/*
 * Whatever was, whatever we narrowed, whatever others did then: nobody is given a right that he has
 * not now and that we had not taken; and where others narrowed what somebody has, nothing returns.
 */
static void test_nothing_is_loosened(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		unsigned was[PRINCIPALS], ours[PRINCIPALS], now[PRINCIPALS], is[PRINCIPALS], has;
		CLEANUP(node_clear) struct node before = {0}, after = {0}, theirs = {0};
		CLEANUP(node_clear) struct node result = {0};

		srand(round);
		has = (unsigned)rand() & 7;
		before = random_node(has);
		node_copy(&after, &before);
		narrow(&after);
		theirs = random_node((unsigned)rand() & 3 ? has : (unsigned)rand() & 7);
		theirs.gid += rand() % 4 == 0;
		theirs.mode |= rand() % 4 == 0 ? (mode_t)rand() & 07000 : 0;
		node_copy(&result, &before);
		rights_follow(&after, &theirs, &result, false);
		grants(&before, was);
		grants(&after, ours);
		grants(&theirs, now);
		grants(&result, is);
		for (size_t i = 0; i < PRINCIPALS; i++) {
			unsigned back = was[i] & ~ours[i];

			if (theirs.mode & 06000 || ours[i] & ~now[i] ||
			    (i == 1 && theirs.gid != after.gid))
				back = 0;
			if (is[i] & ~(now[i] | back))
				fail_msg("round %u, %zu: before %04o %s, after %04o %s, now %04o "
					 "%s: %04o %s",
					 round, i, before.mode, before.acl, after.mode, after.acl,
					 theirs.mode, theirs.acl, result.mode, result.acl);
		}
	}
}

/* Nobody else did anything: all is as it was. And who asks for what was recorded gets it. */
static void test_ours_comes_back(void **state)
{
	CLEANUP(node_clear) struct node before = parse("0666"), after = parse("0640");
	CLEANUP(node_clear) struct node theirs = parse("0600"), result = parse("0666");

	(void)state;
	assert_false(rights_follow(&after, &after, &result, false));
	assert_int_equal(result.mode, 0666);
	assert_true(rights_follow(&after, &theirs, &result, true));
	assert_int_equal(result.mode, 0666);
	assert_true(rights_follow(&after, &theirs, &before, false));
	assert_int_equal(before.mode, 0606);
	/* and with it, what would make it dangerous does not */
	node_clear(&theirs);
	theirs = parse("4755");
	assert_true(rights_follow(&after, &theirs, &result, true));
	assert_int_equal(result.mode & 07000, 0);
}

/* Who got the file is told with the mode that it is about; kept, the mode is theirs as a whole. */
static void test_given_to_another(void **state)
{
	for (int gid = 0; gid < 2; gid++) {
		CLEANUP(image_clear) struct image base = {0}, theirs = {0}, ours = {0};
		CLEANUP(follow_clear) struct follow f = {0};

		base.node = parse("0644");
		theirs.node = parse("0644");
		ours.node = parse("0666");
		theirs.node.uid = 1000;
		theirs.node.gid = gid ? 1000 : 0;
		assert_int_equal(image_follow(&base, &theirs, &ours, &f, NULL), 0);
		assert_int_equal(f.nconflicts, gid);
		assert_int_equal(ours.node.mode, gid ? 0644 : 0666);
		if (!gid)
			continue; /* its owner lost nothing of ours */
		assert_string_equal(f.conflicts[0].before, "0666");
		assert_string_equal(f.conflicts[0].applied, "0644 of 0:0");
		assert_string_equal(f.conflicts[0].now, "0644 of 1000:1000");
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps_of_others),
		cmocka_unit_test(test_a_mode_only_narrows),
		cmocka_unit_test(test_nothing_is_loosened),
		cmocka_unit_test(test_given_to_another),
		cmocka_unit_test(test_ours_comes_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
