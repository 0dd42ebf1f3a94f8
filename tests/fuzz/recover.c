#include "tests/fuzz/fake-host.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/interrupt.h"
#include "rollback/blobs.h"
#include "rollback/journal.h"
#include "rollback/seal.h"
#include "rollback/state.h"
#include "rollback/transaction-directory.h"

/*
 * A transaction that dies at some write, and its recovery, which may die as well. The input:
 *
 *   1  writes until the first death, and until that of the first recovery ("7 3")
 *   2  records that are put behind the journal, a letter each ("G": COMMIT)
 *   3  further names in the list of staged files, ":" between them
 *   4  what somebody else does in between: a path and an image ("/a f")
 *   5  the stages: a letter each, whose bits say which handlers run
 *      then the changes: a path and its images, a letter each ("/a fg")
 *
 * What a saved plan may not hold (paths that are not clean, kinds that change) is left out here, too:
 * the targets `plan` and `journal` see to that. Images: a absent; d, D directories; f, g, h files,
 * F, G, H the same ones for root alone; i immutable.
 */

#define ID "20260101-000000-abcdef"
#define BOOT "boot"
#define MAX_STAGES 4
#define MAX_CHANGES 8

struct script {
	char *deaths, *records, *staged, *intruder, *stages;
	struct strv changes;
};

static struct script script;

static void script_clear(struct script *s)
{
	free(s->deaths);
	free(s->records);
	free(s->staged);
	free(s->intruder);
	free(s->stages);
	strv_clear(&s->changes);
}

static void make_node(char letter, struct node *ret)
{
	char lower = (char)(letter | 0x20);

	node_clear(ret);
	if (lower == 'd')
		ret->kind = NODE_DIR;
	else if (lower >= 'f' && lower <= 'i')
		ret->kind = NODE_FILE;
	else
		return;
	ret->mode = (letter & 0x20 ? 0644U : 0600U) | (lower == 'd' ? 0111U : 0);
	if (ret->kind == NODE_DIR)
		return;
	ret->data = xasprintf("%c", lower);
	ret->mtime.tv_sec = lower; /* the time goes with the content */
	ret->flags = lower == 'i' ? NODE_IMMUTABLE : 0;
}

static void add_stages(struct plan *plan, const char *letters)
{
	for (size_t i = 0; i == 0 || (letters[i] && i < MAX_STAGES); i++) {
		struct stage *s = plan_add_stage(plan);

		s->up = s->down = (unsigned)letters[i] & 7;
		if (!letters[i])
			break;
	}
}

/*
 * As a walk writes a path. Its directories are there, unless the plan makes them, and this run's
 * own staged names, which nobody can foresee, are free: a path through one is no path of this host.
 */
static bool is_clean(const char *path)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *joined = NULL;

	strv_split(&names, path, "/");
	joined = strv_join(&names, "/");
	for (size_t i = 0; i < names.count; i++)
		if (is_staged_name(names.items[i], NULL))
			return false;
	return path[0] == '/' && path[1] && strcmp(path + 1, joined) == 0 &&
	       !strv_contains(&names, ".") && !strv_contains(&names, "..");
}

/* Whether the letters of images stand for directories, or for files, but not for both. */
static bool is_of_one_kind(const char *images)
{
	return !strpbrk(images, "dD") || !strpbrk(images, "fghiFGHI");
}

static void add_change(struct plan *plan, const char *line)
{
	const char *images = strchr(line, ' ');
	CLEANUP(freep) char *path = images ? xstrndup(line, (size_t)(images - line)) : NULL;
	struct change *c;

	if (!images || !is_clean(path) || !is_of_one_kind(images) || plan_find_change(plan, path))
		return;
	c = plan_add_change(plan, path);
	images++;
	for (size_t k = 0; k <= plan->nstages; k++) {
		struct image *image = array_append(&c->images, &c->nimages, sizeof(*image));

		make_node(*images, &image->node);
		images += images[0] && images[1];
	}
}

/* The plan of the script; a journal that is read again has the same one. */
static void draw_plan(struct plan *ret)
{
	add_stages(ret, script.stages);
	for (size_t i = 0; i < script.changes.count && ret->nchanges < MAX_CHANGES; i++)
		add_change(ret, script.changes.items[i]);
}

static int fake_transaction_plan(const struct records *records, const char *id, struct plan *ret,
				 struct error *err)
{
	draw_plan(ret);
	return 0;
}

/* The journal of the one transaction, in memory. */
static struct buf journal_bytes;
static uint32_t journal_sequence;
static struct strv staged_list;
static bool has_journal;

static int fake_journal_append(struct journal *j, enum record_type type, const char *payload,
			       struct error *err);
static int fake_journal_open(int dir, struct journal *ret, struct records *ret_records,
			     struct error *err);

static int fake_transactions(const struct state *s, struct strv *ret, struct error *err)
{
	strv_add(ret, ID);
	return 0;
}

static int fake_open_txn(const struct state *s, const char *id, bool create, struct error *err)
{
	return 1000000; /* closing it does no harm */
}

/* As the real one: what is no absolute path is left out. */
static int fake_read_staged(int directory, struct strv *ret, struct error *err)
{
	for (size_t i = 0; i < staged_list.count; i++)
		if (staged_list.items[i][0] == '/')
			strv_add(ret, staged_list.items[i]);
	return 0;
}

static int fake_blobs_load(int txn, struct plan *plan, struct error *err)
{
	return 0;
}

static int fake_remove_directory(const struct state *s, const char *id, struct error *err)
{
	has_journal = false;
	return 0;
}

static char *fake_boot_id(void)
{
	return xstrdup(BOOT);
}

static void fake_interrupt_block(void)
{
}

/* Its bytes are read and written by the real code. */
/* There is no root in which another name could be looked for. */
static bool fake_renamed_name(const struct root *root, const struct plan *plan, struct strv *ret)
{
	return false;
}

#include "rollback/renamed.h"
#define renamed_name fake_renamed_name
#include "rollback/journal.c"
#define journal_append fake_journal_append
#define seal_append fake_journal_append
#define journal_open fake_journal_open
#define state_transactions fake_transactions
#define state_open_txn fake_open_txn
#define transaction_read_staged fake_read_staged
#define transaction_remove_directory fake_remove_directory
#define blobs_load fake_blobs_load
#define transaction_plan fake_transaction_plan
#define current_boot_id fake_boot_id
#define journal_note fake_journal_append
#define interrupt_block fake_interrupt_block
#include "rollback/barrier.c"
#include "rollback/executor.c"
#include "rollback/mover-path.c"
#include "rollback/mover.c"
#include "rollback/recover-undo.c"
#include "rollback/recover.c"
#include "rollback/staging.c"

/* A death in the middle leaves a part of the record, as long as the sequence number says. */
static int fake_journal_append(struct journal *j, enum record_type type, const char *payload,
			       struct error *err)
{
	size_t start = journal_bytes.len;

	format_record(&journal_bytes, journal_sequence, type, payload);
	if (!fake_host_spend()) {
		journal_bytes.len = start + (journal_sequence * 7) % (journal_bytes.len - start);
		return error_set(err, -EIO, "the host is gone");
	}
	journal_sequence++;
	return 0;
}

static int fake_journal_open(int dir, struct journal *ret, struct records *ret_records,
			     struct error *err)
{
	int r = has_journal ? parse_records(ret_records, &journal_bytes, err)
			    : error_set(err, -ENOENT, "there is none");

	if (r < 0)
		return r;
	journal_bytes.len = ret_records->valid_bytes;
	journal_sequence = (uint32_t)ret_records->count;
	*ret = (struct journal)JOURNAL_INIT;
	return 0;
}

static int run_effects(struct effector *e, enum handler handler, const struct effects *towards,
		       struct error *err)
{
	return 0;
}

static const struct effector_ops effector_ops = {.run = run_effects};
static struct effector effector = {&effector_ops};

/* The innermost directory of a path that is in the plan, or NULL. */
static const struct change *directory_in_plan(const struct plan *plan, const char *path)
{
	CLEANUP(freep) char *directory = xstrdup(path);
	const struct change *c = NULL;

	for (char *slash; !c && (slash = strrchr(directory, '/'));) {
		*slash = '\0';
		c = plan_find_change(plan, directory);
	}
	return c;
}

/* Whether a host can be like that: everything that is there lies in a directory. */
static bool is_possible(const struct plan *plan, size_t k)
{
	for (size_t i = 0; i < plan->nchanges; i++) {
		const struct change *directory = directory_in_plan(plan, plan->changes[i].path);

		if (plan->changes[i].images[k].node.kind != NODE_ABSENT && directory &&
		    directory->images[k].node.kind != NODE_DIR)
			return false;
	}
	return true;
}

static bool is_possible_throughout(const struct plan *plan)
{
	for (size_t k = 0; k <= plan->nstages; k++)
		if (!is_possible(plan, k))
			return false;
	return true;
}

static void furnish(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nchanges; i++)
		fake_host_put(plan->changes[i].path, &plan->changes[i].images[0].node);
}

/* What transaction_run() does until it dies; true when it comes to a COMMIT. */
static bool run(struct plan *plan)
{
	struct executor x = {.mover = {.plan = plan, .tag = transaction_tag(ID)},
			     .effector = &effector,
			     .journal = JOURNAL_INIT};
	bool done;

	mover_staged_paths(&x.mover, &staged_list);
	if (mover_stage(&x.mover, NULL) < 0 || !fake_host_spend())
		return false;
	has_journal = true;
	buf_set(&journal_bytes, MAGIC, MAGIC_LEN);
	format_record(&journal_bytes, 0, RECORD_HEADER,
		      "{\"id\":\"" ID "\",\"kind\":\"apply\",\"of\":null,\"only\":null,"
		      "\"boot_id\":\"" BOOT "\",\"started_usec\":1}");
	format_record(&journal_bytes, 1, RECORD_INTENT, "{}");
	journal_sequence = 2;
	executor_init(&x);
	done = executor_up(&x, NULL) >= 0 &&
	       fake_journal_append(NULL, RECORD_COMMIT, "{}", NULL) >= 0;
	executor_clear(&x);
	return done;
}

static void put_records(const char *letters)
{
	for (; has_journal && *letters; letters++)
		format_record(&journal_bytes, journal_sequence++,
			      (enum record_type)((unsigned)(*letters - 'A') % RECORD_TYPE_COUNT),
			      "{\"stage\":0}");
}

/* What a recovery leaves to a person. */
struct leavings {
	size_t count;
	bool foreign; /* some of it, as others changed it */
};

/* One recovery, which leaves nothing to a person where it `must` not. */
static struct leavings recover_once(bool keep_foreign, bool must)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	static const struct root nowhere = {.fd = -1}; /* what is on disk is not asked */
	struct state state = {.fd = 0, .lock_fd = -1};
	int r = recover(&state, &nowhere, &effector, keep_foreign, &recovery, NULL);

	for (size_t i = 0; must && i < recovery.left.count; i++)
		fprintf(stderr, "left: %s\n", recovery.left.items[i]);
	FUZZ_ASSERT(!must || r == 0);
	return (struct leavings){recovery.left.count, recovery.met_foreign};
}

/* The paths are as at one boundary, and nothing staged is left. */
static void check_all_at(const struct plan *plan, size_t k)
{
	for (size_t i = 0; i < plan->nchanges; i++) {
		const struct change *c = &plan->changes[i];

		FUZZ_ASSERT(node_equal(fake_host_at(c->path), &c->images[k].node));
	}
	for (size_t i = 0; i < fake_host.nnodes; i++)
		FUZZ_ASSERT(fake_host.nodes[i].kind == NODE_ABSENT ||
			    !is_staged_name(strrchr(fake_host.paths.items[i], '/') + 1, NULL));
}

/* What somebody else does meanwhile: a path, and what they put there. */
struct intruder {
	char *path; /* NULL: nobody came */
	struct node node;
};

static void intruder_clear(struct intruder *i)
{
	free(i->path);
	node_clear(&i->node);
}

static void intrude(struct intruder *i, const char *what)
{
	const char *letter = strchr(what, ' ');

	if (!letter || what[0] != '/' || letter == what + 1)
		return;
	i->path = xstrndup(what, (size_t)(letter - what));
	make_node(letter[1], &i->node);
	fake_host_put(i->path, &i->node);
}

/*
 * What they made is theirs to the end, unless it looks like what the plan has at that path; what
 * is in a file is none of the business of a plan that leaves it.
 */
static void check_untouched(const struct intruder *i, const struct plan *plan)
{
	const struct change *c = plan_find_change(plan, i->path);
	struct node seen = i->node; /* borrows its strings */
	CLEANUP(freep) char *foreign = NULL;

	if (c && !change_replaces(c))
		seen.data = NULL;
	foreign = c ? foreign_aspects(c, &seen) : NULL;

	if (c ? *foreign != '\0' : !is_staged_name(strrchr(i->path, '/') + 1, NULL))
		FUZZ_ASSERT(node_equal(fake_host_at(i->path), &i->node));
}

static void play(struct plan *plan)
{
	CLEANUP(intruder_clear) struct intruder intruder = {0};
	struct leavings left, settled;
	bool committed, touched;
	char *end;

	fake_host.budget = strtol(script.deaths, &end, 10);
	committed = run(plan);
	intrude(&intruder, script.intruder);
	touched =
		intruder.path || *script.records || *script.staged || !is_possible_throughout(plan);
	put_records(script.records);
	strv_split(&staged_list, script.staged, ":");
	fake_host.budget = strtol(end, NULL, 10);
	if (fake_host.budget >= 0)
		recover_once(false, false);
	fake_host.budget = -1;
	left = recover_once(false, !touched);
	if (intruder.path) {
		check_untouched(&intruder, plan);
		/* a person decides for them, and has that much less to do; a bad list comes then */
		settled = recover_once(true, false);
		FUZZ_ASSERT(!left.foreign || *script.staged || settled.count < left.count);
		check_untouched(&intruder, plan);
	}
	if (!touched)
		check_all_at(plan, committed ? plan->nstages : 0);
}

static void read_script(struct script *s, const uint8_t *data, size_t size)
{
	s->deaths = fuzz_line(&data, &size);
	s->records = fuzz_line(&data, &size);
	s->staged = fuzz_line(&data, &size);
	s->intruder = fuzz_line(&data, &size);
	s->stages = fuzz_line(&data, &size);
	while (size > 0)
		strv_add_owned(&s->changes, fuzz_line(&data, &size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(plan_clear) struct plan plan = {0};

	read_script(&script, data, size);
	draw_plan(&plan);
	fake_host_reset();
	fake_host.plan = &plan;
	fake_host.tag = transaction_tag(ID);
	fake_host.staged = &staged_list;
	if (is_possible(&plan, 0)) {
		furnish(&plan);
		play(&plan);
	}
	fake_host_reset();
	strv_clear(&staged_list);
	buf_clear(&journal_bytes);
	has_journal = false;
	script_clear(&script);
	return 0;
}
