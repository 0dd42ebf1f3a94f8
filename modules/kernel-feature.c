#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-info.h"
#include "modules/common/cgroup.h"
#include "modules/common/tally.h"
#include "modules/registry.h"

/* What containers need of the kernel: controllers for limits, filters, a security module. */

enum feature { FEATURE_CGROUPS, FEATURE_SECCOMP, FEATURE_MAC, FEATURE_COUNT };

static const char *const feature_names[FEATURE_COUNT] = {"cgroups", "seccomp", "mac"};

struct feature_desired {
	int feature;
	struct strv controllers;
};

static int feature_parse(const char *text)
{
	for (int i = 0; i < FEATURE_COUNT; i++)
		if (strcmp(feature_names[i], text) == 0)
			return i;
	return -EINVAL;
}

/* 1: the words of the file; 0: there is none; negative: it cannot be read. */
static int read_words(const struct view *v, const char *path, struct strv *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int r = view_content_if_any(v, path, &text, err);

	if (r <= 0)
		return r;
	strv_split(ret, buf_str(&text), " ,\t\n");
	return 1;
}

static int judge_cgroups(const struct feature_desired *want, const struct view *v,
			 struct delta *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv have = {0};
	CLEANUP(strv_clear) struct strv lacks = {0};
	CLEANUP(freep) char *list = NULL;
	int r = cgroup_controllers(v, &have, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < want->controllers.count; i++)
		if (!cgroup_has(&have, want->controllers.items[i]))
			strv_add(&lacks, want->controllers.items[i]);
	list = names_join(lacks.count ? &lacks : &want->controllers);
	if (lacks.count == 0) {
		delta_raise(ret, VERDICT_PASS, "the kernel limits by %s", list);
		return 0;
	}
	delta_raise(ret, VERDICT_FAIL,
		    "the kernel has no controller for %s: Docker drops such "
		    "limits without an error",
		    list);
	ret->fix = xasprintf("boot with the controllers switched on, such as "
			     "cgroup_enable=memory swapaccount=1");
	return 0;
}

static int judge_seccomp(const struct view *v, struct delta *ret, struct error *err)
{
	const struct docker_facts *d = &v->facts->docker;
	CLEANUP(strv_clear) struct strv actions = {0};
	int r = read_words(v, "/proc/sys/kernel/seccomp/actions_avail", &actions, err);

	if (r < 0)
		return r;
	if (r == 0)
		return error_set(err, -ENOENT, "the kernel does not tell its seccomp actions");
	if (!strv_contains(&actions, "errno")) {
		delta_raise(ret, VERDICT_FAIL,
			    "the kernel has no seccomp filters: containers "
			    "start without one");
		str_replace(&ret->fix, "run a kernel with CONFIG_SECCOMP_FILTER");
	} else if (d->running && !d->not_measured && !daemon_info_has_option(d, "seccomp")) {
		delta_raise(ret, VERDICT_FAIL, "dockerd does not report seccomp");
		str_replace(&ret->fix, "use a dockerd and a runc that are built with seccomp");
	} else {
		delta_raise(ret, VERDICT_PASS, "the kernel has seccomp filters");
	}
	return 0;
}

/* "docker-default (enforce)" among the loaded profiles; dockerd loads it when it starts. */
static int judge_apparmor(const struct view *v, struct delta *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int r = view_content(v, "/sys/kernel/security/apparmor/profiles", &text, err);

	if (r < 0)
		return r;
	if (strstr(buf_str(&text), "docker-default (enforce)")) {
		delta_raise(ret, VERDICT_PASS, "AppArmor enforces docker-default");
		return 0;
	}
	delta_raise(ret, VERDICT_FAIL, "AppArmor is on, and docker-default is not enforced");
	str_replace(&ret->fix, "install apparmor's parser and restart dockerd, which loads it");
	return 0;
}

static int judge_selinux(const struct view *v, struct delta *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv enforce = {0};
	int r = read_words(v, "/sys/fs/selinux/enforce", &enforce, err);

	if (r < 0)
		return r;
	if (enforce.count && strcmp(enforce.items[0], "1") == 0) {
		delta_raise(ret, VERDICT_PASS, "SELinux enforces its policy");
		return 0;
	}
	delta_raise(ret, VERDICT_FAIL, "SELinux is not enforcing");
	str_replace(&ret->fix, "setenforce 1, and SELINUX=enforcing in /etc/selinux/config, once "
			       "its log has no denials that count");
	return 0;
}

static int judge_mac(const struct view *v, struct delta *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv modules = {0};
	int r = read_words(v, "/sys/kernel/security/lsm", &modules, err);

	if (r < 0)
		return r;
	if (r == 0)
		return error_set(err, -ENOENT, "'/sys/kernel/security' is not mounted");
	if (strv_contains(&modules, "apparmor"))
		return judge_apparmor(v, ret, err);
	if (strv_contains(&modules, "selinux"))
		return judge_selinux(v, ret, err);
	delta_raise(ret, VERDICT_FAIL, "neither AppArmor nor SELinux is active");
	str_replace(&ret->fix, "boot with one of them: lsm=...,apparmor or security=selinux");
	return 0;
}

static int feature_diff(const void *desired, const struct view *now, struct delta *ret,
			struct error *err)
{
	const struct feature_desired *want = desired;
	CLEANUP(error_clear) struct error why = {0};
	int r = 0;

	if (now->facts->offline) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "no kernel runs in an image");
		return 0;
	}
	if (want->feature == FEATURE_CGROUPS)
		r = judge_cgroups(want, now, ret, &why);
	else if (want->feature == FEATURE_SECCOMP)
		r = judge_seccomp(now, ret, &why);
	else
		r = judge_mac(now, ret, &why);
	if (r < 0)
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", error_text(&why));
	return 0;
}

static int feature_check(const void *desired, struct error *err)
{
	const struct feature_desired *want = desired;

	if ((want->feature == FEATURE_CGROUPS) != (want->controllers.count > 0))
		return error_set(err, -EINVAL, "'controllers' goes with 'feature: cgroups'");
	return 0;
}

static const struct field fields[] = {
	{.key = "feature",
	 .type = FIELD_ENUM,
	 .offset = offsetof(struct feature_desired, feature),
	 .required = true,
	 .parse = feature_parse,
	 .def = -1,
	 .help = "cgroups, seccomp or mac (a security module that enforces)"},
	{.key = "controllers",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct feature_desired, controllers),
	 .help = "of cgroups: what must be able to be limited, such as memory"},
	{0},
};

const struct module module_kernel_feature = {
	.name = "kernel-feature",
	.summary = "what containers need of the running kernel",
	.desired_size = sizeof(struct feature_desired),
	.fields = fields,
	.check = feature_check,
	.diff = feature_diff,
};
