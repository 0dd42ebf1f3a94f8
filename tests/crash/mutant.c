#include "tests/crash/mutant.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/exit-codes.h"
#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/host/write/write.h"
#include "engine/plan/plan-json.h"
#include "rollback/blobs.h"
#include "rollback/executor.h"
#include "rollback/transaction-directory.h"
#include "tests/crash/scene.h"

const char *const victim_mutants[MUTANT_COUNT] = {
	[MUTANT_NONE] = "none",
	[MUTANT_IN_PLACE] = "in-place",
	[MUTANT_NO_JOURNAL] = "no-journal",
	[MUTANT_EARLY_COMMIT] = "early-commit",
	[MUTANT_LAZY_RECOVER] = "lazy-recover",
	[MUTANT_LOSES_XATTR] = "loses-xattr",
	[MUTANT_NO_EFFECTS_BACK] = "no-effects-back",
	[MUTANT_UNGUARDED] = "unguarded",
	[MUTANT_KEEPS_TRIES] = "keeps-tries",
	[MUTANT_LIAR] = "liar",
};

static int idle_run(struct effector *e, enum handler handler, const struct effects *towards,
		    struct error *err)
{
	return 0;
}

static int idle_health(struct effector *e, const struct stopped_list *may_stop, int gate_ms,
		       struct error *err)
{
	return 0;
}

const struct effector_ops mutant_idle_ops = {.run = idle_run, .health = idle_health};

bool mutant_replaces_apply(enum victim_mutant mutant)
{
	return mutant == MUTANT_IN_PLACE || mutant == MUTANT_NO_JOURNAL ||
	       mutant == MUTANT_EARLY_COMMIT;
}

static int overwrite(const struct root *root, const struct change *c, const struct image *image)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(close_fd) int fd = -1;
	int r = root_walk_nofollow(root, c->path, &walk, NULL);

	if (r < 0 || walk.parent < 0)
		return r < 0 ? r : -1;
	if (walk.fd >= 0 && image->node.kind != NODE_ABSENT)
		write_flags(walk.fd, 0, NULL);
	if (image->node.kind == NODE_ABSENT)
		return unlinkat(walk.parent, walk.name,
				c->images[0].node.kind == NODE_DIR ? AT_REMOVEDIR : 0);
	if (image->node.kind == NODE_DIR && walk.fd < 0)
		return write_mkdir(walk.parent, walk.name, &image->node, NULL);
	if (image->has_content) {
		fd = openat(walk.parent, walk.name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		r = fd < 0 ? -1 : fd_write_all(fd, image->content.data, image->content.len);
		if (r < 0)
			return r;
		return write_attributes(fd, &image->node, NULL);
	}
	return write_attributes(walk.fd, &image->node, NULL);
}

static int overwrite_all(const struct root *root, const struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; i < plan->nchanges && r >= 0; i++) {
		const struct change *c = &plan->changes[i];

		r = overwrite(root, c, &c->images[c->nimages - 1]);
	}
	return r;
}

/* The files as they should be moved, and nothing that could put them back. */
static int move_all(const struct root *root, struct plan *plan)
{
	struct mover m = {.root = root, .plan = plan, .tag = "abcdef"};
	CLEANUP(strv_clear) struct strv staged = {0};
	int r = mover_stage(&m, NULL);

	if (r >= 0)
		r = mover_move(&m, plan->nstages, NULL, NULL);
	mover_staged_paths(&m, &staged);
	return r < 0 ? r : mover_sweep(root, &staged, NULL);
}

/* The right records in the wrong order. */
static int commit_first(struct state *state, const struct root *root, struct plan *plan)
{
	CLEANUP(freep) char *id = transaction_new_id(&(struct strv){0});
	CLEANUP(freep) char *boot = current_boot_id();
	struct transaction_head head = {.id = id, .kind = (char[]){"apply"}, .boot_id = boot};
	CLEANUP(freep) char *first = transaction_head_format(&head);
	CLEANUP(close_fd) int directory = state_open_txn(state, id, true, NULL);
	CLEANUP(journal_close) struct journal journal = JOURNAL_INIT;
	CLEANUP(buf_clear) struct buf text = {0};
	int r;

	if (directory < 0 || plan_to_json(plan, false, &text, NULL) < 0)
		return -1;
	r = blobs_store(directory, plan, NULL);
	if (r >= 0)
		r = journal_create(
			directory,
			(const struct record[]){{RECORD_HEADER, first}, {RECORD_INTENT, text.data}},
			2, &journal, NULL);
	if (r >= 0)
		r = journal_append(&journal, RECORD_COMMIT, "{}", NULL);
	return r < 0 ? r : move_all(root, plan);
}

int mutant_apply(enum victim_mutant mutant, struct state *state, const struct root *root,
		 struct plan *plan, struct effector *effector)
{
	int r;

	if (mutant == MUTANT_IN_PLACE)
		r = overwrite_all(root, plan);
	else if (mutant == MUTANT_NO_JOURNAL)
		r = move_all(root, plan);
	else
		r = commit_first(state, root, plan);
	return r < 0 ? CODE_ERROR : CODE_OK;
}

void mutant_lose_xattr(const char *root)
{
	CLEANUP(freep) char *path = xasprintf("%s%s", root, STUB_CONFIG);

	removexattr(path, "user.note");
}
