#include "tests/race/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/fd-io.h"

/* Memory, where there is some: there is nothing to sync, and swaps are fast. */
static const char *base_directory(void)
{
	const char *base = getenv("HARDEN_RACE_DIR");

	if (base && *base)
		return base;
	if (access("/dev/shm", W_OK) == 0)
		return "/dev/shm";
	base = getenv("TMPDIR");
	return base && *base ? base : "/tmp";
}

static void make_directory(const char *base, const char *name, uid_t owner, mode_t mode)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", base, name);

	if ((mkdir(path, 0700) < 0 && errno != EEXIST) || chown(path, owner, owner) < 0 ||
	    chmod(path, mode) < 0)
		abort();
}

static void make_file(const char *base, const char *name, const char *text, uid_t owner,
		      mode_t mode)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", base, name);
	CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0 || fchown(fd, owner, owner) < 0 ||
	    fchmod(fd, mode) < 0)
		abort();
}

static void make_link(const char *base, const char *target, const char *name, uid_t owner)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", base, name);

	if (symlink(target, path) < 0 || lchown(path, owner, owner) < 0)
		abort();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

static void remove_tree(const char *base, const char *name)
{
	CLEANUP(freep) char *path = xasprintf("%s%s", base, name);

	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int remove_deeper(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return ftw->level > 0 ? remove_one(path, st, type, ftw) : 0;
}

static void remove_below(const char *base, const char *name)
{
	CLEANUP(freep) char *path = xasprintf("%s%s", base, name);

	nftw(path, remove_deeper, 16, FTW_DEPTH | FTW_PHYS);
}

/* What the attacker swaps with. */
static void make_tools(struct arena *a)
{
	make_file(a->path, "open/own", "mine\n", NOBODY, 04777);
	make_link(a->path, "../canary/target", "open/file-link", NOBODY);
	make_link(a->path, "../canary", "open/directory-link", NOBODY);
	make_directory(a->path, "open/decoy", NOBODY, 0777);
	make_link(a->path, "../../canary/secret", "open/decoy/target", NOBODY);
	make_link(a->path, "../../canary/target", "open/decoy/.target.harden-" STAGED_TAG "0",
		  NOBODY);
	make_link(a->path, "../../canary/target", "open/decoy/.target.harden-" STAGED_TAG "1",
		  NOBODY);
}

/* Root may link what it likes; where fs.protected_hardlinks is 0, so may nobody. */
static void make_hard_link(struct arena *a)
{
	CLEANUP(freep) char *from = xasprintf("%s/canary/target", a->path);
	CLEANUP(freep) char *to = xasprintf("%s/open/hard", a->path);

	if (link(from, to) < 0)
		abort();
}

/* The attacker's descriptor of open/ must stay good, so that directory itself stays. */
void arena_reset(struct arena *a)
{
	remove_below(a->path, "/open");
	remove_below(a->base, "/out/away");
	make_directory(a->path, "open", NOBODY, 0777);
	make_directory(a->path, "open/sub", NOBODY, 0777);
	make_file(a->path, "open/sub/target", TARGET_TEXT, 0, 0666);
	make_tools(a);
	if (a->with_hard_links)
		make_hard_link(a);
}

/* The names that are staged for the target lie in canary/, too: no sweep may find them there. */
static void make_canaries(struct arena *a)
{
	CLEANUP(freep) char *out = xasprintf("%s/out", a->base);

	make_directory(a->base, "root", 0, 0755);
	make_directory(a->path, "canary", 0, 0755);
	make_file(a->path, "canary/target", CANARY_TEXT, 0, 0644);
	make_file(a->path, "canary/secret", CANARY_TEXT, 0, 0600);
	make_file(a->path, "canary/.target.harden-" STAGED_TAG "0", CANARY_TEXT, 0, 0644);
	make_file(a->path, "canary/.target.harden-" STAGED_TAG "1", CANARY_TEXT, 0, 0644);
	make_directory(a->base, "out", 0, 0755);
	make_directory(out, "canary", 0, 0755);
	make_file(out, "canary/secret", CANARY_TEXT, 0, 0600);
	make_file(out, "canary/target", CANARY_TEXT, 0, 0644);
	/* and the attacker's own directory outside, to carry directories out of the root */
	make_directory(out, "away", NOBODY, 0777);
}

/* Inside of the root "canary/inside" is harmless; outside of it the same words mean a canary. */
static void make_links(struct arena *a)
{
	make_directory(a->path, "etc", 0, 0755);
	make_link(a->path, "/open/sub/target", "etc/absolute", 0);
	make_link(a->path, "../open/sub/../sub/target", "etc/dots", 0);
	make_link(a->path, "../../../../../../../../open/sub/target", "etc/climb", 0);
	make_link(a->path, "/open/sub/../../canary/missing", "etc/through", 0);
}

/* One line for each thing in a canary directory: what it is, how it is and what is in it. */
static void picture(const char *base, const char *name, struct buf *ret)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", base, name);
	CLEANUP(buf_clear) struct buf content = {0};
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		buf_printf(ret, "%s is gone\n", name);
		return;
	}
	if (S_ISREG(st.st_mode))
		fd_read_all(fd, 1 << 20, &content);
	buf_printf(ret, "%s mode %o owner %u:%u changed %lld.%ld holds %.60s\n", name, st.st_mode,
		   st.st_uid, st.st_gid, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
		   buf_str(&content));
}

static char *look_at_canaries(const struct arena *a)
{
	static const char *const names[] = {"canary",
					    "canary/target",
					    "canary/secret",
					    "canary/.target.harden-" STAGED_TAG "0",
					    "canary/.target.harden-" STAGED_TAG "1",
					    "etc",
					    "../out/canary",
					    "../out/canary/secret",
					    "../out/canary/target"};
	struct buf all = {0};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		picture(a->path, names[i], &all);
	return buf_take(&all);
}

char *arena_damage(const struct arena *a)
{
	CLEANUP(freep) char *now = look_at_canaries(a);
	const char *was = a->canaries, *is = now;

	if (strcmp(was, is) == 0)
		return NULL;
	while (strcspn(was, "\n") == strcspn(is, "\n") &&
	       memcmp(was, is, strcspn(was, "\n")) == 0) {
		was += strcspn(was, "\n") + 1;
		is += strcspn(is, "\n") + 1;
	}
	return xasprintf("was: %.*s; is: %.*s", (int)strcspn(was, "\n"), was,
			 (int)strcspn(is, "\n"), is);
}

int arena_open(struct arena *a)
{
	*a = (struct arena){.base = xasprintf("%s/harden-race-XXXXXX", base_directory())};
	umask(022);
	if (!mkdtemp(a->base) || chmod(a->base, 0755) < 0)
		return -errno;
	a->path = xasprintf("%s/root", a->base);
	a->shared =
		mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (a->shared == MAP_FAILED)
		return -errno;
	make_canaries(a);
	make_links(a);
	arena_reset(a);
	a->canaries = look_at_canaries(a);
	return root_open(&a->root, a->path, NULL);
}

void arena_close(struct arena *a)
{
	arena_stop(a);
	root_close(&a->root);
	remove_tree(a->base, "");
	munmap(a->shared, SHARED_SIZE);
	free(a->base);
	free(a->path);
	free(a->canaries);
}

static void become_nobody(void)
{
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0)
		_exit(1);
}

void arena_attack(struct arena *a, bool with_hard_links)
{
	CLEANUP(freep) char *open_path = xasprintf("%s/open", a->path);

	a->with_hard_links = with_hard_links;
	arena_reset(a);
	*a->shared = (struct shared){0};
	a->attacker = fork();
	if (a->attacker < 0)
		abort();
	if (a->attacker > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	become_nobody();
	attacker_run(a->shared, open(open_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		     with_hard_links);
}

void arena_pause(struct arena *a)
{
	a->shared->pause = true;
	while (!a->shared->paused && a->attacker > 0) {
		if (waitpid(a->attacker, NULL, WNOHANG) != 0)
			a->attacker = 0; /* dead: the test will see that there are no swaps */
		sched_yield();
	}
}

void arena_resume(struct arena *a)
{
	a->shared->pause = false;
	while (a->shared->paused && a->attacker > 0)
		sched_yield();
}

void arena_stop(struct arena *a)
{
	if (a->attacker <= 0)
		return;
	kill(a->attacker, SIGKILL);
	waitpid(a->attacker, NULL, 0);
	a->attacker = 0;
}
