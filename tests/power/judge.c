#include "tests/power/judge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/exit-codes.h"
#include "engine/base/alloc.h"
#include "engine/host/read/root.h"
#include "rollback/history.h"
#include "tests/crash/tree.h"

void outcome_clear(struct outcome *o)
{
	free(o->difference);
	*o = (struct outcome){0};
}

/* In a child: what the journal says, recovery, what the journal says then. */
static int boot(const struct bench *b)
{
	struct victim v = {.root = b->state.host, .world = b->world, .op = VICTIM_STATUS};

	v.message_fd = open(b->messages, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	points = (struct points){.mark_fd = -1, .other_boot = true};
	b->report->pre_status = victim_run(&v);
	v.op = VICTIM_RECOVER;
	b->report->code = victim_run(&v);
	v.op = VICTIM_STATUS;
	b->report->post_status = victim_run(&v);
	return 0;
}

static int run_boot(const struct bench *b)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(boot(b));
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return status == 0 ? 0 : -ECHILD;
}

static int look(struct bench *b, struct outcome *ret)
{
	CLEANUP(strv_clear) struct strv now = {0};
	CLEANUP(freep) char *from_before = NULL, *from_after = NULL;
	int r = tree_read(b->state.host, &now);

	if (r < 0)
		return r;
	ret->staged = tree_drop_staged(&now);
	from_before = tree_difference(&b->before, &now);
	from_after = tree_difference(&b->after, &now);
	if (!from_before)
		ret->image = IMAGE_BEFORE;
	else if (!from_after)
		ret->image = IMAGE_AFTER;
	else
		ret->difference = xasprintf("%s; %s", from_before, from_after);
	return 0;
}

int judge_state(struct bench *b, enum base base, struct outcome *ret)
{
	int r = world_write(b->world, &b->worlds[base]);

	if (r < 0)
		return r;
	r = stand_mount(&b->state, b->devices);
	if (r < 0) {
		ret->mount_error = -r;
		return 0;
	}
	memset(b->report, 0, sizeof(*b->report));
	r = run_boot(b);
	if (r >= 0)
		r = look(b, ret);
	ret->pre_status = b->report->pre_status;
	ret->code = b->report->code;
	ret->post_status = b->report->post_status;
	stand_unmount(&b->state);
	return r;
}

struct promise promise_at(const struct log *l, size_t at, bool rollback, unsigned images)
{
	struct promise p = {.images = images};
	int kind = STATUS_BASE + (rollback ? 16 : 0);

	for (size_t i = 0; i < at; i++) {
		const char *mark = l->entries[i].mark;

		if (strcmp(mark, "COMMIT") == 0)
			p = (struct promise){IMAGE_AFTER, kind + TRANSACTION_COMMITTED};
		else if (strcmp(mark, "WAITING") == 0)
			p = (struct promise){images & IMAGE_AFTER ? IMAGE_AFTER : images,
					     STATUS_WAITING};
		else if (strcmp(mark, "UNDO_DONE") == 0)
			p = (struct promise){IMAGE_BEFORE, kind + TRANSACTION_ROLLED_BACK};
		else if (strcmp(mark, "KEPT") == 0)
			p.images = IMAGE_AFTER;
		else if (strcmp(mark, "BACK") == 0)
			p.images = IMAGE_BEFORE;
	}
	if (rollback &&
	    p.images != (IMAGE_BEFORE | IMAGE_AFTER)) /* the way there is the way back */
		p.images ^= IMAGE_BEFORE | IMAGE_AFTER;
	return p;
}

/* What the journal says in the end must be what is there. */
static char *status_fault(const struct outcome *o)
{
	int back = o->post_status >= STATUS_BASE + 16;
	int state = o->post_status - STATUS_BASE - (back ? 16 : 0);
	enum image_seen said = IMAGE_MIXED;

	if (o->post_status == STATUS_NONE)
		said = IMAGE_BEFORE;
	else if (o->post_status == STATUS_WAITING)
		said = IMAGE_AFTER;
	else if (o->post_status >= STATUS_BASE && state == TRANSACTION_COMMITTED)
		said = back ? IMAGE_BEFORE : IMAGE_AFTER;
	else if (o->post_status >= STATUS_BASE && state == TRANSACTION_ROLLED_BACK)
		said = back ? IMAGE_AFTER : IMAGE_BEFORE;
	return said == o->image
		       ? NULL
		       : xasprintf("the journal says %d, the host is as %s", o->post_status,
				   o->image == IMAGE_BEFORE ? "before" : "after");
}

char *outcome_fault(const struct outcome *o, const struct promise *p)
{
	if (o->mount_error)
		return xasprintf("does not mount: %s", strerror(o->mount_error));
	if (o->code != CODE_OK)
		return xasprintf("recovery gave up (%d)%s%s", o->code, o->difference ? ": " : "",
				 o->difference ? o->difference : "");
	if (o->image == IMAGE_MIXED)
		return xasprintf("mixed: %s", o->difference);
	if (o->staged && o->post_status != STATUS_WAITING) /* what waits may be swapped back */
		return xasprintf("%zu staged files are left", o->staged);
	if (!(o->image & p->images))
		return xasprintf("lost: the host is as %s",
				 o->image == IMAGE_BEFORE ? "before" : "after");
	if (p->status && o->pre_status != p->status)
		return xasprintf("lost: the journal says %d and not %d", o->pre_status, p->status);
	return status_fault(o);
}
