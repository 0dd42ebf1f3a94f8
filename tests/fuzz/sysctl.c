#include "engine/base/str.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/format.h"
#include "modules/registry.h"

/*
 * The files of sysctl.d(5), through the module that reads them: a line with the key, one with the
 * value, then up to three files with a byte 0 between them.
 */
struct file {
	const char *directory, *name;
	bool there;
	struct buf text;
};

struct host {
	struct view view; /* first: the ops get it back from there */
	struct facts facts;
	struct file files[4];
};

static struct file *find_file(const struct view *v, const char *path)
{
	struct host *h = (struct host *)(uintptr_t)v;
	const char *name = strrchr(path, '/') + 1;

	for (size_t i = 0; i < ARRAY_SIZE(h->files); i++) {
		struct file *f = &h->files[i];

		if (strcmp(f->name, name) == 0 &&
		    strlen(f->directory) + 1 == (size_t)(name - path) &&
		    starts_with(path, f->directory))
			return f;
	}
	return NULL;
}

static int get_node(const struct view *v, const char *path, struct node *ret, struct error *err)
{
	const struct file *f = find_file(v, path);

	ret->kind = f && f->there ? NODE_FILE : NODE_ABSENT;
	return 0;
}

static int get_content(const struct view *v, const char *path, struct buf *ret, struct error *err)
{
	const struct file *f = find_file(v, path);

	if (!f || !f->there)
		return error_set(err, -ENOENT, "'%s' is missing", path);
	buf_append(ret, f->text.data, f->text.len);
	return 0;
}

static int get_children(const struct view *v, const char *path, struct strv *ret, struct error *err)
{
	const struct host *h = (const struct host *)v;

	for (size_t i = 0; i < ARRAY_SIZE(h->files); i++)
		if (h->files[i].there && strcmp(h->files[i].directory, path) == 0)
			strv_add(ret, h->files[i].name);
	return ret->count ? 0 : error_set(err, -ENOENT, "'%s' is missing", path);
}

static int get_value(const struct view *v, enum handler handler, struct subject subject, char **ret,
		     struct error *err)
{
	*ret = xstrdup("0");
	return 1;
}

/* Nothing is a link. */
static int get_path(const struct view *v, const char *path, char **ret, struct error *err)
{
	*ret = xstrdup(path);
	return 0;
}

static const struct view_ops ops = {.resolve = get_path,
				    .node = get_node,
				    .content = get_content,
				    .children = get_children,
				    .value = get_value};

static void host_init(struct host *h, const uint8_t *data, size_t size)
{
	*h = (struct host){.files = {{.directory = "/etc/sysctl.d", .name = "10-first.conf"},
				     {.directory = "/usr/lib/sysctl.d", .name = "50-package.conf"},
				     {.directory = "/etc/sysctl.d", .name = "99-last.conf"},
				     {.directory = "/etc/sysctl.d", .name = "60-harden.conf"}}};
	h->view = (struct view){.ops = &ops, .facts = &h->facts};
	h->facts.offline = size & 1;
	for (size_t i = 0; i < 3 && size > 0; i++) {
		const uint8_t *end = memchr(data, '\0', size);
		size_t n = end ? (size_t)(end - data) : size;

		h->files[i].there = true;
		fuzz_text(&h->files[i].text, data, n);
		n += end != NULL;
		data += n;
		size -= n;
	}
}

static void host_clear(struct host *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(h->files); i++)
		buf_clear(&h->files[i].text);
}

static void diff(const struct host *h, char *const want[3], struct delta *ret)
{
	CLEANUP(error_clear) struct error err = {0};

	FUZZ_ASSERT(module_sysctl.diff(want, &h->view, ret, &err) == 0);
}

/* Makes the edits that were asked for; false when one cannot be made. */
static bool make_edits(struct host *h, const struct delta *d)
{
	for (size_t i = 0; i < d->edits.count; i++) {
		const struct edit *e = &d->edits.items[i];
		struct file *f = find_file(&h->view, e->path);

		FUZZ_ASSERT(f && strcmp(f->directory, "/etc/sysctl.d") == 0);
		if (format_set(&f->text, e->subject, e->after, NULL) < 0)
			return false;
		f->there = true;
	}
	return true;
}

/* What is desired, with these two of its settings, wherever the module keeps them. */
static void *desire(char *key, char *value)
{
	void *want = xcalloc(1, module_sysctl.desired_size);

	for (const struct field *f = module_sysctl.fields; f->key; f++) {
		char **to = (char **)((char *)want + f->offset);

		if (strcmp(f->key, "key") == 0)
			*to = key;
		else if (strcmp(f->key, "value") == 0)
			*to = value;
	}
	return want;
}

/* What was asked for is enough: afterwards no edit is wanted any more. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(freep) char *key = fuzz_line(&data, &size);
	CLEANUP(freep) char *value = fuzz_line(&data, &size);
	CLEANUP(host_clear) struct host h = {0};
	CLEANUP(delta_clear) struct delta first = {0}, second = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) void *want = desire(key, value); /* borrows the two */

	if (module_sysctl.check(want, &err) < 0) {
		FUZZ_ASSERT(err.text);
		return 0;
	}
	host_init(&h, data, size);
	diff(&h, want, &first);
	if (first.refusal || !make_edits(&h, &first))
		return 0;
	diff(&h, want, &second);
	FUZZ_ASSERT(second.edits.count == 0 && !second.refusal);
	return 0;
}
