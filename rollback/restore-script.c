#include "rollback/restore-script.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/format/secret.h"
#include "engine/host/read/root.h"
#include "engine/host/read/sysctl.h"
#include "rollback/state.h"

/* One word of the shell, whatever its bytes: between single quotes all but those stand for themselves. */
static void put_word(struct buf *b, const char *s)
{
	buf_puts(b, " '");
	for (; *s; s++) {
		if (*s == '\'')
			buf_puts(b, "'\\''");
		else
			buf_putc(b, *s);
	}
	buf_putc(b, '\'');
}

static void put_call(struct buf *b, const char *function, const char *word)
{
	buf_puts(b, function);
	put_word(b, word ? word : "");
	buf_putc(b, '\n');
}

/* The digest of an image that is kept as a blob, else NULL. */
static const char *blob_of(const struct image *image)
{
	return image->node.kind == NODE_FILE && image->has_content ? image->node.data : NULL;
}

static void put_xattr(struct buf *b, const struct xattr *x)
{
	buf_puts(b, "xattr");
	put_word(b, x->name);
	buf_puts(b, " 0x");
	for (size_t i = 0; i < x->len; i++)
		buf_printf(b, "%02x", x->value[i]);
	buf_putc(b, '\n');
}

/* In the order that loses nothing: a new owner takes setuid bits and capabilities away. */
static void put_attributes(struct buf *b, const struct node *n)
{
	buf_printf(b, "owner %u:%u\n", n->uid, n->gid);
	if (n->kind == NODE_SYMLINK)
		return;
	buf_printf(b, "mode %04o\n", (unsigned)n->mode);
	put_call(b, "acl access", n->acl);
	if (n->kind == NODE_DIR)
		put_call(b, "acl default", n->default_acl);
	if (n->acl) /* what setfacl made of the group's bits */
		buf_printf(b, "mode %04o\n", (unsigned)n->mode);
	for (size_t i = 0; i < n->nxattrs; i++)
		put_xattr(b, &n->xattrs[i]);
}

/* What may be found there: digests of files, and "-> TARGET" of links. */
static void put_ours(struct buf *b, const struct change *c)
{
	buf_puts(b, "ours");
	for (size_t k = 0; k < c->nimages; k++) {
		const struct image *image = &c->images[k];
		CLEANUP(freep) char *link = NULL;

		if (image->node.kind == NODE_SYMLINK)
			link = xasprintf("-> %s", image->node.data);
		if (link || blob_of(image))
			put_word(b, link ? link : blob_of(image));
	}
	buf_putc(b, '\n');
}

static void put_file(struct buf *b, const struct change *c)
{
	const struct node *n = &c->images[0].node;

	if (!blob_of(&c->images[0])) {
		buf_puts(b, "kept\n");
		put_attributes(b, n);
		buf_puts(b, "place\n");
		return;
	}
	put_ours(b, c);
	put_call(b, "file", blob_of(&c->images[0]));
	put_attributes(b, n);
	if (n->mtime.tv_sec)
		buf_printf(b, "modified %lld %09ld\n", (long long)n->mtime.tv_sec,
			   n->mtime.tv_nsec);
	buf_puts(b, "place\n");
}

static void put_link(struct buf *b, const struct change *c)
{
	put_ours(b, c);
	put_call(b, "link", c->images[0].node.data);
	put_attributes(b, &c->images[0].node);
	buf_puts(b, "place\n");
}

static void put_flags(struct buf *b, const struct node *n)
{
	if (n->flags)
		buf_printf(b, "flags %s%s\n", n->flags & NODE_IMMUTABLE ? "i" : "",
			   n->flags & NODE_APPEND_ONLY ? "a" : "");
}

/* What was there before. */
static void put_present(struct buf *b, const struct change *c)
{
	const struct node *n = &c->images[0].node;

	put_call(b, "\nbegin", c->path);
	if (n->kind == NODE_FILE) {
		put_file(b, c);
	} else if (n->kind == NODE_SYMLINK) {
		put_link(b, c);
	} else if (n->kind == NODE_DIR) {
		buf_puts(b, "directory\n");
		return;
	} else {
		buf_puts(b, n->kind == NODE_SOCKET ? "made\n" : "kept\n");
		put_attributes(b, n);
		buf_puts(b, "place\n");
	}
	put_flags(b, n);
}

/* How a directory was: last of all, so that who gets it back cannot interfere with what is in it. */
static void put_directory(struct buf *b, const struct change *c)
{
	const struct node *n = &c->images[0].node;

	put_call(b, "\nbegin", c->path);
	buf_puts(b, "within\n");
	put_attributes(b, n);
	put_flags(b, n);
}

static void put_absent(struct buf *b, const struct change *c)
{
	put_call(b, "\nbegin", c->path);
	put_ours(b, c);
	buf_puts(b, "gone\n");
}

static bool is_long(const char *value)
{
	return value && strchr(value, '\n');
}

/* What the plan comes to in the end, by several on the way to it; where that is as before, the one on the way. */
static const char *applied_by(const struct plan *plan, const struct effect *first)
{
	const char *after = first->after;

	for (size_t k = 0; k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++) {
			const struct effect *e = &plan->stages[k].effects.items[i];

			if (subject_equal(e->subject, first->subject))
				after = e->after;
		}
	return strcmp_null(after, first->before) == 0 ? first->after : after;
}

/* "docker:userns-remap: "default" (before: not set)", a text of several lines by its name; the caller frees it. */
static char *describe(const struct plan *plan, const struct effect *e)
{
	CLEANUP(freep) char *subject = subject_print(e->subject);
	CLEANUP(freep) char *before = secret_show_value(e->subject, e->before);
	CLEANUP(freep) char *after = secret_show_value(e->subject, applied_by(plan, e));

	if (is_long(before) || is_long(after))
		return TAKE_PTR(subject);
	return xasprintf("%s: %s (before: %s)", subject, after ? after : "not set",
			 before ? before : "not set");
}

static void put_setting(struct buf *b, const struct effect *e, const char *what)
{
	CLEANUP(freep) char *path = NULL;

	if (!e->before || sysctl_path(e->subject.key, &path, NULL) < 0) {
		put_call(b, "host_has", what);
		return;
	}
	buf_puts(b, "kernel_has");
	put_word(b, path);
	put_word(b, e->before);
	put_word(b, what);
	buf_putc(b, '\n');
}

/* What the run may have brought into force, and no file takes back. That systemd has read a unit is not such a thing. */
static void put_effect(struct buf *b, const struct plan *plan, const struct effect *e)
{
	CLEANUP(freep) char *what = describe(plan, e);

	if (plan_find_effect(plan, e->subject) != e)
		return; /* of several on the way to one value the first tells what was before */
	if (HANDLER_BIT(e->handler) & HANDLERS_DOCKERD)
		put_call(b, "dockerd_has", what);
	else if (e->subject.scheme == SCHEME_SYSCTL)
		put_setting(b, e, what);
	else if (e->handler != HANDLER_NONE && e->handler != HANDLER_SYSTEMD_RELOAD)
		put_call(b, "host_has", what);
}

static void put_effects(struct buf *b, const struct plan *plan)
{
	buf_puts(b, "\n# What is in no file\n");
	for (size_t k = 0; k < plan->nstages && !plan->offline; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++)
			put_effect(b, plan, &plan->stages[k].effects.items[i]);
}

void restore_script_format(const struct plan *plan, const char *id, const struct strv *staged_paths,
			   struct buf *ret)
{
	buf_puts(ret, restore_script_head);
	buf_printf(ret, "# Transaction %s\n\n", id);
	for (size_t i = 0; i < plan->nchanges; i++)
		if (blob_of(&plan->changes[i].images[0]))
			put_call(ret, "need", blob_of(&plan->changes[i].images[0]));
	for (size_t i = 0; i < plan->nchanges; i++) /* directories before their files */
		if (plan->changes[i].images[0].node.kind != NODE_ABSENT)
			put_present(ret, &plan->changes[i]);
	buf_puts(ret, "\n# What a run that was broken off may have left behind\n");
	for (size_t i = 0; i < staged_paths->count; i++) {
		put_call(ret, "begin", staged_paths->items[i]);
		buf_puts(ret, "gone\n");
	}
	for (size_t i = plan->nchanges; i > 0; i--) /* files before their directories */
		if (plan->changes[i - 1].images[0].node.kind == NODE_ABSENT)
			put_absent(ret, &plan->changes[i - 1]);
	for (size_t i = plan->nchanges; i > 0; i--)
		if (plan->changes[i - 1].images[0].node.kind == NODE_DIR)
			put_directory(ret, &plan->changes[i - 1]);
	put_effects(ret, plan);
	buf_puts(ret, "\nfinish\n");
}

int restore_script_store(int txn, const struct plan *plan, const char *id,
			 const struct strv *staged_paths, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(close_fd)
	int fd = openat(txn, RESTORE_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0700);
	int r = fd < 0 ? -errno : 0;

	restore_script_format(plan, id, staged_paths, &text);
	if (r == 0)
		r = fd_write_all(fd, text.data, text.len);
	return r < 0 ? state_error(err, r, txn, RESTORE_FILE, "cannot write") : 0;
}
