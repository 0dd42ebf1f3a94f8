#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/common/account.h"
#include "modules/common/tally.h"
#include "modules/daemon/account.h"
#include "modules/registry.h"

#define MIN_COUNT 65536UL

/*
 * Ranges of subordinate ids (subuid(5)): that of the account for userns-remap is there and large
 * enough, and none overlaps another, or an account's own number: else containers of one would
 * own files of the other.
 */

struct subid_desired {
	char *account;
};

struct range {
	char *name;
	unsigned long first, count;
};

struct ranges {
	struct range *items;
	size_t count;
};

static void ranges_clear(struct ranges *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->items[i].name);
	free(r->items);
}

static void add_ranges(struct ranges *r, const struct strv *lines, size_t first, bool counted)
{
	for (size_t i = 0; i < lines->count; i++) {
		struct range range = {.count = 1};

		if (account_number(lines->items[i], first, &range.first) < 0 ||
		    (counted && account_number(lines->items[i], first + 1, &range.count) < 0) ||
		    range.count == 0)
			continue;
		range.name = account_field(lines->items[i], 0);
		*(struct range *)array_append(&r->items, &r->count, sizeof(range)) = range;
	}
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* Sorted, so that two that meet are neighbours, or one spans the other's neighbour. */
static void judge_overlaps(struct ranges *r, const char *file, struct tally *tally)
{
	size_t widest = 0;

	if (r->count > 1)
		qsort(r->items, r->count, sizeof(*r->items), compare_ranges);
	for (size_t i = 1; i < r->count; i++) {
		const struct range *before = &r->items[widest], *now = &r->items[i];

		if (now->first < before->first + before->count)
			tally_note(tally, VERDICT_FAIL, "in '%s' the ids of %s and %s overlap",
				   file, before->name, now->name);
		if (now->first + now->count > before->first + before->count)
			widest = i;
	}
}

static void judge_account(const struct ranges *r, const char *account, const char *file,
			  struct tally *tally)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct range *range = &r->items[i];

		if (strcmp(range->name, account) != 0)
			continue;
		if (range->count < MIN_COUNT)
			tally_note(tally, VERDICT_FAIL,
				   "the range of %s in '%s' has %lu ids, %lu "
				   "are needed",
				   account, file, range->count, MIN_COUNT);
		else
			tally_note(tally, VERDICT_PASS, "%s has a range of its own", account);
		return;
	}
	tally_note(tally, VERDICT_FAIL, "%s has no range in '%s'", account, file);
}

static int judge_file(const struct view *v, const struct subid_desired *want, const char *file,
		      const char *accounts, struct tally *tally, struct error *err)
{
	CLEANUP(ranges_clear) struct ranges ranges = {0};
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(strv_clear) struct strv ids = {0};
	int r = account_lines(v, file, &lines, err);

	if (r >= 0)
		r = account_lines(v, accounts, &ids, err);
	if (r < 0)
		return r;
	add_ranges(&ranges, &lines, 1, true);
	judge_account(&ranges, want->account, file, tally);
	add_ranges(&ranges, &ids, 2, false);
	judge_overlaps(&ranges, file, tally);
	return 0;
}

static int subid_diff(const void *desired, const struct view *now, struct delta *ret,
		      struct error *err)
{
	const struct subid_desired *want = desired;
	CLEANUP(freep) char *value = xasprintf("\"%s\"", want->account);
	CLEANUP(error_clear) struct error why = {0};
	struct tally tally = {0};
	int r;

	if (now->facts->docker.install == DOCKER_NONE) {
		delta_raise(ret, VERDICT_NOT_APPLICABLE, "Docker is not installed");
		return 0;
	}
	r = judge_file(now, want, "/etc/subuid", "/etc/passwd", &tally, &why);
	if (r >= 0)
		r = judge_file(now, want, "/etc/subgid", "/etc/group", &tally, &why);
	if (r < 0)
		tally_note(&tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
	else
		docker_account(now, value, ret);
	tally_finish(&tally, ret);
	if (ret->verdict == VERDICT_FAIL && ret->edits.count == 0)
		str_replace(&ret->fix, "give each account a range of its own in both files, while "
				       "nothing runs in the old ones");
	return 0;
}

static int subid_check(const void *desired, struct error *err)
{
	const struct subid_desired *want = desired;

	if (!*want->account || strpbrk(want->account, ": \t"))
		return error_set(err, -EINVAL, "'%s' is not a name of an account", want->account);
	return 0;
}

static const struct field fields[] = {
	{.key = "account",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct subid_desired, account),
	 .required = true,
	 .help = "whose range userns-remap uses; dockremap is made where it is missing"},
	{0},
};

const struct module module_subid_ranges = {
	.name = "subid-ranges",
	.summary = "ranges of subordinate ids for user namespaces",
	.desired_size = sizeof(struct subid_desired),
	.fields = fields,
	.check = subid_check,
	.diff = subid_diff,
};
