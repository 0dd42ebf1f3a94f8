#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/certificate.h"
#include "engine/format/daemon-place.h"
#include "engine/host/ask/bus.h"
#include "engine/next/next.h"
#include "engine/next/parts.h"
#include "tests/unit/fake-view.h"

/*
 * A healthy host of which nothing is said, and what makes it one that would not come back: each row changes
 * files or settings, and exactly the id that it names has to speak of it.
 */

#define JSON "/etc/docker/daemon.json"
#define UNITS "/usr/lib/systemd/system/"
#define SITE "/etc/systemd/system/"
#define LINK "->"
#define ROOT_MOUNT "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
#define DATA_MOUNT "2 1 8:2 / /srv/d rw - ext4 /dev/sdb1 rw\n"
#define BOTH_MOUNTS                                                                                \
	"3 1 8:3 / /srv rw - ext4 /dev/sdc1 rw\n2 3 8:2 / /srv/d rw - ext4 /dev/sdb1 rw\n"
#define ZFS_MOUNT "2 1 0:50 / /srv/d rw - zfs pool/d rw\n"
#define TODAY (20000 * INT64_C(86400)) /* 2024-10-04 */

struct bus;

static bool mounted_first; /* before systemd began */

int __wrap_bus_open(struct bus **ret, struct error *err);
void __wrap_bus_free(struct bus *b);
int __wrap_bus_mount_was_there(struct bus *b, const char *unit, bool *ret, struct error *err);
int __wrap_certificate_read(const void *pem, size_t n, struct certificate *ret, struct error *err);

int __wrap_bus_open(struct bus **ret, struct error *err)
{
	*ret = NULL;
	return 0;
}

void __wrap_bus_free(struct bus *b)
{
}

int __wrap_bus_mount_was_there(struct bus *b, const char *unit, bool *ret, struct error *err)
{
	assert_string_equal(unit, "srv-d.mount");
	*ret = mounted_first;
	return 0;
}

/* "-5": it ended so many days ago. */
int __wrap_certificate_read(const void *pem, size_t n, struct certificate *ret, struct error *err)
{
	int days;

	if (sscanf(pem, "%d", &days) != 1)
		return error_set(err, -EINVAL, "there is no certificate in it");
	ret->not_after = TODAY + days * INT64_C(86400);
	return 0;
}

struct file {
	const char *path, *text; /* text NULL: it goes; "->TARGET": a link */
};

static const struct file healthy[] = {
	{UNITS "default.target", "[Unit]\nRequires=multi-user.target\n"},
	{UNITS "multi-user.target", "[Unit]\n"},
	{UNITS "sockets.target", "[Unit]\n"},
	{UNITS "docker.service", "[Unit]\nRequires=docker.socket\nWants=containerd.service\n"},
	{UNITS "containerd.service", "[Service]\n"},
	{UNITS "docker.socket", "[Socket]\nListenStream=/run/docker.sock\nSocketGroup=docker\n"},
	{SITE "multi-user.target.wants/docker.service", LINK UNITS "docker.service"},
	{SITE "sockets.target.wants/docker.socket", LINK UNITS "docker.socket"},
	{"/etc/group", "root:x:0:\ndocker:x:999:\n"},
	{"/etc/passwd", "root:x:0:0::/:/bin/sh\n"},
	{"/etc/fstab", "# nothing\n"},
	{"/proc/modules",
	 "overlay 1 0 - Live 0x0\nbridge 1 0 - Live 0x0\nbr_netfilter 1 0 - Live 0x0\n"},
	{"/proc/cmdline", "quiet module_blacklist=floppy\n"},
	{"/proc/net/unix", "0: 00000002 00000000 00010000 0001 01 7 /run/p.sock\n"},
	{"/etc/modprobe.d/a.conf", "blacklist overlay\ninstall cramfs /bin/false\n"},
};

static void make_parents(struct fake_view *f, const char *path)
{
	CLEANUP(freep) char *at = xstrdup(path);

	while (path_up(at) && *at && strcmp(at, "/") != 0)
		if (!fake_find(f, at))
			fake_dir(f, at, 0755);
}

static void put(struct fake_view *f, const struct file *file)
{
	const char *target = skip_prefix(file->text, LINK);

	make_parents(f, file->path);
	if (target)
		fake_link(f, file->path, target);
	else if (file->text)
		fake_file(f, file->path, 0644, file->text);
	else
		fake_node(f, file->path, NODE_ABSENT, 0);
}

static bool is_changed(const struct file *changes, const char *path)
{
	for (size_t i = 0; changes[i].path; i++)
		if (strcmp(changes[i].path, path) == 0)
			return true;
	return false;
}

struct row {
	const char *name;
	struct file files[4];
	const char *keys[6]; /* key, value, ... of the next start */
	const char *id; /* NULL: nothing is said */
	enum foresight_state state;
	const char *file, *words;
	size_t line;
	const char *mounts; /* beside the root; may be NULL */
};

#define FAIL FORESIGHT_FAIL
#define UNKNOWN FORESIGHT_NOT_MEASURED

static const struct row rows[] = {
	{"healthy", {{0}}, {0}, NULL},
	{"masked",
	 {{SITE "docker.service", LINK "/dev/null"}},
	 {0},
	 NEXT_UNIT,
	 FAIL,
	 SITE "docker.service",
	 "is masked"},
	{"an empty file masks",
	 {{SITE "docker.service", ""}},
	 {0},
	 NEXT_UNIT,
	 FAIL,
	 SITE "docker.service",
	 "is masked"},
	{"no unit",
	 {{UNITS "docker.service", NULL}, {SITE "multi-user.target.wants/docker.service", NULL}},
	 {0},
	 NEXT_UNIT,
	 FAIL,
	 NULL,
	 "there is no docker.service"},
	{"the socket is masked",
	 {{SITE "docker.socket", LINK "/dev/null"}},
	 {0},
	 NEXT_UNIT,
	 FAIL,
	 SITE "docker.socket",
	 "which docker.service requires"},
	{"disabled",
	 {{SITE "multi-user.target.wants/docker.service", NULL}},
	 {0},
	 NEXT_UNIT,
	 FAIL,
	 NULL,
	 "only when somebody connects"},
	{"both disabled",
	 {{SITE "multi-user.target.wants/docker.service", NULL},
	  {SITE "sockets.target.wants/docker.socket", NULL}},
	 {0},
	 NEXT_UNIT,
	 FAIL,
	 NULL,
	 "no boot starts it"},
	{"wanted by another unit that the boot starts",
	 {{SITE "multi-user.target.wants/docker.service", NULL},
	  {SITE "multi-user.target.wants/app.service", LINK UNITS "app.service"},
	  {UNITS "app.service", "[Unit]\nRequires=docker.service\n"}},
	 {0},
	 NULL},
	{"wanted by a unit that is masked",
	 {{SITE "multi-user.target.wants/docker.service", NULL},
	  {SITE "multi-user.target.wants/app.service", LINK UNITS "app.service"},
	  {SITE "app.service.d/a.conf", "[Unit]\nRequires=docker.service\n"},
	  {SITE "app.service", LINK "/dev/null"}},
	 {0},
	 NEXT_UNIT,
	 FAIL,
	 NULL,
	 "is not enabled"},
	{"requires a unit that is gone",
	 {{SITE "docker.service.d/a.conf", "[Unit]\n\nRequires=gone.service\n"}},
	 {0},
	 NEXT_UNIT,
	 FAIL,
	 SITE "docker.service.d/a.conf",
	 "requires gone.service",
	 3},
	{"no default target",
	 {{UNITS "default.target", NULL}},
	 {0},
	 NEXT_UNIT,
	 UNKNOWN,
	 NULL,
	 "default.target"},
	{"containerd is masked, and used",
	 {{SITE "containerd.service", LINK "/dev/null"}},
	 {"containerd", "\"/run/containerd/containerd.sock\""},
	 NEXT_UNIT,
	 FAIL,
	 SITE "containerd.service",
	 "whose socket dockerd"},
	{"containerd is used, and started",
	 {{0}},
	 {"containerd", "\"/run/containerd/containerd.sock\""},
	 NULL},
	{"no such group",
	 {{"/etc/group", "root:x:0:\n"}},
	 {0},
	 NEXT_SOCKET,
	 FAIL,
	 UNITS "docker.socket",
	 "SocketGroup=docker",
	 3},
	{"a group by its number",
	 {{UNITS "docker.socket", "[Socket]\nSocketGroup=77\n"}},
	 {0},
	 NULL},
	{"a drop-in's group",
	 {{SITE "docker.socket.d/z.conf", "[Socket]\nSocketGroup=gone\n"}},
	 {0},
	 NEXT_SOCKET,
	 FAIL,
	 SITE "docker.socket.d/z.conf",
	 "gone",
	 2},
	{"a group of sysusers.d",
	 {{"/etc/group", "root:x:0:\n"}, {"/usr/lib/sysusers.d/d.conf", "# x\ng  docker - -\n"}},
	 {0},
	 NULL},
	{"a group of a directory",
	 {{"/etc/group", "root:x:0:\n"},
	  {"/etc/nsswitch.conf", "passwd: files\ngroup: files sss\n"}},
	 {0},
	 NEXT_SOCKET,
	 UNKNOWN,
	 UNITS "docker.socket",
	 "another directory"},
	{"no such user",
	 {{UNITS "docker.socket", "[Socket]\nSocketUser=bob\n"}},
	 {0},
	 NEXT_SOCKET,
	 FAIL,
	 UNITS "docker.socket",
	 "SocketUser=bob",
	 2},
	{"certificates in /run",
	 {{"/run/c", "90"}, {JSON, "{\n\"tls\": true,\n\"tlscert\": \"/run/c\"}"}},
	 {"tlscert", "\"/run/c\""},
	 NEXT_CONFIG,
	 UNKNOWN,
	 JSON,
	 "gone with the boot",
	 3},
	{"another driver",
	 {{JSON, "{\"storage-driver\":\n\"vfs\"}"}},
	 {"storage-driver", "\"vfs\""},
	 NEXT_SIGHT,
	 FAIL,
	 JSON,
	 "'overlay2', and the next start takes 'vfs'",
	 1},
	{"the same driver", {{0}}, {"storage-driver", "\"overlay2\""}, NULL},
	{"another data root",
	 {{JSON, "{\n\n\"data-root\": \"/srv/e\"}"}},
	 {"data-root", "\"/srv/e\""},
	 NEXT_SIGHT,
	 FAIL,
	 JSON,
	 "out of sight: data-root",
	 3},
	{"remapped",
	 {{"/etc/subuid", "dockremap:1:2\n"},
	  {"/etc/subgid", "dockremap:1:2\n"},
	  {"/etc/passwd", "dockremap:x:5:5:::\n"}},
	 {"userns-remap", "\"default\""},
	 NEXT_SIGHT,
	 FAIL,
	 NULL,
	 "userns-remap"},
	{"mounted by hand",
	 {{0}},
	 {"data-root", "\"/srv/d\""},
	 NEXT_MOUNT,
	 FAIL,
	 "/etc/fstab",
	 "'/srv/d' is mounted now",
	 0,
	 DATA_MOUNT},
	{"mounted by fstab",
	 {{"/etc/fstab", "LABEL=d /srv/d ext4 defaults 0 2\n"}},
	 {"data-root", "\"/srv/d\""},
	 NULL,
	 0,
	 NULL,
	 NULL,
	 0,
	 DATA_MOUNT},
	{"in a comment of fstab",
	 {{"/etc/fstab", "# LABEL=d /srv/d ext4 defaults 0 2\n"}},
	 {"data-root", "\"/srv/d\""},
	 NEXT_MOUNT,
	 FAIL,
	 "/etc/fstab",
	 "is mounted now",
	 0,
	 DATA_MOUNT},
	{"noauto",
	 {{"/etc/fstab", "# x\nLABEL=d /srv/d ext4 noauto,rw 0 2\n"}},
	 {"data-root", "\"/srv/d\""},
	 NEXT_MOUNT,
	 FAIL,
	 "/etc/fstab",
	 "noauto",
	 2,
	 DATA_MOUNT},
	{"noauto, and mounted when it is used",
	 {{"/etc/fstab", "LABEL=d /srv/d ext4 noauto,x-systemd.automount\n"}},
	 {"data-root", "\"/srv/d\""},
	 NULL,
	 0,
	 NULL,
	 NULL,
	 0,
	 DATA_MOUNT},
	{"mounted by a unit",
	 {{SITE "srv-d.mount", "[Mount]\nWhere=/srv/d\n"},
	  {SITE "multi-user.target.wants/srv-d.mount", LINK SITE "srv-d.mount"}},
	 {"data-root", "\"/srv/d\""},
	 NULL,
	 0,
	 NULL,
	 NULL,
	 0,
	 DATA_MOUNT},
	{"a mount unit that was started by hand",
	 {{SITE "srv-d.mount", "[Mount]\nWhere=/srv/d\n"}},
	 {"data-root", "\"/srv/d\""},
	 NEXT_MOUNT,
	 FAIL,
	 SITE "srv-d.mount",
	 "which no boot starts: what",
	 0,
	 DATA_MOUNT},
	{"... that can be enabled",
	 {{SITE "srv-d.mount", "[Mount]\nWhere=/srv/d\n[Install]\nWantedBy=x.target\n"}},
	 {"data-root", "\"/srv/d\""},
	 NEXT_MOUNT,
	 FAIL,
	 SITE "srv-d.mount",
	 "systemctl enable srv-d.mount",
	 0,
	 DATA_MOUNT},
	{"... and is wanted by what no boot starts",
	 {{SITE "srv-d.mount", "[Mount]\nWhere=/srv/d\n"},
	  {SITE "x.target.wants/srv-d.mount", LINK SITE "srv-d.mount"}},
	 {"data-root", "\"/srv/d\""},
	 NEXT_MOUNT,
	 FAIL,
	 SITE "srv-d.mount",
	 "which no boot starts",
	 0,
	 DATA_MOUNT},
	{"mounted by a unit when it is used",
	 {{SITE "srv-d.mount", "[Mount]\nWhere=/srv/d\n"},
	  {SITE "srv-d.automount", "[Automount]\nWhere=/srv/d\n"},
	  {SITE "multi-user.target.wants/srv-d.automount", LINK SITE "srv-d.automount"}},
	 {"data-root", "\"/srv/d\""},
	 NULL,
	 0,
	 NULL,
	 NULL,
	 0,
	 DATA_MOUNT},
	{"a mount unit that docker.service asks for",
	 {{SITE "srv-d.mount", "[Mount]\nWhere=/srv/d\n"},
	  {SITE "docker.service.d/m.conf", "[Unit]\nRequiresMountsFor=/x /srv/d/docker\n"}},
	 {"data-root", "\"/srv/d\""},
	 NULL,
	 0,
	 NULL,
	 NULL,
	 0,
	 DATA_MOUNT},
	{"... or wants",
	 {{SITE "srv-d.mount", "[Mount]\nWhere=/srv/d\n"},
	  {SITE "docker.service.d/m.conf", "[Unit]\nWantsMountsFor=/x /srv/d/docker\n"}},
	 {"data-root", "\"/srv/d\""},
	 NULL,
	 0,
	 NULL,
	 NULL,
	 0,
	 DATA_MOUNT},
	{"a mount unit that is asked for by what no boot starts",
	 {{SITE "srv-d.mount", "[Mount]\nWhere=/srv/d\n"},
	  {SITE "x.service", "[Unit]\nRequiresMountsFor=/srv/d\n"}},
	 {"data-root", "\"/srv/d\""},
	 NEXT_MOUNT,
	 FAIL,
	 SITE "srv-d.mount",
	 "which no boot starts",
	 0,
	 DATA_MOUNT},
	{"noauto, and docker.service asks for it",
	 {{"/etc/fstab", "LABEL=d /srv/d ext4 noauto\n"},
	  {SITE "docker.service.d/m.conf", "[Unit]\nRequiresMountsFor=/x /srv/d/docker\n"}},
	 {"data-root", "\"/srv/d\""},
	 NULL,
	 0,
	 NULL,
	 NULL,
	 0,
	 DATA_MOUNT},
	{"what it lies in comes with it",
	 {{SITE "srv-d.mount", "[Mount]\nWhere=/srv/d\n"},
	  {SITE "multi-user.target.wants/srv-d.mount", LINK SITE "srv-d.mount"},
	  {SITE "srv.mount", "[Mount]\nWhere=/srv\n"}},
	 {"data-root", "\"/srv/d\""},
	 NULL,
	 0,
	 NULL,
	 NULL,
	 0,
	 BOTH_MOUNTS},
	{"... and does not come without it",
	 {{SITE "srv-d.mount", "[Mount]\nWhere=/srv/d\n"},
	  {SITE "srv.mount", "[Mount]\nWhere=/srv\n"},
	  {SITE "multi-user.target.wants/srv.mount", LINK SITE "srv.mount"}},
	 {"data-root", "\"/srv/d\""},
	 NEXT_MOUNT,
	 FAIL,
	 SITE "srv-d.mount",
	 "which no boot starts",
	 0,
	 BOTH_MOUNTS},
	{"what the last boot made of fstab",
	 {{"/run/systemd/generator/srv-d.mount", "[Unit]\nSourcePath=/etc/fstab\n"}},
	 {"data-root", "\"/srv/d\""},
	 NEXT_MOUNT,
	 FAIL,
	 "/etc/fstab",
	 "is mounted now",
	 0,
	 DATA_MOUNT},
	{"a masked mount unit",
	 {{SITE "srv-d.mount", LINK "/dev/null"}},
	 {"data-root", "\"/srv/d\""},
	 NEXT_MOUNT,
	 FAIL,
	 "/etc/fstab",
	 "is mounted now",
	 0,
	 DATA_MOUNT},
	{"zfs mounts itself",
	 {{0}},
	 {"data-root", "\"/srv/d\""},
	 NEXT_MOUNT,
	 UNKNOWN,
	 NULL,
	 "zfs",
	 0,
	 ZFS_MOUNT},
	{"zfs mounts itself, whatever units there are",
	 {{SITE "srv-d.mount", "[Mount]\nWhere=/srv/d\n"}},
	 {"data-root", "\"/srv/d\""},
	 NEXT_MOUNT,
	 UNKNOWN,
	 NULL,
	 "zfs",
	 0,
	 ZFS_MOUNT},
	{"a socket takes the port of metrics",
	 {{SITE "sockets.target.wants/x.socket", LINK UNITS "x.socket"},
	  {UNITS "x.socket", "[Socket]\nListenStream=[::]:9323\n"}},
	 {"metrics-addr", "\"127.0.0.1:9323\""},
	 NEXT_PORTS,
	 FAIL,
	 UNITS "x.socket",
	 "x.socket is started by the boot",
	 2},
	{"a socket that no boot opens",
	 {{UNITS "x.socket", "[Socket]\nListenStream=9323\n"}},
	 {"metrics-addr", "\"127.0.0.1:9323\""},
	 NULL},
	{"another address",
	 {{SITE "sockets.target.wants/x.socket", LINK UNITS "x.socket"},
	  {UNITS "x.socket", "[Socket]\nListenStream=10.0.0.7:9323\n"}},
	 {"metrics-addr", "\"127.0.0.1:9323\""},
	 NULL},
	{"docker.socket has the API's port, too",
	 {{UNITS "docker.socket", "[Socket]\nListenStream=/run/docker.sock\nListenStream=2376\n"}},
	 {"hosts", "[\"tcp://127.0.0.1:2376\"]"},
	 NEXT_PORTS,
	 FAIL,
	 UNITS "docker.socket",
	 "docker.socket is started",
	 3},
	{"somebody listens there",
	 {{0}},
	 {"metrics-addr", "\"127.0.0.1:80\""},
	 NEXT_PORTS,
	 FAIL,
	 NULL,
	 "would not start"},
	{"overlay",
	 {{"/etc/modprobe.d/z.conf", "# CIS\ninstall overlay /bin/false\n"}},
	 {0},
	 NEXT_KERNEL,
	 FAIL,
	 "/etc/modprobe.d/z.conf",
	 "'overlay' is loaded now",
	 2},
	{"overlay, built in",
	 {{"/etc/modprobe.d/z.conf", "install overlay /bin/false\n"},
	  {"/lib/modules/6.1/modules.builtin", "kernel/fs/overlayfs/overlay.ko\n"}},
	 {0},
	 NULL},
	{"overlay, of which this kernel knows nothing",
	 {{"/etc/modprobe.d/z.conf", "install overlay /bin/false\n"}, {"/proc/modules", NULL}},
	 {0},
	 NEXT_KERNEL,
	 UNKNOWN,
	 "/etc/modprobe.d/z.conf",
	 "loads no modules at all",
	 1},
	{"overlay, loaded by the command",
	 {{"/etc/modprobe.d/z.conf", "install overlay /sbin/modprobe --ignore-install overlay\n"}},
	 {0},
	 NULL},
	{"another whose name begins so",
	 {{"/etc/modprobe.d/z.conf", "install overlayfs2 /bin/false\n"}},
	 {0},
	 NULL},
	{"a file that hides another",
	 {{"/usr/lib/modprobe.d/a.conf", "install overlay /bin/false\n"}},
	 {0},
	 NULL},
	{"a file that is none of it",
	 {{"/etc/modprobe.d/z.bak", "install overlay /bin/false\n"}},
	 {0},
	 NULL},
	{"overlay, and another driver",
	 {{"/etc/modprobe.d/z.conf", "install overlay /bin/false\n"}},
	 {"storage-driver", "\"overlay2\""},
	 NEXT_KERNEL,
	 FAIL,
	 "/etc/modprobe.d/z.conf",
	 "overlay",
	 1},
	{"br_netfilter by its other name",
	 {{"/etc/modprobe.d/z.conf", "\n\tinstall\tbr-netfilter  /bin/true\n"}},
	 {0},
	 NEXT_KERNEL,
	 FAIL,
	 "/etc/modprobe.d/z.conf",
	 "passes no rule",
	 2},
	{"br_netfilter, and no rules",
	 {{"/etc/modprobe.d/z.conf", "install br_netfilter /bin/true\n"}},
	 {"iptables", "false"},
	 NULL},
	{"br_netfilter, needed to start",
	 {{"/etc/modprobe.d/z.conf", "install br_netfilter /bin/true\n"},
	  {"/proc/modules", "overlay 1\nbridge 1\n"}},
	 {"icc", "false"},
	 NEXT_KERNEL,
	 FAIL,
	 "/etc/modprobe.d/z.conf",
	 "icc=false",
	 1},
	{"the kernel refuses it",
	 {{"/proc/cmdline", "ro module_blacklist=floppy,bridge\n"}},
	 {0},
	 NEXT_KERNEL,
	 FAIL,
	 "/proc/cmdline",
	 "'bridge'"},
	{"no more modules",
	 {{"/etc/sysctl.d/z.conf", "# x\nkernel.modules_disabled = 1\n"}},
	 {0},
	 NEXT_KERNEL,
	 FAIL,
	 "/etc/sysctl.d/z.conf",
	 "kernel.modules_disabled",
	 2},
	{"a certificate that ends soon is good",
	 {{"/etc/c.pem", "1"}, {"/etc/k.pem", "key"}},
	 {"tls", "true", "tlscert", "\"/etc/c.pem\"", "tlskey", "\"/etc/k.pem\""},
	 NULL},
	{"a certificate that has ended",
	 {{"/etc/c.pem", "-2"}},
	 {"tls", "true", "tlscert", "\"/etc/c.pem\""},
	 NEXT_TLS,
	 FAIL,
	 "/etc/c.pem",
	 "out of date since 2024-10-02"},
	{"a certificate that nothing reads",
	 {{"/etc/c.pem", "-2"}},
	 {"tlscert", "\"/etc/c.pem\""},
	 NULL},
	{"no certificate",
	 {{0}},
	 {"tlsverify", "true", "tlscacert", "\"/etc/c.pem\""},
	 NEXT_TLS,
	 FAIL,
	 "/etc/c.pem",
	 "is not there"},
	{"no certificate in it",
	 {{"/etc/c.pem", "x"}},
	 {"tlsverify", "true", "tlscacert", "\"/etc/c.pem\""},
	 NEXT_TLS,
	 FAIL,
	 "/etc/c.pem",
	 "no certificate"},
	{"no plugin",
	 {{JSON, "{\n\"authorization-plugins\": [\"p\"]}"}},
	 {"authorization-plugins", "[\"p\"]"},
	 NEXT_PLUGINS,
	 FAIL,
	 JSON,
	 "no socket of it",
	 2},
	{"a plugin that listens",
	 {{"/etc/docker/plugins/p.spec", "unix:///run/p.sock\n"}},
	 {"authorization-plugins", "[\"p\"]"},
	 NULL},
	{"a plugin that does not",
	 {{"/etc/docker/plugins/p.json", "{\"Addr\": \"unix:///run/q.sock\"}"}},
	 {"authorization-plugins", "[\"p\"]"},
	 NEXT_PLUGINS,
	 FAIL,
	 NULL,
	 "nobody listens at '/run/q.sock'"},
	{"a plugin over TCP",
	 {{"/etc/docker/plugins/p.spec", "tcp://10.0.0.1:7\n"}},
	 {"authorization-plugins", "[\"p\"]"},
	 NEXT_PLUGINS,
	 UNKNOWN,
	 NULL,
	 "whether it answers"},
	{"a plugin that dockerd keeps", {{0}}, {"authorization-plugins", "[\"kept\"]"}, NULL},
	{"a log driver that is none",
	 {{0}},
	 {"log-driver", "\"gone\""},
	 NEXT_LOGS,
	 FAIL,
	 NULL,
	 "no container whose logs go there"},
	{"a log driver that dockerd keeps", {{0}}, {"log-driver", "\"kept:latest\""}, NULL},
	{"an option of another driver",
	 {{0}},
	 {"log-driver", "\"journald\"", "log-opts", "{\"max-size\": \"1m\"}"},
	 NEXT_LOGS,
	 FAIL,
	 NULL,
	 "no option 'max-size'"},
};

static void make_host(struct fake_view *f, const struct row *row)
{
	struct docker_facts *d = &f->facts.docker;

	fake_view_init(f);
	for (size_t i = 0; i < ARRAY_SIZE(healthy); i++)
		if (!is_changed(row->files, healthy[i].path))
			put(f, &healthy[i]);
	for (size_t i = 0; i < ARRAY_SIZE(row->files) && row->files[i].path; i++)
		if (row->files[i].text)
			put(f, &row->files[i]);
	f->facts.today = TODAY;
	str_replace(&f->facts.kernel, "6.1");
	f->facts.mounts = xasprintf(ROOT_MOUNT "%s", row->mounts ? row->mounts : "");
	d->running = true;
	str_replace(&d->version, "26.1.5");
	str_replace(&d->config_file, JSON);
	str_replace(&d->driver, "overlay2");
	strv_add(&d->listening.ports, "127.0.0.1 80");
	strv_add(&d->listening.addresses, "127.0.0.1");
	strv_add(&d->enabled_plugins, "kept:latest");
	for (size_t i = 0; i + 1 < ARRAY_SIZE(row->keys) && row->keys[i]; i += 2)
		settings_put(&d->next, row->keys[i], row->keys[i + 1], SOURCE_FILE, JSON);
	if (row->mounts) /* it runs with it */
		settings_put(&d->now, "data-root", "\"/srv/d\"", SOURCE_FILE, JSON);
}

static void judge(const struct row *row, const struct foresights *all)
{
	bool found = false;

	for (size_t i = 0; i < all->count; i++) {
		const struct foresight *f = &all->items[i];

		if (f->state == FORESIGHT_PASS)
			continue;
		if (!row->id || strcmp(f->id, row->id) != 0)
			fail_msg("%s: %s says '%s'", row->name, f->id, f->text);
		if (f->state != row->state || strcmp_null(f->file, row->file) != 0 ||
		    (row->line && f->line != row->line) || !strstr(f->text, row->words))
			fail_msg("%s: %s, %s:%zu: '%s'", row->name,
				 foresight_state_to_string(f->state), f->file ? f->file : "-",
				 f->line, f->text);
		found = true;
	}
	if (row->id && !found)
		fail_msg("%s: nothing is said", row->name);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(foresights_clear) struct foresights all = {0};

		make_host(&f, &rows[i]);
		next_look(&f.view, false, &all);
		judge(&rows[i], &all);
	}
}

/* What was mounted before systemd began comes back as it came. */
static void test_mounted_first(void **state)
{
	static const struct row row = {
		"first", {{0}}, {"data-root", "\"/srv/d\""}, NULL, 0, NULL, NULL, 0, DATA_MOUNT};
	static const struct row unit = {"first, and there is a unit",
					{{SITE "srv-d.mount", "[Mount]\nWhere=/srv/d\n"}},
					{"data-root", "\"/srv/d\""},
					NULL,
					0,
					NULL,
					NULL,
					0,
					DATA_MOUNT};
	const struct row *const both[] = {&row, &unit};

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(foresights_clear) struct foresights all = {0};

		make_host(&f, both[i]);
		mounted_first = true;
		next_look(&f.view, false, &all);
		mounted_first = false;
		judge(both[i], &all);
	}
}

/* Where it is not known what a boot starts, nothing of a mount unit is. */
static void test_mount_of_unknown_boot(void **state)
{
	static const struct row row = {
		"no target",
		{{UNITS "default.target", NULL}, {SITE "srv-d.mount", "[Mount]\nWhere=/srv/d\n"}},
		{"data-root", "\"/srv/d\""},
		NULL,
		0,
		NULL,
		NULL,
		0,
		DATA_MOUNT};
	CLEANUP(fake_view_clear) struct fake_view f;
	CLEANUP(foresights_clear) struct foresights all = {0};
	size_t found = 0;

	make_host(&f, &row);
	next_look(&f.view, false, &all);
	for (size_t i = 0; i < all.count; i++)
		if (strcmp(all.items[i].id, NEXT_MOUNT) == 0) {
			assert_int_equal(all.items[i].state, UNKNOWN);
			assert_non_null(strstr(all.items[i].text, "srv-d.mount"));
			found++;
		}
	assert_int_equal(found, 1);
}

/* Each id that is looked at says so, or the summary would count what nobody has looked at. */
static void test_each_says_something(void **state)
{
	static const char *const ids[] = {NEXT_UNIT,    NEXT_SOCKET, NEXT_CONFIG, NEXT_SIGHT,
					  NEXT_MOUNT,   NEXT_PORTS,  NEXT_KERNEL, NEXT_TLS,
					  NEXT_PLUGINS, NEXT_LOGS};
	CLEANUP(fake_view_clear) struct fake_view f;
	CLEANUP(foresights_clear) struct foresights all = {0};

	make_host(&f, &rows[0]);
	next_look(&f.view, false, &all);
	assert_int_equal(all.count, ARRAY_SIZE(ids));
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		assert_string_equal(all.items[i].id, ids[i]);
}

/* Until when it is good is told where it passes, too. */
static void test_end_of_certificate(void **state)
{
	static const struct row row = {
		"good", {{"/etc/c.pem", "12"}}, {"tls", "true", "tlscert", "\"/etc/c.pem\""}, NULL};
	CLEANUP(fake_view_clear) struct fake_view f;
	CLEANUP(foresights_clear) struct foresights all = {0};
	size_t found = 0;

	make_host(&f, &row);
	next_look(&f.view, false, &all);
	for (size_t i = 0; i < all.count; i++)
		if (strcmp(all.items[i].id, NEXT_TLS) == 0) {
			assert_int_equal(all.items[i].state, FORESIGHT_PASS);
			assert_non_null(strstr(all.items[i].text, "until 2024-10-16"));
			found++;
		}
	assert_int_equal(found, 1);
}

/* Who installs Docker for the first time has no group of it yet, and no Docker at all with its client alone. */
static void test_first_packages(void **state)
{
	static const struct row group = {
		"no group yet",        {{"/etc/group", "root:x:0:\n"}}, {0}, NEXT_SOCKET, UNKNOWN,
		UNITS "docker.socket", "a script of the packages"};
	static const struct row none = {"no Docker",
					{{0}},
					{0},
					NEXT_UNIT,
					UNKNOWN,
					NULL,
					"nor would be with these packages"};
	const struct row *const both[] = {&group, &none};

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(foresights_clear) struct foresights all = {0};

		make_host(&f, both[i]);
		if (both[i] == &none)
			f.facts.docker.install = DOCKER_NONE;
		next_look(&f.view, true, &all);
		judge(both[i], &all);
	}
}

/* A dockerd that does not answer has its containers in sight, or not: nobody knows. */
static void test_not_asked(void **state)
{
	static const struct row row = {"mute", {{0}}, {0}, NEXT_SIGHT, UNKNOWN, NULL, "it is mute"};
	CLEANUP(fake_view_clear) struct fake_view f;
	CLEANUP(foresights_clear) struct foresights all = {0};

	make_host(&f, &row);
	str_replace(&f.facts.docker.not_measured, "it is mute");
	next_look(&f.view, false, &all);
	judge(&row, &all);
}

/* The state of a swarm lies in the data root, which no trial has. */
static void test_swarm(void **state)
{
	static const struct row on = {"live-restore",
				      {{JSON, "{\n\"live-restore\": true}"}},
				      {"live-restore", "true"},
				      NEXT_CONFIG,
				      FAIL,
				      JSON,
				      "node of a swarm",
				      2};
	static const struct row off = {"no live-restore", {{0}}, {"live-restore", "false"}, NULL};
	const struct row *const both[] = {&on, &off};

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(foresights_clear) struct foresights all = {0};

		make_host(&f, both[i]);
		str_replace(&f.facts.docker.swarm, "active");
		next_look(&f.view, false, &all);
		judge(both[i], &all);
	}
}

/* Of the config file and its flags as the facts have them. */
static void test_config(void **state)
{
	static const struct row twice = {
		"twice", {{JSON, "{\n\n\"icc\": true}"}},      {0}, NEXT_CONFIG, FAIL,
		JSON,    "--icc=false of /etc/default/docker", 3};
	static const struct row error = {"error",
					 {{JSON, "{\n\"icc\": true,\n\"cluster-store\": \"x\"}"}},
					 {0},
					 NEXT_CONFIG,
					 FAIL,
					 JSON,
					 "would refuse it",
					 3};
	static const struct row untrusted = {"untrusted", {{0}}, {0},           NEXT_CONFIG,
					     UNKNOWN,     JSON,  "is not known"};
	static const struct row unknown = {"unknown", {{0}}, {0},        NEXT_CONFIG,
					   UNKNOWN,   NULL,  "a wrapper"};
	static const struct row removed = {
		"removed flag",
		{{"/etc/default/docker", "X=1\nDOCKER_OPTS=--graph=/d\n"}},
		{0},
		NEXT_CONFIG,
		FAIL,
		"/etc/default/docker",
		"does not know the flag --graph=/d",
		2};
	const struct row *const all_rows[] = {&twice, &error, &untrusted, &unknown, &removed};

	for (size_t i = 0; i < ARRAY_SIZE(all_rows); i++) {
		const struct row *row = all_rows[i];
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(foresights_clear) struct foresights all = {0};
		struct docker_facts *d = &f.facts.docker;
		struct daemon_flag *flag;

		make_host(&f, row);
		if (row == &twice || row == &removed) {
			flag = facts_add_flag(&f.facts);
			flag->key = xstrdup(row == &twice ? "icc" : "graph");
			flag->text = xstrdup(row == &twice ? "--icc=false" : "--graph=/d");
			flag->file = xstrdup("/etc/default/docker");
		}
		if (row == &twice)
			strv_add(&d->conflicts, "icc");
		if (row == &error)
			str_replace(&d->file_error, "'cluster-store' is gone");
		if (row == &untrusted)
			str_replace(&d->file_error, "a link of another's");
		d->file_untrusted = row == &untrusted;
		if (row == &unknown)
			str_replace(&d->start_unknown, "a wrapper");
		next_look(&f.view, false, &all);
		judge(row, &all);
	}
}

/* One that no boot starts, and that does not run now, has nothing to come back to; another's is not known. */
static void test_not_ours(void **state)
{
	static const struct row off = {
		"off",      {{SITE "multi-user.target.wants/docker.service", NULL}},
		{0},        NEXT_SIGHT,
		UNKNOWN,    NULL,
		"none runs"};
	static const struct row snap = {"snap", {{0}}, {0}, NEXT_UNIT, UNKNOWN, NULL, "a snap"};
	CLEANUP(fake_view_clear) struct fake_view f, g;
	CLEANUP(foresights_clear) struct foresights all = {0}, other = {0};

	make_host(&f, &off);
	f.facts.docker.running = false;
	next_look(&f.view, false, &all);
	judge(&off, &all);
	assert_non_null(strstr(all.items[0].text, "no boot starts it"));
	make_host(&g, &snap);
	str_replace(&g.facts.docker.unsupported, "a snap");
	next_look(&g.view, false, &other);
	judge(&snap, &other);
	assert_int_equal(other.count, 1);
}

static void test_line_of_key(void **state)
{
	static const struct {
		const char *text, *key;
		size_t line;
	} lines[] = {
		{"{\"a\": 1}", "a", 1},
		{"{\n  \"b\": {\"a\": 1},\n  \"a\": 2\n}", "a", 3},
		{"{\n  \"b\": \"a\"\n}", "a", 0},
		{"{\n  \"a\": 1", "a", 0},
		{"", "a", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		buf_puts(&text, lines[i].text);
		assert_int_equal(daemon_line_of_key(&text, lines[i].key), lines[i].line);
	}
}

/* A reason says its line, by the key that it names, once: where the text has it. */
static void test_line_of_reason(void **state)
{
	static const char text_of[] = "{\n  \"icc\": true,\n  \"cluster-store\": \"x\"\n}";
	static const struct {
		const char *reason, *want;
	} lines[] = {
		{"'cluster-store' is refused", "line 3: 'cluster-store' is refused"},
		{"'icc' must be of type boolean", "line 2: 'icc' must be of type boolean"},
		{"'other' is refused", "'other' is refused"},
		{"line 7, column 2: ',' expected near 'icc'",
		 "line 7, column 2: ',' expected near 'icc'"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(freep) char *got = NULL;

		buf_puts(&text, text_of);
		got = daemon_reason_with_line(&text, lines[i].reason);
		assert_string_equal(got, lines[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_mounted_first),
		cmocka_unit_test(test_mount_of_unknown_boot),
		cmocka_unit_test(test_each_says_something),
		cmocka_unit_test(test_end_of_certificate),
		cmocka_unit_test(test_first_packages),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_swarm),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_line_of_key),
		cmocka_unit_test(test_line_of_reason),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
