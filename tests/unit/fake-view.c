#include "tests/unit/fake-view.h"
#include "tests/subject-text.h"

#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/format.h"

static struct fake_view *fake_of(const struct view *v)
{
	return (struct fake_view *)(uintptr_t)v; /* the view is its first member */
}

static struct fake_entry *find_entry(struct fake_view *f, const char *path)
{
	for (size_t i = 0; i < f->nentries; i++)
		if (strcmp(f->entries[i].path, path) == 0)
			return &f->entries[i];
	return NULL;
}

/* The longest link that the path goes through, put in place of its name; once. */
static char *follow(struct fake_view *f, const char *path)
{
	for (size_t i = 0; i < f->nentries; i++) {
		const struct fake_entry *e = &f->entries[i];
		size_t n = strlen(e->path);

		if (e->link && strncmp(path, e->path, n) == 0 && (!path[n] || path[n] == '/'))
			return xasprintf("%s%s", e->link, path + n);
	}
	return NULL;
}

static char *canonical(struct fake_view *f, const char *path)
{
	char *now = xstrdup(path), *next;

	while ((next = follow(f, now))) {
		free(now);
		now = next;
	}
	return now;
}

static int fake_resolve(const struct view *v, const char *path, char **ret, struct error *err)
{
	struct fake_view *f = fake_of(v);
	CLEANUP(freep) char *real = canonical(f, path);
	const struct fake_entry *e = find_entry(f, real);

	if (e && e->content_error == -ELOOP)
		return error_set(err, -ELOOP, "'%s' is a link of another user", path);
	*ret = TAKE_PTR(real);
	return 0;
}

static int fake_get_node(const struct view *v, const char *path, struct node *ret,
			 struct error *err)
{
	struct fake_view *f = fake_of(v);
	CLEANUP(freep) char *real = canonical(f, path);
	const struct fake_entry *e = find_entry(f, real);

	node_clear(ret);
	if (e && e->content_error == -ELOOP)
		return error_set(err, -ELOOP, "'%s' is a link of another user", path);
	if (e)
		node_copy(ret, &e->node);
	return 0;
}

static int fake_get_link(const struct view *v, const char *path, char **ret, uid_t *ret_owner,
			 struct error *err)
{
	const struct fake_entry *e = find_entry(fake_of(v), path);

	if (!e || !e->link)
		return 0;
	*ret = xstrdup(e->link);
	*ret_owner = e->node.uid;
	return 1;
}

static int fake_get_content(const struct view *v, const char *path, struct buf *ret,
			    struct error *err)
{
	struct fake_view *f = fake_of(v);
	CLEANUP(freep) char *real = canonical(f, path);
	const struct fake_entry *e = find_entry(f, real);

	if (!e || e->node.kind == NODE_ABSENT)
		return error_errno(err, -ENOENT, "cannot read '%s'", path);
	if (e->content_error < 0)
		return error_errno(err, e->content_error, "cannot read '%s'", path);
	buf_append(ret, e->content.data, e->content.len);
	return 0;
}

static int fake_get_children(const struct view *v, const char *path, struct strv *ret,
			     struct error *err)
{
	struct fake_view *f = fake_of(v);
	CLEANUP(freep) char *real = canonical(f, path);
	size_t n = strcmp(real, "/") == 0 ? 0 : strlen(real), found = 0;

	if (f->children_error < 0)
		return error_errno(err, f->children_error, "cannot list '%s'", path);
	for (size_t i = 0; i < f->nentries; i++) {
		const char *p = f->entries[i].path;

		if (strncmp(p, real, n) != 0 || p[n] != '/' || !p[n + 1] || strchr(p + n + 1, '/'))
			continue;
		strv_add_once(ret, p + n + 1);
		found++;
	}
	strv_sort(ret);
	if (!found && !find_entry(f, real))
		return error_errno(err, -ENOENT, "cannot list '%s'", path);
	return 0;
}

static int fake_get_value(const struct view *v, enum handler handler, struct subject subject,
			  char **ret, struct error *err)
{
	struct fake_view *f = fake_of(v);

	for (size_t i = f->nvalues; i-- > 0;) {
		if (!subject_equal(subj(f->values[i].subject), subject))
			continue;
		if (f->values[i].error)
			return error_errno(err, f->values[i].error, "cannot read '%s'",
					   subject.key);
		*ret = xstrdup_null(f->values[i].value);
		return 1;
	}
	return 0;
}

void fake_view_init(struct fake_view *f)
{
	static const struct view_ops ops = {
		.resolve = fake_resolve,
		.node = fake_get_node,
		.link = fake_get_link,
		.content = fake_get_content,
		.children = fake_get_children,
		.value = fake_get_value,
	};

	*f = (struct fake_view){.view.ops = &ops};
	f->view.facts = &f->facts;
	f->facts.root = true;
	f->facts.docker.install = DOCKER_DISTRO;
	f->facts.docker.version = xstrdup("26.1.5+dfsg1");
	f->facts.docker.running = true;
	containers_known(&f->facts.docker.containers);
	count_set(&f->facts.docker.images, 0);
	count_set(&f->facts.docker.volumes, 0);
	count_set(&f->facts.docker.networks, 0);
	count_set(&f->facts.docker.plugins, 0);
	f->facts.docker.config_file = xstrdup("/etc/docker/daemon.json");
	f->facts.docker.driver = xstrdup("overlay2");
	f->facts.docker.swarm = xstrdup("inactive");
	f->facts.audit.installed = true;
	f->facts.audit.enabled = 1;
	f->facts.audit.failure = 1;
	f->facts.audit.major = 3;
}

void fake_view_clear(struct fake_view *f)
{
	facts_clear(&f->facts);
	for (size_t i = 0; i < f->nentries; i++) {
		free(f->entries[i].path);
		free(f->entries[i].link);
		node_clear(&f->entries[i].node);
		buf_clear(&f->entries[i].content);
	}
	free(f->entries);
	for (size_t i = 0; i < f->nvalues; i++) {
		free(f->values[i].subject);
		free(f->values[i].value);
	}
	free(f->values);
	*f = (struct fake_view){0};
}

static struct fake_entry *get_entry(struct fake_view *f, const char *path)
{
	struct fake_entry *e = find_entry(f, path);

	if (!e) {
		e = array_append(&f->entries, &f->nentries, sizeof(*e));
		e->path = xstrdup(path);
	}
	return e;
}

struct node *fake_node(struct fake_view *f, const char *path, enum node_kind kind, mode_t mode)
{
	struct fake_entry *e = get_entry(f, path);

	node_clear(&e->node);
	e->node.kind = kind;
	e->node.mode = mode;
	e->node.nlink = 1;
	return &e->node;
}

struct node *fake_file(struct fake_view *f, const char *path, mode_t mode, const char *content)
{
	struct node *n = fake_node(f, path, NODE_FILE, mode);

	buf_set(&find_entry(f, path)->content, content, strlen(content));
	return n;
}

struct node *fake_dir(struct fake_view *f, const char *path, mode_t mode)
{
	return fake_node(f, path, NODE_DIR, mode);
}

void fake_link(struct fake_view *f, const char *path, const char *target)
{
	str_replace(&get_entry(f, path)->link, target);
}

void fake_unreadable(struct fake_view *f, const char *path, int error)
{
	get_entry(f, path)->content_error = error;
}

void fake_value(struct fake_view *f, const char *subject, const char *value)
{
	struct fake_value *v = array_append(&f->values, &f->nvalues, sizeof(*v));

	v->subject = xstrdup(subject);
	v->value = xstrdup_null(value);
}

struct node *fake_find(struct fake_view *f, const char *path)
{
	struct fake_entry *e = find_entry(f, path);

	return e ? &e->node : NULL;
}

const char *fake_content(struct fake_view *f, const char *path)
{
	struct fake_entry *e = find_entry(f, path);

	return e && e->node.kind == NODE_FILE ? buf_str(&e->content) : NULL;
}

/* The mode that an access list shows: its owner, its mask, others. */
static mode_t acl_bits(const char *acl, const char *tag, int shift)
{
	const char *at = strstr(acl, tag);
	mode_t bits = 0;

	assert_non_null(at);
	at += strlen(tag);
	for (int i = 0; i < 3; i++)
		if (at[i] != '-')
			bits |= 4U >> i;
	return bits << shift;
}

static void apply_attribute(struct node *n, const struct edit *e)
{
	if (e->subject.scheme == SCHEME_OWNER) {
		n->uid = (uid_t)strtoul(e->after, NULL, 10);
	} else if (e->subject.scheme == SCHEME_GROUP) {
		n->gid = (gid_t)strtoul(e->after, NULL, 10);
	} else if (e->subject.scheme == SCHEME_MODE) {
		mode_t mode = (mode_t)strtoul(e->after, NULL, 8);

		n->mode = n->acl ? (n->mode & 0777) | (mode & 07000) : mode;
	} else if (e->subject.scheme == SCHEME_ACL) {
		str_replace(&n->acl, e->after);
		n->mode = (n->mode & 07000) | acl_bits(n->acl, "user::", 6) |
			  acl_bits(n->acl, "mask::", 3) | acl_bits(n->acl, "other::", 0);
	} else if (e->subject.scheme == SCHEME_DEFAULT_ACL) {
		str_replace(&n->default_acl, e->after);
	} else {
		fail_msg("unknown subject '%s'", subject_shown(e->subject));
	}
}

static void apply_content(struct fake_view *f, const struct edit *e)
{
	CLEANUP(freep) char *path = canonical(f, e->path);
	CLEANUP(error_clear) struct error err = {0};
	struct fake_entry *entry = get_entry(f, path);

	if (entry->node.kind == NODE_ABSENT)
		fake_file(f, path, 0644, "");
	entry = get_entry(f, path);
	if (format_set(&entry->content, e->subject, e->after, &err) < 0)
		fail_msg("'%s' of '%s': %s", subject_shown(e->subject), path, error_text(&err));
}

void fake_apply(struct fake_view *f, const struct delta *d)
{
	for (size_t i = 0; i < d->edits.count; i++) {
		const struct edit *e = &d->edits.items[i];
		CLEANUP(freep) char *path = canonical(f, e->path);

		if (subject_is_link(e->subject)) {
			str_replace(&get_entry(f, e->path)->link, e->after);
			continue;
		}
		if (edit_is_content(e)) {
			apply_content(f, e);
			continue;
		}
		assert_non_null(find_entry(f, path));
		apply_attribute(&find_entry(f, path)->node, e);
	}
	for (size_t i = 0; i < d->effects.count; i++)
		fake_value(f, subject_shown(d->effects.items[i].subject),
			   d->effects.items[i].after);
}

void fake_diff(struct fake_view *f, const struct module *m, const void *desired, struct delta *ret)
{
	CLEANUP(error_clear) struct error err = {0};

	delta_clear(ret);
	if (m->check && m->check(desired, &err) < 0)
		fail_msg("check: %s", error_text(&err));
	if (m->diff(desired, &f->view, ret, &err) < 0)
		fail_msg("diff: %s", error_text(&err));
}

void fake_converges(struct fake_view *f, const struct module *m, const void *desired,
		    const struct delta *d, struct delta *ret_again)
{
	CLEANUP(delta_clear) struct delta again = {0};

	fake_apply(f, d);
	fake_diff(f, m, desired, &again);
	for (size_t i = 0; i < again.edits.count; i++)
		fail_msg("still wants '%s' of '%s': %s -> %s",
			 subject_shown(again.edits.items[i].subject), again.edits.items[i].path,
			 again.edits.items[i].before, again.edits.items[i].after);
	for (size_t i = 0; i < again.effects.count; i++)
		fail_msg("still wants '%s': %s -> %s",
			 subject_shown(again.effects.items[i].subject),
			 again.effects.items[i].before, again.effects.items[i].after);
	if (ret_again) {
		*ret_again = again;
		again = (struct delta){0};
	}
}

const struct edit *find_edit(const struct delta *d, const char *path, const char *subject)
{
	for (size_t i = 0; i < d->edits.count; i++) {
		const struct edit *e = &d->edits.items[i];

		if (subject_equal(e->subject, subj(subject)) &&
		    (!path || strcmp(e->path, path) == 0))
			return e;
	}
	return NULL;
}

const struct effect *find_effect(const struct delta *d, const char *subject)
{
	for (size_t i = 0; i < d->effects.count; i++)
		if (subject_equal(d->effects.items[i].subject, subj(subject)))
			return &d->effects.items[i];
	return NULL;
}

void assert_edit(const struct delta *d, const char *path, const char *subject, const char *after)
{
	const struct edit *e = find_edit(d, path, subject);

	if (!e)
		fail_msg("no edit '%s' of '%s'", subject, path ? path : "(any)");
	if (strcmp_null(e->after, after) != 0)
		fail_msg("edit '%s': %s, not %s", subject, e->after, after);
}

void assert_verdict(const struct delta *d, enum verdict v)
{
	if (d->verdict != v)
		fail_msg("verdict %s (%s), not %s", verdict_to_string(d->verdict),
			 d->reason ? d->reason : "-", verdict_to_string(v));
}
