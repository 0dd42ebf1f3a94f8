#include "engine/host/read/acl-text.h"

#include <acl/libacl.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"

/* What is wrong with it as an ACL (NULL: nothing). */
static const char *complaint(acl_t acl)
{
	int last = 0;

	if (acl_entries(acl) == 0)
		return "it is empty";
	switch (acl_check(acl, &last)) {
	case 0:
		return NULL;
	case ACL_MULTI_ERROR:
	case ACL_DUPLICATE_ERROR:
		return "it has an entry twice";
	case ACL_MISS_ERROR:
		return "it lacks an entry for the owner, the group, others or the mask";
	default:
		return "it has a wrong entry";
	}
}

/*
 * "user:1000:rwx". acl_from_text() takes more than that: it asks the user database for names,
 * reads 010 as 8, cuts numbers off at 32 bits and needs no separator between entries.
 */
static bool is_plain_entry(const char *text)
{
	const char *id = strchr(text, ':');
	const char *perm = id ? strchr(++id, ':') : NULL;
	size_t digits = id ? strspn(id, "0123456789") : 0;

	if (!perm || id + digits != perm || digits > strlen("4294967295"))
		return false;
	if ((digits > 1 && *id == '0') || strtoull(id, NULL, 10) >= UINT32_MAX)
		return false;
	perm++;
	return *perm && !perm[strspn(perm, "rwx-")];
}

int acl_text_to_acl(const char *text, acl_t *ret_acl, struct error *err)
{
	CLEANUP(strv_clear) struct strv entries = {0};
	CLEANUP(freep) char *plain = NULL;
	CLEANUP(acl_freep) acl_t acl = NULL;
	const char *wrong;

	strv_split(&entries, text, ", \t\n");
	for (size_t i = 0; i < entries.count; i++)
		if (!is_plain_entry(entries.items[i]))
			return error_set(err, -EINVAL,
					 "'%s' is not an entry of an access control list",
					 entries.items[i]);
	plain = strv_join(&entries, ",");
	acl = acl_from_text(plain);
	if (!acl)
		return error_set(err, errno == ENOMEM ? -ENOMEM : -EINVAL,
				 "'%s' is not an access control list", text);
	wrong = complaint(acl);
	if (wrong)
		return error_set(err, -EINVAL, "'%s' is not an access control list: %s", text,
				 wrong);
	*ret_acl = TAKE_PTR(acl);
	return 0;
}

static int print(acl_t acl, char **ret_text, struct error *err)
{
	char *text = acl_to_any_text(acl, NULL, ',', TEXT_NUMERIC_IDS);

	if (!text)
		return error_errno(err, -errno, "cannot print an access control list");
	*ret_text = xstrdup(text);
	acl_free(text);
	return 0;
}

/*
 * Reading the text again is how the ACL is judged: it covers what libacl takes from a file
 * system without looking, like permissions beyond rwx.
 */
int acl_text_from_acl(acl_t acl, bool access, char **ret_text, struct error *err)
{
	CLEANUP(freep) char *text = NULL;
	CLEANUP(acl_freep) acl_t again = NULL;
	int r;

	if (acl_entries(acl) == 0) {
		*ret_text = NULL;
		return 0;
	}
	r = print(acl, &text, err);
	if (r == 0)
		r = acl_text_to_acl(text, &again, err);
	if (r < 0)
		return r;
	if (acl_cmp(acl, again) != 0)
		return error_set(err, -EINVAL, "the access control list is more than '%s'", text);
	*ret_text = access && acl_equiv_mode(acl, NULL) == 0 ? NULL : TAKE_PTR(text);
	return 0;
}

int acl_text_canonical(const char *text, bool access, char **ret_text, struct error *err)
{
	CLEANUP(acl_freep) acl_t acl = NULL;
	int r = acl_text_to_acl(text, &acl, err);

	return r < 0 ? r : acl_text_from_acl(acl, access, ret_text, err);
}

int acl_text_mode(const char *text, mode_t *ret_mode, struct error *err)
{
	CLEANUP(acl_freep) acl_t acl = NULL;
	mode_t mode;
	int r;

	r = acl_text_to_acl(text, &acl, err);
	if (r < 0)
		return r;
	if (acl_equiv_mode(acl, &mode) < 0)
		return error_errno(err, -errno, "'%s' has no mode", text);
	*ret_mode = mode;
	return 0;
}
