#include "modules/common/acl-cap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"

/* The bits (0 to 7) that an entry may keep; -1 when it is not an entry. */
static int allowed_bits(const char *entry, mode_t mask)
{
	if (starts_with(entry, "user::"))
		return (int)(mask >> 6 & 7);
	if (starts_with(entry, "group::") || starts_with(entry, "mask::"))
		return (int)(mask >> 3 & 7);
	if (starts_with(entry, "other::") || starts_with(entry, "user:") ||
	    starts_with(entry, "group:"))
		return (int)(mask & 7);
	return -1;
}

static bool cap_entry(char *entry, mode_t mask)
{
	static const char letters[] = "rwx";
	char *perms = strrchr(entry, ':');
	int allowed = allowed_bits(entry, mask);

	if (!perms || allowed < 0 || strlen(perms) != 4)
		return false;
	for (size_t i = 0; i < 3; i++) {
		char *perm = perms + 1 + i;

		if (*perm != letters[i] && *perm != '-')
			return false;
		if (!(allowed & 4 >> i))
			*perm = '-';
	}
	return true;
}

char *acl_cap(const char *text, mode_t mask)
{
	CLEANUP(strv_clear) struct strv entries = {0};

	strv_split(&entries, text, ",");
	for (size_t i = 0; i < entries.count; i++)
		if (!cap_entry(entries.items[i], mask))
			return NULL;
	return entries.count ? strv_join(&entries, ",") : NULL;
}
