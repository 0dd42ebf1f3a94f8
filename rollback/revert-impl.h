#pragma once

/*
 * What the files of a rollback's plan share: revert.c puts it together, revert-path.c has one path,
 * revert-docker.c the settings of dockerd, revert-effects.c all else that comes into force.
 */

#include "engine/base/map.h"
#include "rollback/chain.h"
#include "rollback/revert.h"

/* One rollback being planned. */
struct reversal {
	struct history history; /* with contents */
	const struct transaction_summary *root_transaction; /* the apply that it is about */
	struct undoing undoing;
	struct map toggled; /* controls whose part goes, or comes again */
	bool again; /* they are undone already, and what others made of them since goes, too */
	struct error obstacle; /* what has to be moved away before the recorded can come back */
	enum on_conflict on_conflict;
	const struct root *root;
	const struct facts *facts;
	struct plan *plan;
	struct strv *conflicts;
	struct strv kept; /* paths that stay as somebody broke them */
	struct map directories; /* those that a transaction was about, by what became of them */
	struct strv lost; /* units that nothing starts any more: gone, or masked */
	struct strv stays; /* settings of the kernel, and audit rules, that are left as they are */
};

bool reversal_concerns(const struct reversal *v, const char *control);

/* Plans the way back of one path: a change of the plan, and conflicts; nothing where it is as it shall be. */
int revert_path(struct reversal *v, const struct change *was, struct error *err);

/*
 * What would be as it was applied all the same, since others took it away and set it again, becomes a
 * conflict; `planned` gives it back where a person said so.
 */
int revert_path_stays(struct reversal *v, const struct chain *chain, const struct change *was,
		      struct change *planned, struct error *err);

/* Likewise a file that is gone, and stands beside its place under a name that is read just so. */
int revert_renamed(struct reversal *v, const char *path, const struct image *applied,
		   struct error *err);

/* Likewise what dockerd reads in another place than the one that was changed. -EPERM: not by harden. */
int revert_daemon_stays(struct reversal *v, struct error *err);

/* Of what is undone already: from what is there now to `planned` as it was recorded, in our values alone. */
int revert_recorded(struct reversal *v, const struct change *was, struct change *planned,
		    struct error *err);

/*
 * The change that says what dockerd's file will be: of the path that it reads now, or of the link that
 * leads there, where the rollback puts the file back. NULL: the file stays as it is.
 */
const struct change *revert_config_change(const struct reversal *v);

/* revert-members.c: takes members whose accounts are gone out of what comes back, and says so. */
int revert_members(struct reversal *v, struct change *c, struct error *err);

/* A newer apply that stays in force had made the path's rights narrower than `planned` leaves them without these controls: a warning. */
void revert_loosened(struct reversal *v, const struct change *planned, const struct strv *controls);

/* Likewise a directory that an earlier rollback had to leave, since files were in it, and that is empty now. */
int revert_directory(struct reversal *v, const struct change *was, struct error *err);

/* The effects that bring the planned files into force, and what had no file back. */
void revert_effects(const struct reversal *v, struct effects *ret);

/* revert-wanted.c: what the effect's subject goes back to, by those that stand beside this one. */
struct recorded;
const char *revert_target(const struct reversal *v, const struct recorded *r);

/* Whether an earlier apply, undone by now, had brought the value that this one found in force. */
bool revert_was_brought(const struct reversal *v, struct subject subject, const char *value);

/* Whether an effect of the way back is none: what it takes is wanted by others, or is so already. */
bool revert_is_left_out(const struct reversal *v, const struct effect *e);

/* Leaves out the controls on whose part a later transaction rests. -EPERM: that one goes first. */
int revert_spare(struct reversal *v, struct error *err);

/* revert-units.c: a unit that is to be started and cannot be is a conflict; it stays down. */
int revert_units(struct reversal *v, struct error *err);

/* What depends on a unit that goes down, by now, has its part: so that it comes back where that fails. */
void revert_units_along(const struct reversal *v, struct effects *effects);

/* revert-settings.c: a setting of the kernel that others set since is a conflict; what is needed stays. */
void revert_settings(struct reversal *v);

/* revert-rules.c: an audit rule that others' rule files have by now stays loaded, and is named. */
void revert_rules(struct reversal *v);

/* The way back of a setting starts from what it is now. */
void revert_setting_now(const struct reversal *v, struct effect *e);

/* Whether what such an effect of the apply brought into force stays in the files as others have it. */
bool revert_keeps_brought(const struct reversal *v, const struct effect *was);

/* A value as a conflict tells it, "(not there)" for NULL; the caller frees it. */
char *shown_value(struct subject subject, bool sensitive, const char *value);

bool is_daemons(const struct effect *e);

/* The effects of the apply on one subject: of those that go (or come again), of those that stay. */
struct recorded {
	const struct effect *first, *last_toggled, *last_standing;
};

struct recorded find_recorded(const struct reversal *v, struct subject subject);
const char *recorded_target(const struct recorded *r);

/*
 * dockerd's settings: the difference between what it has in force now and what its next start would
 * see after the rollback.
 */
void revert_daemon(const struct reversal *v, struct effects *ret);

/*
 * Where a reload takes something out of force, and the rollback leaves dockerd's file alone (somebody
 * removed it, or our keys from it): the file has its part in the plan all the same, so that it says
 * the old values for the time of the reload, and live-restore for that of a restart before it. It
 * ends as it is now.
 */
int revert_lend_config(const struct reversal *v, const struct effects *effects, struct error *err);

/* Has the effect say what comes into force where the rollback leaves others' values in the files. */
void revert_tell_kept(const struct reversal *v, struct effect *e);

/*
 * Takes out of `found` what dockerd had before the apply wrote the same into its file: that is as
 * before, and a reload or a restart for it would make it otherwise. Where the rest of `found`, or
 * `others`, has dockerd take its file anew all the same, that decides.
 */
void revert_drop_had(const struct reversal *v, const struct effects *others, struct effects *found);

/*
 * Why dockerd would not take its config file, which somebody broke and which the rollback leaves as it
 * is; NULL: it would, or the rollback writes it. The caller frees it.
 */
char *revert_config_fault(const struct reversal *v);

/*
 * Likewise of one that somebody emptied, where these effects need a restart of dockerd: a reload keeps
 * what is not in it, but a restart would not.
 */
char *revert_emptied_fault(const struct reversal *v, const struct effects *effects);

/* Without --on-conflict that is a person's to decide, where the rollback would have dockerd read it. */
int revert_check_config(struct reversal *v, struct error *err);

/* Whether the ledger knows of a dockerd of this version that ran with the files as the rollback leaves them. */
bool revert_start_known(const struct reversal *v);

/* The contents that the apply found, each as an unchanged path of a plan, which is the caller's. */
struct plan *revert_found(const struct reversal *v);

/* What the next start sees after the rollback; *ret_flag: by a flag. NULL: the default. */
char *daemon_value_after(const struct reversal *v, const char *key, bool *ret_flag);

/* Whether two values of a setting are the same; NULL: the default. */
bool daemon_value_same(const char *key, const char *a, const char *b);

/* What the running daemon has: false when that is not known. */
bool daemon_value_now(const struct reversal *v, const char *key, const char **ret);
