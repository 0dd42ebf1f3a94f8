#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/model/listening.h"
#include "modules/common/log-targets.h"
#include "modules/common/tally.h"
#include "modules/registry.h"

/*
 * Whether the host's logs go to another one, by what the log daemons are told in their files: not
 * whether anything arrives there.
 */

struct forward_desired {
	struct strv from;
};

/* A daemon, where its files are, and who reads in them what is sent to other hosts. */
static const struct sender {
	const char *name;
	const char *file, *directory; /* the main file; a directory of more, *.conf; NULL: none */
	void (*targets)(const char *text, struct strv *ret); /* NULL: syslog-ng's */
	const char *plugins
		[3]; /* files, one of which must have "active = yes"; none: nothing else is needed */
} senders[] = {
	{"rsyslog", "/etc/rsyslog.conf", "/etc/rsyslog.d", log_targets_rsyslog, {0}},
	{"syslog-ng", "/etc/syslog-ng/syslog-ng.conf", "/etc/syslog-ng/conf.d", NULL, {0}},
	{"journal-upload",
	 "/etc/systemd/journal-upload.conf",
	 "/etc/systemd/journal-upload.conf.d",
	 log_targets_upload,
	 {0}},
	{"audisp",
	 "/etc/audit/audisp-remote.conf",
	 NULL,
	 log_targets_audisp,
	 {"/etc/audit/plugins.d/au-remote.conf", "/etc/audisp/plugins.d/au-remote.conf"}},
};

static const struct sender *sender_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(senders); i++)
		if (strcmp(senders[i].name, name) == 0)
			return &senders[i];
	return NULL;
}

/* This host is none to send to, by whatever name. */
static bool is_this_host(const struct view *v, const char *host)
{
	const char *name = v->facts->hostname;

	return listening_is_loopback(host) || listening_is_any(host) ||
	       starts_with(host, "localhost.") || starts_with(host, "ip6-lo") ||
	       (name && strcasecmp(host, name) == 0);
}

/* What the files of syslog-ng's say together: a log path may stand in another file than what it sends to. */
struct paths {
	struct strv used; /* destinations */
	char *unread; /* a file that may have more of them; NULL: none */
};

static void paths_clear(struct paths *p)
{
	strv_clear(&p->used);
	free(p->unread);
}

/* What it includes beside the files that are looked at, and its own library of blocks. */
static void name_unread(struct paths *p, const struct sender *s, const struct strv *included)
{
	for (size_t i = 0; i < included->count && !p->unread; i++) {
		const char *name = included->items[i];

		if (strcmp(name, "scl.conf") != 0 && strcmp(name, "conf.d/*.conf") != 0 &&
		    !(path_is_below(name, s->directory) && strcmp(path_name(name), "*.conf") == 0))
			p->unread = xstrdup(name);
	}
}

static void read_paths(const struct sender *s, const struct view *v, const struct strv *files,
		       struct paths *ret)
{
	for (size_t i = 0; i < files->count && !s->targets; i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(strv_clear) struct strv included = {0};

		if (view_content_if_any(v, files->items[i], &text, NULL) <= 0)
			continue; /* what cannot be read is said when it is examined */
		log_used_syslog_ng(buf_str(&text), &ret->used);
		log_included_syslog_ng(buf_str(&text), &included);
		name_unread(ret, s, &included);
	}
}

/* 1: the file sends to another host; 0: it does not, or there is no such file. */
static int examine(const struct sender *s, const struct view *v, const char *path,
		   const struct paths *paths, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv hosts = {0};
	int r = view_content_if_any(v, path, &text, err);

	if (r <= 0)
		return r;
	if (s->targets)
		s->targets(buf_str(&text), &hosts);
	else
		log_targets_syslog_ng(buf_str(&text), &paths->used, &hosts);
	for (size_t i = 0; i < hosts.count; i++)
		if (!is_this_host(v, hosts.items[i]))
			return 1;
	return 0;
}

/* 1: it would send at all; 0: auditd does not start what sends. */
static int is_active(const struct sender *s, const struct view *v, struct error *err)
{
	int r = !s->plugins[0];

	for (size_t i = 0; r == 0 && s->plugins[i]; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		r = view_content_if_any(v, s->plugins[i], &text, err);
		if (r > 0)
			r = log_setting_is(buf_str(&text), "active", "yes");
	}
	return r;
}

static void list_files(const struct sender *s, const struct view *v, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv names = {0};

	strv_add(ret, s->file);
	if (!s->directory || view_children(v, s->directory, &names, NULL) < 0)
		return;
	path_add_matching(ret, s->directory, &names, "*.conf");
}

static void judge(const struct sender *s, const struct view *v, struct tally *pass,
		  struct tally *unread)
{
	CLEANUP(strv_clear) struct strv files = {0};
	CLEANUP(paths_clear) struct paths paths = {0};

	list_files(s, v, &files);
	read_paths(s, v, &files, &paths);
	if (paths.unread)
		tally_note(unread, VERDICT_NOT_MEASURED, "%s includes '%s', which is not looked at",
			   s->name, paths.unread);
	for (size_t i = 0; i < files.count; i++) {
		CLEANUP(error_clear) struct error why = {0};
		int r = examine(s, v, files.items[i], &paths, &why);

		if (r == 1)
			r = is_active(s, v, &why);
		if (r < 0)
			tally_note(unread, VERDICT_NOT_MEASURED, "%s", error_text(&why));
		else if (r == 1)
			tally_note(pass, VERDICT_PASS, "%s sends to another host ('%s')", s->name,
				   files.items[i]);
	}
}

static int forward_diff(const void *desired, const struct view *now, struct delta *ret,
			struct error *err)
{
	const struct forward_desired *want = desired;
	struct tally pass = {0}, unread = {0};

	for (size_t i = 0; i < want->from.count; i++)
		judge(sender_find(want->from.items[i]), now, &pass, &unread);
	if (pass.counts[VERDICT_PASS] > 0) {
		tally_finish(&pass, ret);
		tally_clear(&unread);
	} else if (unread.counts[VERDICT_NOT_MEASURED] > 0) {
		tally_finish(&unread, ret);
	} else {
		CLEANUP(freep) char *names = names_join(&want->from);

		delta_raise(ret, VERDICT_FAIL, "no file of %s sends anything to another host",
			    names);
		ret->fix = xstrdup(
			"forward the journal and the audit log to a collector, such as by "
			"action(type=\"omfwd\" target=\"...\" protocol=\"tcp\") with a queue "
			"on disk in /etc/rsyslog.d");
	}
	return 0;
}

static int forward_check(const void *desired, struct error *err)
{
	const struct forward_desired *want = desired;

	for (size_t i = 0; i < want->from.count; i++)
		if (!sender_find(want->from.items[i]))
			return error_set(err, -EINVAL, "nothing is known of '%s'",
					 want->from.items[i]);
	return 0;
}

static const struct field fields[] = {
	{.key = "from",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct forward_desired, from),
	 .required = true,
	 .help = "which may do it: rsyslog, syslog-ng, journal-upload, audisp"},
	{0},
};

const struct module module_log_forward = {
	.name = "log-forward",
	.summary = "logs of the host that go to another one",
	.desired_size = sizeof(struct forward_desired),
	.fields = fields,
	.check = forward_check,
	.diff = forward_diff,
};
