#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/next/parts.h"
#include "modules/common/account.h"

/* The account of userns-remap and its ranges of ids, without which dockerd does not start. */

#define DEFAULT_ACCOUNT "dockremap"

static bool has_range(const struct strv *lines, const char *name)
{
	const char *line = account_line(lines, name);
	unsigned long count;

	return line && account_number(line, 2, &count) == 0 && count > 0;
}

/* By its number, as subuid(5) allows. */
static bool has_range_by_number(const struct strv *lines, const struct strv *accounts,
				const char *name)
{
	const char *line = account_line(accounts, name);
	CLEANUP(freep) char *number = line ? account_field(line, 2) : NULL;

	return number && has_range(lines, number);
}

/* dockerd makes its own account, with ranges, where there is none; never ranges alone. */
static bool is_made(const char *name, const struct strv *accounts)
{
	return strcmp(name, DEFAULT_ACCOUNT) == 0 && !account_line(accounts, name);
}

static void look_at(struct next *n, const char *name, const char *accounts_file, const char *file)
{
	CLEANUP(strv_clear) struct strv accounts = {0}, ranges = {0};
	CLEANUP(freep) char *place = NULL;
	size_t line;

	if (account_lines(n->view, accounts_file, &accounts, NULL) < 0 ||
	    account_lines(n->view, file, &ranges, NULL) < 0) {
		foresight_add(n->ret, NEXT_USERNS, FORESIGHT_NOT_MEASURED, file, 0,
			      "the ids of '%s' (userns-remap) cannot be read", name);
		return;
	}
	if (is_made(name, &accounts) || has_range(&ranges, name) ||
	    has_range_by_number(&ranges, &accounts, name))
		return;
	place = next_place_of_key(n->view, "userns-remap", &line);
	foresight_add(n->ret, NEXT_USERNS, FORESIGHT_FAIL, file, 0,
		      "it has no range of ids for '%s', the account of userns-remap (%s, line "
		      "%zu): dockerd would not start",
		      name, place ? place : "dockerd's command line", line);
}

void next_userns(struct next *n)
{
	CLEANUP(freep) char *remap = next_text(n->docker, "userns-remap");
	CLEANUP(freep) char *user = NULL, *group = NULL;
	size_t len = remap ? strcspn(remap, ":") : 0;

	if (!remap || !*remap)
		return;
	user = xstrndup(remap, len);
	group = xstrdup(remap[len] ? remap + len + 1 : user);
	if (strcmp(user, "default") == 0) {
		str_replace(&user, DEFAULT_ACCOUNT);
		str_replace(&group, DEFAULT_ACCOUNT);
	}
	if (user[strspn(user, "0123456789")] && group[strspn(group, "0123456789")]) {
		look_at(n, user, "/etc/passwd", "/etc/subuid");
		look_at(n, group, "/etc/group", "/etc/subgid");
	}
	foresight_pass(n->ret, NEXT_USERNS, "the ranges of ids for '%s' are there", user);
}
