#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/capability.h"
#include "modules/container/container.h"

/* Who a container's processes are, and what they may do. */

#define SECCOMP_FILTER 2

/* Numbers and names that stand for root in every image: "0", "00", "root", each with a group. */
static bool is_root_user(const char *user)
{
	size_t n = user ? strcspn(user, ":") : 0;

	return n == 0 || strspn(user, "0") == n || equals_n(user, n, "root");
}

static bool is_mode(const char *mode, const char *name)
{
	return mode && strcmp(mode, name) == 0;
}

static enum verdict judge_user(const struct container_case *k)
{
	const struct container *c = k->c;

	if (container_lives(c)) {
		if (c->uid < 0)
			return VERDICT_NOT_MEASURED;
		if (c->uid > 0 && c->inside_uid == 0)
			strv_addf(k->details, "root in %s is user %ld outside", container_label(c),
				  c->uid);
		return c->uid > 0 ? VERDICT_PASS : VERDICT_FAIL;
	}
	if (!is_root_user(c->user))
		return VERDICT_PASS;
	if (daemon_security(k->docker, "userns") && !is_mode(c->userns_mode, "host"))
		return VERDICT_PASS;
	return c->user && *c->user ? container_fails(k, "user '%s'", c->user) : VERDICT_FAIL;
}

static const char *without_apparmor(const struct docker_facts *d)
{
	return d->container_host.apparmor ? NULL : "AppArmor is not switched on in this kernel";
}

static enum verdict judge_apparmor(const struct container_case *k)
{
	const struct container *c = k->c;
	const char *option = container_security(c, "apparmor");

	if (container_lives(c)) {
		if (!c->apparmor)
			return VERDICT_NOT_MEASURED;
		if (strstr(c->apparmor, "(enforce)"))
			return VERDICT_PASS;
		return strstr(c->apparmor, "(complain)")
			       ? container_fails(k, "profile %s only logs", c->apparmor)
			       : VERDICT_FAIL;
	}
	return c->privileged || is_mode(option, "unconfined") ||
			       is_mode(c->apparmor_profile, "unconfined")
		       ? VERDICT_FAIL
		       : VERDICT_PASS;
}

static const char *without_selinux(const struct docker_facts *d)
{
	return d->container_host.selinux ? NULL : "SELinux is off, or has no policy";
}

/* "user:role:type:sensitivity:categories" */
static bool is_confined_label(const char *label, struct strv *why)
{
	static const char *const domains[] = {"container_t", "container_*_t", "svirt_lxc_net_t"};
	CLEANUP(strv_clear) struct strv parts = {0};
	bool known = false;

	strv_split(&parts, label, ":");
	if (parts.count < 3)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(domains); i++)
		known |= fnmatch(domains[i], parts.items[2], 0) == 0;
	if (!known)
		strv_addf(why, "domain %s", parts.items[2]);
	else if (parts.count < 5)
		strv_add(why, "no categories of its own");
	return known && parts.count >= 5;
}

static enum verdict judge_selinux(const struct container_case *k)
{
	const struct container *c = k->c;
	const char *label = container_lives(c) ? c->label : c->process_label;

	if (container_lives(c) && !label)
		return VERDICT_NOT_MEASURED;
	if (!label || !*label)
		return container_fails(k, "no label");
	if (!is_confined_label(label, k->details))
		return VERDICT_FAIL;
	return is_mode(k->docker->container_host.selinux, "permissive")
		       ? container_fails(k, "SELinux only logs")
		       : VERDICT_PASS;
}

static uint64_t kernel_caps(const struct docker_facts *d)
{
	return d->container_host.caps > 0 ? (uint64_t)d->container_host.caps : UINT64_MAX >> 23;
}

/* What it has or, while it does not run, would have: the default, with what is added and dropped. */
static bool caps_of(const struct container_case *k, uint64_t *ret)
{
	const struct container *c = k->c;
	uint64_t all = kernel_caps(k->docker);

	if (container_lives(c)) {
		*ret = (uint64_t)c->caps;
		return c->caps >= 0;
	}
	*ret = c->privileged ? all
			     : ((CAPABILITIES_DOCKER &
				 ~capabilities_from_names(&c->cap_drop, UINT64_MAX)) |
				capabilities_from_names(&c->cap_add, all));
	return true;
}

static bool has_all(const struct container_case *k, uint64_t caps)
{
	return (kernel_caps(k->docker) & CAPABILITIES_CLASSIC & ~caps) == 0;
}

static enum verdict judge_capabilities(const struct container_case *k)
{
	uint64_t caps, more;

	if (!caps_of(k, &caps))
		return VERDICT_NOT_MEASURED;
	more = caps & ~capabilities_from_names(&k->want->values, 0);
	if (more && has_all(k, caps))
		return container_fails(k, "all");
	capabilities_to_names(more, k->details);
	return more ? VERDICT_FAIL : VERDICT_PASS;
}

static int check_capabilities(const struct strv *values, struct error *err)
{
	for (size_t i = 0; i < values->count; i++)
		if (capability_from_name(values->items[i]) < 0)
			return error_set(err, -EINVAL, "there is no capability '%s'",
					 values->items[i]);
	return 0;
}

/* The kernel's word where there is a process, else the option, else what the daemon gives. */
static int seccomp_of(const struct container_case *k)
{
	const char *option = container_security(k->c, "seccomp");
	const char *daemon = daemon_security(k->docker, "seccomp");

	if (container_lives(k->c))
		return k->c->seccomp;
	if (k->c->privileged || is_mode(option, "unconfined"))
		return 0;
	return option || (daemon && !strstr(daemon, "profile=unconfined")) ? SECCOMP_FILTER : 0;
}

/* Nobody said --privileged, and it is none the less. */
static bool is_as_good_as_privileged(const struct container_case *k)
{
	uint64_t caps;

	return caps_of(k, &caps) && has_all(k, caps) && seccomp_of(k) == 0;
}

static enum verdict judge_privileged(const struct container_case *k)
{
	if (k->c->privileged)
		return VERDICT_FAIL;
	if (is_as_good_as_privileged(k))
		return container_fails(k, "all capabilities and no seccomp filter%s",
				       k->c->sys_writable > 0 ? ", and /sys can be written" : "");
	return container_lives(k->c) && k->c->caps < 0 ? VERDICT_NOT_MEASURED : VERDICT_PASS;
}

static enum verdict judge_seccomp(const struct container_case *k)
{
	int mode = seccomp_of(k);

	if (mode < 0)
		return VERDICT_NOT_MEASURED;
	if (is_mode(container_security(k->c, "seccomp"), "allows-all"))
		return container_fails(k, "its profile lets every call pass");
	container_fails_each(k, &k->c->unfiltered, "");
	return mode == 0 || k->c->unfiltered.count ? VERDICT_FAIL : VERDICT_PASS;
}

static enum verdict judge_no_new_privileges(const struct container_case *k)
{
	const char *option = container_security(k->c, "no-new-privileges");
	const struct setting *s = settings_find(&k->docker->now, "no-new-privileges");

	if (container_lives(k->c))
		return k->c->no_new_privileges < 0    ? VERDICT_NOT_MEASURED
		       : k->c->no_new_privileges == 0 ? VERDICT_FAIL
						      : VERDICT_PASS;
	if (option)
		return is_mode(option, "false") ? VERDICT_FAIL : VERDICT_PASS;
	if (s && is_mode(s->value, "true")) {
		/* the daemon's default counts from the creation on, and nobody tells it afterwards */
		strv_add(k->details, "it may be older than the daemon's default");
		return VERDICT_NOT_MEASURED;
	}
	return VERDICT_FAIL;
}

/* Sessions of `docker exec`, and what their like left behind. */
static enum verdict judge_exec_privileged(const struct container_case *k)
{
	size_t sessions = 0;

	if (!container_lives(k->c))
		return VERDICT_NOT_APPLICABLE;
	if (k->c->caps < 0)
		return VERDICT_NOT_MEASURED;
	for (size_t i = 0; i < k->c->nexecs; i++)
		sessions += k->c->execs[i].privileged;
	if (k->c->privileged)
		return VERDICT_PASS; /* a session has no more than the container itself */
	if (sessions)
		container_fails(k, "%zu session%s", sessions, sessions == 1 ? "" : "s");
	container_fails_each(k, &k->c->more_capable, "process ");
	return sessions || k->c->more_capable.count ? VERDICT_FAIL : VERDICT_PASS;
}

static enum verdict judge_exec_root(const struct container_case *k)
{
	size_t sessions = 0;

	if (!container_lives(k->c))
		return VERDICT_NOT_APPLICABLE;
	if (k->c->uid < 0)
		return VERDICT_NOT_MEASURED;
	if (k->c->uid == 0 || k->c->inside_uid == 0)
		return VERDICT_PASS; /* its own user is root: see the aspect user */
	for (size_t i = 0; i < k->c->nexecs; i++)
		sessions += *k->c->execs[i].user && is_root_user(k->c->execs[i].user);
	if (sessions)
		container_fails(k, "%zu session%s", sessions, sessions == 1 ? "" : "s");
	container_fails_each(k, &k->c->as_root, "process ");
	return sessions || k->c->as_root.count ? VERDICT_FAIL : VERDICT_PASS;
}

const struct container_aspect container_identity_aspects[] = {
	{
		.name = "user",
		.finding = "runs as root",
		.fix = "docker run --user UID:GID; compose: user: \"UID:GID\"; best in the image: "
		       "USER",
		.judge = judge_user,
	},
	{
		.name = "apparmor",
		.finding = "without an AppArmor profile that is enforced",
		.fix = "docker run without --security-opt apparmor=unconfined; compose: no such "
		       "security_opt",
		.judge = judge_apparmor,
		.absent = without_apparmor,
	},
	{
		.name = "selinux",
		.finding = "not confined by SELinux",
		.fix = "docker run without --security-opt label=disable or label=type:...; "
		       "compose: "
		       "no such security_opt",
		.judge = judge_selinux,
		.absent = without_selinux,
	},
	{
		.name = "capabilities",
		.finding = "more capabilities than allowed",
		.fix = "docker run --cap-drop ALL --cap-add NAME; compose: cap_drop: [ALL], "
		       "cap_add: [NAME]",
		.judge = judge_capabilities,
		.check_values = check_capabilities,
	},
	{
		.name = "privileged",
		.finding = "privileged",
		.fix = "docker run without --privileged, with --cap-add and --device for what it "
		       "needs; compose: no privileged: true",
		.judge = judge_privileged,
	},
	{
		.name = "seccomp",
		.finding = "processes without a seccomp filter",
		.fix = "docker run without --privileged and --security-opt seccomp=unconfined; "
		       "compose: no such security_opt",
		.judge = judge_seccomp,
	},
	{
		.name = "no-new-privileges",
		.finding = "can gain privileges",
		.fix = "docker run --security-opt no-new-privileges; compose: security_opt: "
		       "[no-new-privileges:true]",
		.judge = judge_no_new_privileges,
	},
	{
		.name = "exec-privileged",
		.finding = "privileged exec sessions",
		.fix = "docker exec without --privileged; end the session",
		.judge = judge_exec_privileged,
	},
	{
		.name = "exec-root",
		.finding = "exec sessions as root in a container of another user",
		.fix = "docker exec without --user root; end the session",
		.judge = judge_exec_root,
	},
	{0},
};
