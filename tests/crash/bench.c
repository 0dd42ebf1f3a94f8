#include "tests/crash/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/digest.h"
#include "engine/base/fd-io.h"
#include "engine/host/ask/engine-api.h"
#include "rollback/history.h"
#include "tests/crash/daemon.h"

const char *const deed_names[DEED_COUNT] = {
	[DEED_APPLY] = "apply",     [DEED_UNHEALTHY] = "apply-undone", [DEED_ROLLBACK] = "rollback",
	[DEED_RECOVER] = "recover", [DEED_SETTLE] = "settle",          [DEED_WAIT] = "wait",
	[DEED_CONFIRM] = "confirm", [DEED_OVERDUE] = "overdue",
};

const char *const image_names[IS_NEITHER] = {
	[IS_BEFORE] = "before",
	[IS_AFTER] = "after",
	[IS_SETTLED] = "settled",
};

static struct victim victim_of(const struct bench *b, enum victim_op op)
{
	return (struct victim){.root = b->root,
			       .world = b->world,
			       .socket = b->socket,
			       .op = op,
			       .mutant = b->mutant,
			       .scene = b->scene,
			       .message_fd = b->message_fd};
}

/* What commands say on stderr is a message, too, and no call of those that are counted. */
static void say_on(struct victim *v)
{
	if (dup2(v->message_fd, STDERR_FILENO) >= 0)
		v->message_fd = STDERR_FILENO;
}

static int run_victim(void *data)
{
	say_on(data);
	return victim_run(data);
}

static void forget_message(const struct bench *b)
{
	if (ftruncate(b->message_fd, 0) < 0 || lseek(b->message_fd, 0, SEEK_SET) < 0)
		abort();
}

int bench_run(struct bench *b, enum victim_op op)
{
	struct victim v = victim_of(b, op);
	int status;
	pid_t pid;

	forget_message(b);
	pid = fork();
	if (pid == 0)
		_exit(run_victim(&v));
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int trace_victim(struct bench *b, struct victim *v, struct trace_order *order,
			struct trace_result *ret)
{
	forget_message(b);
	order->ignore_fd = STDERR_FILENO;
	return trap_run(run_victim, v, order, ret);
}

int bench_trace(struct bench *b, enum deed deed, struct trace_order *order,
		struct trace_result *ret)
{
	static const enum victim_op ops[] = {VICTIM_APPLY,   VICTIM_APPLY,  VICTIM_ROLLBACK,
					     VICTIM_RECOVER, VICTIM_SETTLE, VICTIM_WAIT,
					     VICTIM_CONFIRM, VICTIM_RECOVER};
	struct victim v = victim_of(b, ops[deed]);

	/* of a search none goes well, and nothing is said of the change */
	v.unhealthy = deed != DEED_UNHEALTHY ? 0 : scene_is_search(b->scene) ? INT_MAX : 1;
	return trace_victim(b, &v, order, ret);
}

enum victim_op bench_recovery_of(enum deed deed)
{
	return deed == DEED_SETTLE ? VICTIM_SETTLE : VICTIM_RECOVER;
}

int bench_trace_recover(struct bench *b, enum deed deed, struct trace_order *order,
			struct trace_result *ret)
{
	struct victim v = victim_of(b, bench_recovery_of(deed));

	return trace_victim(b, &v, order, ret);
}

/* What somebody else makes of dockerd's file. */
static int intrude(const struct bench *b)
{
	static const char theirs[] = "{\"theirs\": true}\n";
	const struct timespec times[2] = {{1, 0}, {1, 0}};
	CLEANUP(freep) char *path = xasprintf("%s" STUB_CONFIG, b->root);
	CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, theirs, strlen(theirs));

	return r == 0 && futimens(fd, times) < 0 ? -errno : r;
}

int bench_reset(struct bench *b, enum deed deed)
{
	struct trace_order kill = {
		.action = TRACE_KILL, .classes = TRACE_MUTATES, .at = b->broken_at};
	struct trace_result result = {0};
	int r = scene_remove(b->root);

	if (r >= 0)
		r = scene_build(b->root, b->world);
	if (r >= 0 && deed == DEED_ROLLBACK)
		r = bench_run(b, VICTIM_APPLY) == 0 ? 0 : -EIO;
	if (r >= 0 && (deed == DEED_CONFIRM || deed == DEED_OVERDUE))
		r = bench_run(b, deed == DEED_CONFIRM ? VICTIM_WAIT : VICTIM_WAIT_OVER) == 0 ? 0
											     : -EIO;
	if (r >= 0 && (deed == DEED_RECOVER || deed == DEED_SETTLE))
		r = bench_trace(b, DEED_APPLY, &kill, &result);
	if (r >= 0 && deed == DEED_SETTLE)
		r = intrude(b);
	return r;
}

static int take_image(struct bench *b, enum image_name which)
{
	int r;

	r = tree_read(b->root, &b->trees[which]);
	return r < 0 ? r : world_read(b->world, &b->worlds[which]);
}

int bench_break_at(struct bench *b, size_t at)
{
	int r;

	b->broken_at = at;
	r = bench_reset(b, DEED_SETTLE);
	if (r >= 0 && bench_run(b, VICTIM_SETTLE) != 0)
		return -EIO;
	return r < 0 ? r : take_image(b, IS_SETTLED);
}

/* Those that are loaded at their first use: once here, not in every child. */
static void load_libraries(void)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex("", 0, hex);
	engine_api_open(&api, "/", NULL);
}

int bench_open(struct bench *b, const char *base, enum scene scene, enum victim_mutant mutant)
{
	int r;

	load_libraries();
	*b = (struct bench){.scene = scene, .message_fd = memfd_create("message", MFD_CLOEXEC)};
	b->directory = xasprintf("%s/harden-crash-XXXXXX", base);
	if (!mkdtemp(b->directory) || chmod(b->directory, 0755) < 0)
		return -errno;
	b->root = xasprintf("%s/root", b->directory);
	b->world = xasprintf("%s/world", b->directory);
	b->socket = xasprintf("%s/docker.sock", b->directory);
	b->daemon = daemon_start(b->socket, b->world);
	if (b->daemon < 0)
		return b->daemon;
	r = bench_reset(b, DEED_APPLY);
	if (r >= 0)
		r = take_image(b, IS_BEFORE);
	if (r >= 0 && bench_run(b, VICTIM_APPLY) != 0) {
		CLEANUP(freep) char *message = bench_message(b);

		fprintf(stderr, "the apply that nothing happens to failed: %s", message);
		return -EIO;
	}
	if (r >= 0)
		r = take_image(b, IS_AFTER);
	b->mutant = mutant;
	return r;
}

void bench_close(struct bench *b)
{
	daemon_stop(b->daemon);
	if (b->root)
		scene_remove(b->root);
	if (b->world)
		unlink(b->world);
	if (b->socket)
		unlink(b->socket);
	rmdir(b->directory);
	free(b->directory);
	free(b->root);
	free(b->world);
	free(b->socket);
	close(b->message_fd);
	for (size_t i = 0; i < ARRAY_SIZE(b->trees); i++)
		strv_clear(&b->trees[i]);
}

char *bench_message(const struct bench *b)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (lseek(b->message_fd, 0, SEEK_SET) < 0 || fd_read_all(b->message_fd, 1 << 20, &text) < 0)
		return xstrdup("");
	return buf_take(&text);
}

bool bench_is_deadly(const struct bench *b)
{
	struct root root = {.fd = -1};
	const struct stub stub = {.root = &root, .world = b->world};
	bool deadly = root_open(&root, b->root, NULL) >= 0 && stub_is_deadly(&stub);

	root_close(&root);
	return deadly;
}

bool bench_is_unguarded(struct bench *b)
{
	CLEANUP(freep) char *why = NULL;
	struct world world = {0};
	int status = bench_run(b, VICTIM_STATUS);

	if (status != STATUS_WAITING && status != STATUS_UNDECIDED)
		return false;
	return bench_look(b, false, &why) != IS_BEFORE && world_read(b->world, &world) >= 0 &&
	       world.timers == 0;
}

enum image_name bench_look(const struct bench *b, bool clean, char **ret_why)
{
	CLEANUP(strv_clear) struct strv tree = {0};
	struct world world = {0};
	int r = tree_read(b->root, &tree);

	if (r >= 0)
		r = world_read(b->world, &world);
	if (r < 0)
		*ret_why = xasprintf("cannot be read: %s", strerror(-r));
	if (r >= 0 && !clean)
		tree_drop_staged(&tree);
	for (int i = IS_BEFORE; i < IS_NEITHER && r >= 0; i++)
		if (strv_equal(&tree, &b->trees[i]) && world_equal(&world, &b->worlds[i]))
			return (enum image_name)i;
	if (r >= 0 && tree_drop_staged(&tree))
		*ret_why = xstrdup("a staged file is left");
	for (int i = IS_BEFORE; i < IS_NEITHER && r >= 0 && !*ret_why; i++)
		if (strv_equal(&tree, &b->trees[i]))
			*ret_why = xasprintf("what is in force is not that of its files (%s), "
					     "or containers were stopped (%d)",
					     image_names[i], world.stops);
	if (!*ret_why)
		*ret_why = tree_difference(&b->trees[IS_BEFORE], &tree);
	return IS_NEITHER;
}

bool bench_status_fits(enum deed deed, enum image_name is, int status)
{
	const int kept = STATUS_BASE + TRANSACTION_COMMITTED;
	const int undone = STATUS_BASE + TRANSACTION_ROLLED_BACK;

	if ((deed == DEED_SETTLE) != (is == IS_SETTLED))
		return false; /* that image is nobody else's */
	if (deed == DEED_WAIT && is == IS_AFTER)
		return status == STATUS_WAITING;
	if (deed == DEED_CONFIRM)
		return is == IS_AFTER && (status == STATUS_WAITING || status == kept);
	if (deed == DEED_OVERDUE)
		return is == IS_BEFORE && status == undone;
	if (deed != DEED_ROLLBACK && is == IS_AFTER)
		return status == kept;
	if (deed != DEED_ROLLBACK)
		return status == undone || status == STATUS_NONE;
	return is == IS_BEFORE ? status == kept + 16 : status == undone + 16 || status == kept;
}
