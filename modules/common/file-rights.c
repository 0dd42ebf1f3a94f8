#include "modules/common/file-rights.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "modules/common/account.h"
#include "modules/common/acl-cap.h"
#include "modules/common/dpkg-override.h"
#include "modules/common/file-group.h"

/* What replacing or touching this very inode would do beyond its name. */
static void note_obstacles(struct file_rights *r, const char *path, const struct node *node)
{
	if (node->kind == NODE_FILE && node->nlink > 1)
		delta_omit(r->delta, path, false,
			   "'%s' has %zu names; the change would show under all of them", path,
			   (size_t)node->nlink);
	if (node->flags & NODE_IMMUTABLE)
		delta_omit(r->delta, path, false, "'%s' is immutable (chattr +i)", path);
	if (node->flags & NODE_APPEND_ONLY)
		delta_omit(r->delta, path, false, "'%s' is append-only (chattr +a)", path);
}

static void ask_number(struct file_rights *r, const char *path, struct subject subject,
		       unsigned long number)
{
	CLEANUP(freep) char *text = xasprintf("%lu", number);

	delta_edit(r->delta, path, subject, text);
}

static bool gid_accepted(const struct file_rights *r, gid_t gid)
{
	for (size_t i = 0; i < r->ngids; i++)
		if (r->gids[i] == gid)
			return true;
	return r->ngids == 0;
}

static void compare_owner(struct file_rights *r, const char *path, const struct node *node)
{
	bool owner_wrong = r->check_owner && node->uid != r->uid;
	bool group_wrong = !gid_accepted(r, node->gid);

	if (owner_wrong || group_wrong)
		tally_note(r->tally, VERDICT_FAIL, "'%s' belongs to %u:%u, %u:%u is wanted", path,
			   node->uid, node->gid, r->check_owner ? r->uid : node->uid,
			   group_wrong ? r->gids[0] : node->gid);
	if (owner_wrong)
		ask_number(r, path, subject_path(SCHEME_OWNER), r->uid);
	if (group_wrong)
		ask_number(r, path, subject_path(SCHEME_GROUP), r->gids[0]);
}

static void compare_acl(struct file_rights *r, const char *path, struct subject subject,
			const char *acl, mode_t mask)
{
	CLEANUP(freep) char *capped = acl_cap(acl, mask);

	if (!capped) {
		tally_note(r->tally, VERDICT_NOT_MEASURED,
			   "the access list of '%s' is not understood: %s", path, acl);
	} else if (strcmp(acl, capped) != 0) {
		tally_note(r->tally, VERDICT_FAIL,
			   "the access list of '%s' gives more than %04o: %s", path, mask, acl);
		delta_edit(r->delta, path, subject, capped);
	}
}

/*
 * With an access list the mode's group bits are its mask entry, and both say the same bits. So
 * the list carries all rights, and the mode edit then stands for setuid, setgid and sticky
 * alone; its values are whole modes all the same, as they are before and after both edits.
 */
static void compare_mode(struct file_rights *r, const char *path, const struct node *node,
			 mode_t mask)
{
	mode_t mode = node->mode & mask;
	mode_t by_mode = node->acl ? 07000 : 07777;

	if ((node->mode ^ mode) & by_mode) {
		tally_note(r->tally, VERDICT_FAIL, "'%s' has mode %04o, at most %04o is allowed",
			   path, node->mode, mask);
		delta_mode(r->delta, path, node->mode, mode);
	}
	if (node->acl)
		compare_acl(r, path, subject_path(SCHEME_ACL), node->acl, mask);
	if (node->default_acl)
		compare_acl(r, path, subject_path(SCHEME_DEFAULT_ACL), node->default_acl, mask);
}

static bool acl_is_fine(const char *acl, mode_t mask)
{
	CLEANUP(freep) char *capped = acl ? acl_cap(acl, mask) : NULL;

	return !acl || (capped && strcmp(acl, capped) == 0);
}

void file_rights_note_fine(struct file_rights *r, const char *path, const struct node *node)
{
	tally_note(r->tally, VERDICT_PASS, "'%s' has mode %04o and belongs to %u:%u", path,
		   node->mode, node->uid, node->gid);
}

bool file_rights_fine(const struct file_rights *r, const struct node *node, long mask)
{
	return !((r->check_owner && node->uid != r->uid) || !gid_accepted(r, node->gid)) &&
	       !(mask >= 0 &&
		 (node->mode & ~(mode_t)mask || !acl_is_fine(node->acl, (mode_t)mask) ||
		  !acl_is_fine(node->default_acl, (mode_t)mask)));
}

char *file_rights_key(const struct file_rights *r, const void *desired)
{
	CLEANUP(buf_clear) struct buf b = {0};

	buf_printf(&b, "%p", desired);
	if (r->check_owner)
		buf_printf(&b, " %u", r->uid);
	for (size_t i = 0; i < r->ngids; i++)
		buf_printf(&b, " :%u", r->gids[i]);
	return buf_take(&b);
}

void file_rights_compare(struct file_rights *r, const char *path, const struct node *node,
			 long mask)
{
	size_t edits = r->delta->edits.count;
	size_t problems = r->tally->counts[VERDICT_NOT_MEASURED];

	compare_owner(r, path, node);
	if (mask >= 0)
		compare_mode(r, path, node, (mode_t)mask);
	if (r->delta->edits.count > edits) {
		note_obstacles(r, path, node);
		dpkg_override(r->view, path, node, edits, r->delta);
	} else if (r->tally->counts[VERDICT_NOT_MEASURED] == problems)
		file_rights_note_fine(r, path, node);
}

/* The number of the name; false (and a note) when it cannot be found out. */
static bool resolve_owner(struct file_rights *r, const char *name)
{
	CLEANUP(error_clear) struct error why = {0};
	int found;

	if (!name)
		return true;
	r->check_owner = true;
	found = account_uid(r->view, name, &r->uid, &why);
	if (found == 1)
		return true;
	if (found == 0)
		tally_note(r->tally, VERDICT_NOT_MEASURED, "there is no account '%s'", name);
	else
		tally_note(r->tally, VERDICT_NOT_MEASURED, "%s", error_text(&why));
	return false;
}

bool file_rights_resolve(struct file_rights *r, const char *owner, const struct strv *groups)
{
	return resolve_owner(r, owner) &&
	       file_groups(r->view, groups, &r->gids, &r->ngids, r->tally);
}

void file_rights_clear(struct file_rights *r)
{
	free(r->gids);
}
