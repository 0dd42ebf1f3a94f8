#include "modules/common/file-group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/api-socket.h"
#include "modules/common/account.h"

/* "gid = 1001" of the table [grpc], which containerd gives its socket at each start. */
static void find_gid(const char *text, unsigned *found)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	bool inside = false;
	unsigned gid;

	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *line = lines.items[i] + strspn(lines.items[i], " \t");

		if (*line == '[')
			inside = starts_with(line, "[grpc]");
		else if (inside && sscanf(line, "gid = %u", &gid) == 1)
			*found = gid;
	}
}

/* Of its config file and those that this imports: the last one that says something counts. */
static char *containerd_group(const struct view *v)
{
	const struct place *p = facts_place(v->facts, "containerd-config");
	unsigned found = 0;

	for (size_t i = 0; p && i < p->paths.count; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		if (view_content_if_any(v, p->paths.items[i], &text, NULL) >= 0)
			find_gid(buf_str(&text), &found);
	}
	return found ? xasprintf("%u", found) : NULL;
}

static char *given_group(const struct view *v, const char *name)
{
	if (strcmp(name, "@api-socket") == 0)
		return api_socket_group(v->facts);
	return strcmp(name, "@containerd-socket") == 0 ? containerd_group(v) : NULL;
}

/* 1: found; 0: there is none of that name. */
static int find(const struct view *v, const char *name, gid_t *ret, struct tally *tally)
{
	CLEANUP(error_clear) struct error why = {0};
	int r = account_gid(v, name, ret, &why);

	if (r < 0)
		tally_note(tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
	return r;
}

bool file_groups(const struct view *v, const struct strv *names, gid_t **ret, size_t *ret_count,
		 struct tally *tally)
{
	for (size_t i = 0; i < names->count; i++) {
		const char *name = names->items[i];
		CLEANUP(freep) char *given = *name == '@' ? given_group(v, name) : NULL;
		gid_t gid;
		int r = *name != '@' || given ? find(v, given ? given : name, &gid, tally) : 0;

		if (r < 0)
			return false;
		if (r == 0)
			continue;
		*(gid_t *)array_append(ret, ret_count, sizeof(gid_t)) = gid;
		if (given)
			return true;
	}
	if (names->count > 0 && *ret_count == 0)
		array_append(ret, ret_count, sizeof(gid_t)); /* none exists: root's */
	return true;
}
