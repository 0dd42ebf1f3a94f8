#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/format.h"
#include "engine/format/secret.h"
#include "modules/common/docker-network.h"
#include "modules/common/sysctl-boot.h"
#include "modules/registry.h"

#define DEFAULT_FILE "/etc/sysctl.d/60-harden.conf"
#define BLANKS " \t\r"

/* A kernel setting: its value now, and the one that the next boot gives it. */

struct sysctl_desired {
	char *key;
	char *value;
	struct strv accept;
	char *file;
};

/* Of a file that a shell reads: the last NAME=value; NULL: it has none. */
static int shell_value(const struct view *v, const char *path, const char *name, char **ret,
		       struct error *err)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	int r = view_content_if_any(v, path, &text, err);

	strv_split(&lines, buf_str(&text), "\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *line = lines.items[i] + strspn(lines.items[i], BLANKS);
		const char *value = skip_key(line, name, '=');

		if (!value)
			continue;
		value += strspn(value, "\"'");
		free(*ret);
		*ret = xstrndup(value, strcspn(value, "\"'#" BLANKS));
	}
	return r < 0 ? r : 0;
}

/* ufw, where it is installed and enabled, sets what its own file says, after systemd-sysctl. */
static int read_ufw(struct sysctl_boot *b, const struct view *v, const char *key, struct error *err)
{
	CLEANUP(freep) char *enabled = NULL, *file = NULL;
	CLEANUP(sysctl_boot_clear) struct sysctl_boot ufw = {0};
	int r = shell_value(v, "/etc/ufw/ufw.conf", "ENABLED", &enabled, err);

	if (r >= 0)
		r = shell_value(v, "/etc/default/ufw", "IPT_SYSCTL", &file, err);
	if (r < 0)
		return r;
	if (!enabled || strcasecmp(enabled, "yes") != 0 || !file || *file != '/' ||
	    (!view_is_there(v, "/usr/lib/ufw/ufw-init") && !view_is_there(v, "/lib/ufw/ufw-init")))
		return 0;
	r = sysctl_boot_file(&ufw, v, file, key, err);
	if (r < 0 || !ufw.value)
		return r;
	sysctl_boot_clear(b);
	*b = (struct sysctl_boot){.value = TAKE_PTR(ufw.value),
				  .file = TAKE_PTR(ufw.file),
				  .by_name = true,
				  .by_ufw = true};
	return 0;
}

/* Why nothing reads the files at the boot; NULL: systemd does, or is not what starts this host. */
static const char *unread_at_boot(const struct view *v)
{
	static const char *const places[] = {"/etc/systemd/system/", "/usr/lib/systemd/system/",
					     "/lib/systemd/system/"};
	bool has_systemd = false;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(freep) char *unit = xasprintf("%ssystemd-sysctl.service", places[i]);
		CLEANUP(freep) char *other = xasprintf("%ssysinit.target", places[i]);

		has_systemd |= view_is_there(v, other);
		if (view_is_masked(v, unit))
			return "systemd-sysctl.service is masked";
		if (view_is_there(v, unit))
			return NULL;
	}
	return has_systemd ? "there is no systemd-sysctl.service" : NULL;
}

/* As wanted, or one of the values that are as good. */
static bool is_right(const struct sysctl_desired *want, struct subject subject, const char *value)
{
	if (!value)
		return false;
	for (size_t i = 0; i < want->accept.count; i++)
		if (format_same(subject, value, want->accept.items[i]))
			return true;
	return format_same(subject, value, want->value);
}

/*
 * Our own file, unless a later one by the administrator decides: then that one's line. A
 * package's file that is read after ours is left alone, and stands in the way.
 */
static void change_file(const struct sysctl_desired *want, const struct sysctl_boot *boot,
			struct subject subject, struct delta *d)
{
	const char *ours = want->file ? want->file : DEFAULT_FILE;
	const char *path = ours;
	bool later = boot->by_name && strcmp(path_name(boot->file), path_name(ours)) > 0;

	if (boot->by_ufw) {
		d->refusal = xasprintf("'%s' sets %s: ufw applies it at each boot after '%s'",
				       boot->file, want->key, ours);
		return;
	}
	if (boot->by_name && !boot->value && strcmp(path_name(boot->file), path_name(ours)) >= 0) {
		d->refusal = xasprintf("'%s' takes %s out of all that is set before it", boot->file,
				       want->key);
		return;
	}
	if (later && starts_with(boot->file, "/etc/")) {
		path = boot->file;
	} else if (later) {
		d->refusal = xasprintf("'%s' sets %s and is read after '%s'", boot->file, want->key,
				       ours);
		return;
	}
	delta_edit(d, path, subject, want->value);
}

/*
 * Such as conf.all's stable_secret, which the kernel neither tells nor takes: a file alone is no
 * fix. (One that is not there is not known: it may come with its module, and is set then.)
 */
static void hold_untold(const struct sysctl_desired *want, const char *why, struct delta *d)
{
	delta_raise(d, VERDICT_NOT_MEASURED, "%s", why);
	delta_in_place(d);
	if (d->edits.count > 0)
		strv_addf(&d->holds,
			  "%s: whether the kernel takes the value of %s is not known, and only its "
			  "file would be written",
			  why, want->key);
}

static void judge_running(const struct sysctl_desired *want, const struct view *now,
			  struct subject subject, struct delta *d)
{
	CLEANUP(error_clear) struct error why = {0};
	const struct subject effect = subject_of(SCHEME_SYSCTL, want->key);
	CLEANUP(freep) char *value = NULL;
	int r = view_value(now, HANDLER_SYSCTL, effect, &value, &why);

	if (r < 0) {
		hold_untold(want, error_text(&why), d);
	} else if (r == 0 || !value) {
		delta_raise(d, VERDICT_NOT_MEASURED, "the running kernel's %s is not known",
			    want->key);
		delta_in_place(d);
	} else if (is_right(want, subject, value)) {
		CLEANUP(freep) char *is = secret_show_value(effect, value);

		delta_raise(d, VERDICT_PASS, "%s is %s", want->key, is);
	} else {
		CLEANUP(freep) char *is = secret_show_value(effect, value);
		CLEANUP(freep) char *wanted = secret_show_value(effect, want->value);

		delta_raise(d, VERDICT_FAIL, "%s is %s, %s is wanted", want->key, is, wanted);
		delta_bring(d, delta_effect(d, HANDLER_SYSCTL, effect, value, want->value), 0);
	}
}

static int sysctl_diff(const void *desired, const struct view *now, struct delta *ret,
		       struct error *err)
{
	const struct sysctl_desired *want = desired;
	CLEANUP(freep) char *key = sysctl_dotted(want->key);
	const struct subject subject = subject_of(SCHEME_KV, want->key);
	CLEANUP(freep) char *wanted = secret_show_value(subject, want->value);
	CLEANUP(freep) char *will = NULL;
	CLEANUP(sysctl_boot_clear) struct sysctl_boot boot = {0};
	CLEANUP(error_clear) struct error why = {0};
	const char *unread = unread_at_boot(now);
	int r = sysctl_boot_read(&boot, now, key, &why);

	if (r == 0)
		r = read_ufw(&boot, now, key, &why);
	if (r < 0) {
		delta_raise(ret, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		return 0;
	}
	if (unread && !boot.by_ufw) {
		delta_raise(ret, VERDICT_FAIL,
			    "%s will be the kernel's own default at the next boot, %s is wanted: "
			    "nothing reads '/etc/sysctl.d' then, since %s",
			    want->key, wanted, unread);
		ret->refusal = xasprintf("nothing would read it at the next boot: %s", unread);
	} else if (!is_right(want, subject, boot.value)) {
		will = secret_show_value(subject, boot.value);
		delta_raise(ret, VERDICT_FAIL, "%s will be %s at the next boot, %s is wanted",
			    want->key, will ? will : "the kernel's own default", wanted);
		change_file(want, &boot, subject, ret);
	}
	if (ret->refusal)
		return 0;
	if (now->facts->offline)
		delta_raise(ret, VERDICT_PASS, "%s will be %s at the next boot", want->key, wanted);
	else
		judge_running(want, now, subject, ret);
	if (ret->edits.count + ret->effects.count > 0)
		hold_forwarding(now->facts, key, want->value, ret);
	return 0;
}

static int sysctl_check(const void *desired, struct error *err)
{
	const struct sysctl_desired *want = desired;

	if (want->file && fnmatch("/etc/sysctl.d/*.conf", want->file, FNM_PATHNAME) != 0)
		return error_set(err, -EINVAL, "'%s' is not read: it must be /etc/sysctl.d/*.conf",
				 want->file);
	if (!*want->key || strpbrk(want->key, "=#; \t\n*") || strstr(want->key, ".."))
		return error_set(err, -EINVAL, "'%s' is not a kernel setting", want->key);
	return 0;
}

static const struct field fields[] = {
	{.key = "key",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct sysctl_desired, key),
	 .required = true,
	 .help = "the setting, such as kernel.dmesg_restrict"},
	{.key = "value",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct sysctl_desired, value),
	 .required = true,
	 .help = "its value, now and after a boot"},
	{.key = "accept",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct sysctl_desired, accept),
	 .help = "values that are as good"},
	{.key = "file",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct sysctl_desired, file),
	 .help = "file to write; " DEFAULT_FILE " when not given"},
	{0},
};

const struct module module_sysctl = {
	.name = "sysctl",
	.summary = "a kernel setting, running and at boot",
	.desired_size = sizeof(struct sysctl_desired),
	.fields = fields,
	.check = sysctl_check,
	.diff = sysctl_diff,
};
