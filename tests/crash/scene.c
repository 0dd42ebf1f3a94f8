#include "tests/crash/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/plan/compose.h"
#include "tests/own-edits.h"
#include "tests/subject-text.h"

#define OLD_TIME 1000000000 /* what is older than a run */
#define SOMEBODY 12
#define ACL_XATTR "system.posix_acl_access"

/* An ACL as the kernel takes it: user::rw-, user:12:rw-, group::r--, mask::rw-, other::r-- */
static const unsigned char some_acl[] = {
	2,  0, 0, 0, /* version */
	1,  0, 6, 0, 255, 255, 255, 255, 2,  0, 6, 0, SOMEBODY, 0,   0,   0, /* users */
	4,  0, 4, 0, 255, 255, 255, 255, 16, 0, 6, 0, 255,      255, 255, 255, /* group, mask */
	32, 0, 4, 0, 255, 255, 255, 255,
};

/* cap_net_bind_service=p, as a version 2 capability of a file */
static const unsigned char some_capability[20] = {0, 0, 0, 2, 0, 4};

static const struct entry {
	const char *path;
	mode_t mode; /* with S_IFDIR for a directory, S_IFLNK for a link */
	uid_t owner;
	const char *content;
	const void *acl;
	const void *capability;
	bool immutable;
	const char *note; /* user.note */
	const char *target; /* S_IFLNK */
} entries[] = {
	{"etc", S_IFDIR | 0755},
	{"etc/docker", S_IFDIR | 0755},
	{"etc/docker/certs", S_IFDIR | 0755, SOMEBODY, .note = "directory"},
	{"etc/docker/stale.d", S_IFDIR | 0750},
	{"etc/docker/daemon.json", 0644, 0, "{\n  \"labels\": [\"a=b\"]\n}\n", .note = "config"},
	{"etc/docker/key.json", 0664, SOMEBODY, "secret\n", .acl = some_acl, .note = "key"},
	{"etc/docker/old.conf", 0600, SOMEBODY, "x = 1\n", .acl = some_acl, .note = "old"},
	{"etc/docker/locked.conf", 0644, 0, "x = 1\n", .immutable = true},
	{"etc/docker/sealed.key", 0644, 0, "sealed\n", .immutable = true},
	{"etc/group", 0644, 0, "root:x:0:\ndocker:x:998:alice\n"},
	{"etc/subuid", 0644, 0, "alice:100000:65536"},
	{"etc/docker/other.conf", 0640, SOMEBODY, "nobody plans for this\n", .acl = some_acl},
	{"etc/wants", S_IFDIR | 0755},
	{"etc/wants/moved", S_IFLNK, SOMEBODY, .target = "/usr/bin/tool"},
	{"etc/wants/off", S_IFLNK, .target = "../docker/certs"},
	{"etc/wants/other", S_IFLNK, SOMEBODY, .target = "/nowhere"},
	{"usr", S_IFDIR | 0755},
	{"usr/bin", S_IFDIR | 0755},
	{"usr/bin/helper", 04755, SOMEBODY, "#!\n", .capability = some_capability, .note = "h"},
	{"usr/bin/tool", 0755, 0, "#!\n"},
	{"var", S_IFDIR | 0755},
	{"var/lib", S_IFDIR | 0755},
	{"var/lib/dpkg", S_IFDIR | 0755},
	{"var/lib/dpkg/statoverride", 0644, 0, "root root 4755 /usr/bin/other\n"},
};

/*
 * What the plan wants; `root_only` where an ordinary user cannot do it. Every scheme of contents
 * is there but "aug": once its library is loaded it makes no call into the kernel, and takes
 * longer than all the rest.
 */
static const struct wish {
	const char *path, *subject, *after;
	bool root_only;
} wishes[] = {
	{"/etc/audit/rules.d/docker.rules", "rule:-w /etc/docker -p wa -k docker",
	 "-w /etc/docker -p wa -k docker"},
	{"/etc/docker/certs", "mode", "0700"},
	{"/etc/docker/certs", "group", "12", true},
	{"/etc/docker/certs", "default-acl",
	 "user::rwx,user:12:r-x,group::r-x,mask::r-x,other::---"},
	{"/etc/docker/key.json", "acl", NULL},
	{"/etc/docker/key.json", "mode", "0600"},
	{"/etc/docker/key.json", "owner", "0", true},
	{"/etc/docker/key.json", "group", "12", true},
	{"/etc/docker/locked.conf", "kv:x", "2"},
	{"/etc/docker/old.conf", "exists", NULL},
	{"/etc/docker/sealed.key", "mode", "0600"},
	{"/etc/docker/stale.d", "exists", NULL},
	{"/etc/group", "member:docker/alice", NULL},
	{"/etc/subuid", "entry:dockremap", "dockremap:165536:65536"},
	{"/etc/masked.service", "link", "/dev/null"},
	{"/etc/nftables.d/harden.nft", "text:all", "table inet harden {\n}"},
	{"/etc/wants/moved", "link", "/dev/null"},
	{"/etc/wants/off", "link", NULL},
	{"/etc/sysctl.d/90-harden.conf", "kv:net.ipv4.ip_forward", "1"},
	{STUB_UNIT, "unit:Service/LimitCORE", "0"},
	{"/usr/bin/helper", "owner", "0", true},
	{"/usr/bin/helper", "mode", "04711"},
	{"/usr/bin/tool", "acl", "user::rwx,user:12:r-x,group::r-x,mask::r-x,other::---"},
	{"/var/lib/dpkg/statoverride", "override:/usr/bin/tool", "root root 0755"},
	/* staged late, as the other new files in new directories, but on another disk (tests/power) */
	{"/var/lib/site/late.conf", "kv:x", "1"},
};

static int set_immutable(int fd, bool on)
{
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return -errno;
	flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0 ? -errno : 0;
}

static int set_attributes(int fd, const struct entry *e, bool root)
{
	const struct timespec times[2] = {{OLD_TIME, 111}, {OLD_TIME, 222}};

	if (root && fchown(fd, e->owner, e->owner) < 0)
		return -errno;
	if (fchmod(fd, e->mode & 07777) < 0)
		return -errno;
	if (e->acl && fsetxattr(fd, ACL_XATTR, e->acl, sizeof(some_acl), 0) < 0)
		return -errno;
	if (e->note && fsetxattr(fd, "user.note", e->note, strlen(e->note), 0) < 0)
		return -errno;
	if (root && e->capability &&
	    fsetxattr(fd, "security.capability", e->capability, sizeof(some_capability), 0) < 0)
		return -errno;
	if (futimens(fd, times) < 0)
		return -errno;
	return root && e->immutable ? set_immutable(fd, true) : 0;
}

static int build_link(int directory, const struct entry *e, bool root)
{
	const struct timespec times[2] = {{OLD_TIME, 111}, {OLD_TIME, 222}};

	if (symlinkat(e->target, directory, e->path) < 0 ||
	    (root && fchownat(directory, e->path, e->owner, e->owner, AT_SYMLINK_NOFOLLOW) < 0) ||
	    utimensat(directory, e->path, times, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static int build_entry(int directory, const struct entry *e, bool root)
{
	CLEANUP(close_fd) int fd = -1;
	int r;

	if (S_ISLNK(e->mode))
		return build_link(directory, e, root);
	if (S_ISDIR(e->mode) && mkdirat(directory, e->path, 0700) < 0)
		return -errno;
	if (S_ISDIR(e->mode))
		fd = openat(directory, e->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else
		fd = openat(directory, e->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = e->content ? fd_write_all(fd, e->content, strlen(e->content)) : 0;
	return r < 0 ? r : set_attributes(fd, e, root);
}

int scene_build(const char *directory, const char *world)
{
	const struct world before = {.sysctls = {0, 1}, .units = {true, false}};
	CLEANUP(close_fd) int fd = -1;
	int r = 0;

	if (mkdir(directory, 0755) < 0)
		return -errno;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(entries) && r >= 0; i++)
		r = build_entry(fd, &entries[i], geteuid() == 0);
	return r < 0 ? r : world_write(world, &before);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (remove(path) == 0)
		return 0;
	if (errno == EPERM && S_ISREG(st->st_mode)) {
		CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

		if (fd >= 0 && set_immutable(fd, false) == 0)
			return remove(path);
	}
	return -1;
}

int scene_remove(const char *directory)
{
	if (nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

struct made {
	const char *path;
	bool is_directory;
};

/* What the plan makes anew: for dockerd's unit, and by the wishes. */
static const struct made unit_made[] = {
	{"/etc/systemd", true},
	{"/etc/systemd/system", true},
	{"/etc/systemd/system/docker.service.d", true},
	{STUB_UNIT},
};
static const struct made files_made[] = {
	{"/etc/audit", true},
	{"/etc/audit/rules.d", true},
	{"/etc/audit/rules.d/docker.rules"},
	{"/etc/masked.service"},
	{"/etc/nftables.d", true},
	{"/etc/nftables.d/harden.nft"},
	{"/etc/sysctl.d", true},
	{"/etc/sysctl.d/90-harden.conf"},
	{"/var/lib/site", true},
	{"/var/lib/site/late.conf"},
};

static void own(struct edits *edits, const struct made *made, size_t count)
{
	for (size_t i = 0; i < count && geteuid() != 0; i++) {
		if (made[i].is_directory)
			edits_add(edits, "own", made[i].path, subj("exists"), NULL, "dir");
		edits_add_own(edits, made[i].path);
	}
}

static void add_files(struct edits *edits)
{
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++)
		if (geteuid() == 0 || !wishes[i].root_only)
			edits_add(edits, "files", wishes[i].path, subj(wishes[i].subject), NULL,
				  wishes[i].after);
	own(edits, files_made, ARRAY_SIZE(files_made));
}

static void add_edits(enum scene scene, struct edits *edits)
{
	if (scene == SCENE_SOCKET)
		edits_add(edits, "socket", STUB_UNIT, subj("unit:Socket/SocketMode"), NULL, "0660");
	else
		add_files(edits);
	if (scene == SCENE_RESTART || scene == SCENE_BORROW)
		edits_add(edits, "daemon.nnp", STUB_CONFIG, subj("json:/no-new-privileges"), NULL,
			  "true");
	if (scene == SCENE_RELOAD)
		edits_add(edits, "daemon.debug", STUB_CONFIG, subj("json:/debug"), NULL, "true");
	else if (scene != SCENE_BORROW)
		edits_add(edits, "daemon.live", STUB_CONFIG, subj("json:/live-restore"), NULL,
			  "true");
	own(edits, unit_made, ARRAY_SIZE(unit_made));
}

/* What is in force by each handler but those of dockerd. */
static void add_other_effects(struct effects *effects)
{
	effects_add(effects, "off", HANDLER_UNIT_STATE, subj("state:0"), "active", "inactive");
	effects_add(effects, "on", HANDLER_UNIT_STATE, subj("state:1"), "inactive", "active");
	effects_add(effects, "sysctl", HANDLER_SYSCTL, subj("sysctl:0"), "0", "1");
	effects_add(effects, "sysctl", HANDLER_SYSCTL, subj("sysctl:1"), "1", "0");
	effects_add(effects, "audit", HANDLER_AUDIT_RULES, subj("rule:0"), NULL, "loaded");
	effects_add(effects, "audit", HANDLER_AUDIT_RULES, subj("rule:1"), NULL, "loaded");
	effects_add(effects, "firewall", HANDLER_FIREWALL, subj("chain:0"), NULL, "loaded");
}

static void add_effects(enum scene scene, struct effects *effects)
{
	effects_add(effects, "unit", HANDLER_SYSTEMD_RELOAD, subj("unit:docker.service"), NULL,
		    "0");
	if (scene == SCENE_SOCKET)
		effects_add(effects, "socket", HANDLER_DOCKER_SOCKET, subj("start:docker.socket"),
			    "0666", "0660");
	else if (scene != SCENE_BORROW)
		add_other_effects(effects);
	if (scene == SCENE_RESTART || scene == SCENE_BORROW)
		effects_add(effects, "daemon.nnp", HANDLER_DOCKER_RESTART,
			    subj("docker:no-new-privileges"), NULL, "true");
	if (scene == SCENE_RELOAD)
		effects_add(effects, "daemon.debug", HANDLER_DOCKER_RELOAD, subj("docker:debug"),
			    NULL, "true");
	else if (scene != SCENE_BORROW)
		effects_add(effects, "daemon.live", HANDLER_DOCKER_RELOAD,
			    subj("docker:live-restore"), NULL, "true");
}

/* A rollback looks by itself whether live-restore can be borrowed: only of a dockerd that tells. */
static void answer(struct docker_facts *d, const struct world *now)
{
	d->running = !now->down;
	d->version = xstrdup("28.5.2");
	d->swarm = xstrdup("inactive");
	settings_put(&d->now, "no-new-privileges", now->nnp ? "true" : "false", SOURCE_API, "");
	container_list_add(&d->containers)->name = xstrdup("web");
	d->containers.seen[0].running = true;
	containers_known(&d->containers);
}

bool scene_is_search(enum scene scene)
{
	return scene == SCENE_BISECT || scene == SCENE_TRIAL;
}

int scene_facts(enum scene scene, const char *world, struct facts *ret)
{
	struct world now = {0};
	int r = world_read(world, &now);

	if (r < 0)
		return r;
	ret->docker.config_file = xstrdup(STUB_CONFIG);
	ret->offline = scene != SCENE_BORROW && !scene_is_search(scene);
	if (!ret->offline)
		answer(&ret->docker, &now);
	settings_put(&ret->docker.now, "live-restore", now.live ? "true" : "false", SOURCE_API, "");
	return 0;
}

int scene_plan(enum scene scene, const struct root *root, const struct facts *facts,
	       struct plan *ret, struct error *err)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	int r;

	add_edits(scene, &edits);
	add_effects(scene, &effects);
	ret->borrows = scene == SCENE_BORROW;
	r = compose_changes(ret, root, &edits, err);
	return r < 0 ? r : compose_stages(ret, facts, &effects, err);
}
