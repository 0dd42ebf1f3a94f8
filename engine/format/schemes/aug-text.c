#include <augeas.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/late.h"
#include "engine/format/schemes/schemes.h"
#include "engine/format/text-lines.h"

/*
 * aug:LENS:PATH through the distribution's libaugeas, which is bound at the first use (linking
 * it would cost every start some milliseconds). Only texts go in and out; of files, augeas reads
 * the lenses that are asked for, and nothing else. The handle is kept: a lens is read once.
 */

#define LENS_PATH "/usr/share/augeas/lenses/dist"
#define LENS_PATH_VARIABLE "AUGEAS_LENS_LIB"

#define INIT_FLAGS (AUG_NO_STDINC | AUG_NO_LOAD | AUG_NO_MODL_AUTOLOAD)

static struct {
	__typeof__(&aug_init) init;
	__typeof__(&aug_get) get;
	__typeof__(&aug_set) set;
	__typeof__(&aug_rm) rm;
	__typeof__(&aug_text_store) store;
	__typeof__(&aug_text_retrieve) retrieve;
	__typeof__(&aug_error_message) message;
	__typeof__(&aug_error_details) details;
	struct augeas *handle;
} lib;

static const struct late_symbol symbols[] = {
	LATE_SYMBOL(lib.init, aug_init),
	LATE_SYMBOL(lib.get, aug_get),
	LATE_SYMBOL(lib.set, aug_set),
	LATE_SYMBOL(lib.rm, aug_rm),
	LATE_SYMBOL(lib.store, aug_text_store),
	LATE_SYMBOL(lib.retrieve, aug_text_retrieve),
	LATE_SYMBOL(lib.message, aug_error_message),
	LATE_SYMBOL(lib.details, aug_error_details),
};

static int open_augeas(struct error *err)
{
	static struct late_library library = {"libaugeas.so.0", symbols, ARRAY_SIZE(symbols)};
	int r;

	if (lib.handle)
		return 0;
	r = late_bind(&library, err);
	if (r < 0)
		return r;
	unsetenv(LENS_PATH_VARIABLE); /* augeas would add it to the lens path */
	lib.handle = lib.init("/", LENS_PATH, INIT_FLAGS);
	if (!lib.handle)
		return error_set(err, -ENOSYS, "cannot use augeas: it does not start");
	return 0;
}

static int augeas_failed(const char *lens, struct error *err)
{
	const char *details = lib.details(lib.handle);

	return error_set(err, -EBADMSG, "lens '%s': %s%s%s", lens, lib.message(lib.handle),
			 details ? ": " : "", details ? details : "");
}

static const char *report(const char *what)
{
	CLEANUP(freep) char *path = xasprintf("/augeas/text/store/error%s", what);
	const char *value = NULL;

	return lib.get(lib.handle, path, &value) == 1 ? value : NULL;
}

/*
 * What augeas left about the text that a lens could not read or write: the first line of it. The
 * others hold the tree, and so the values of other keys, whatever they are.
 */
static int lens_failed(const char *lens, struct error *err)
{
	const char *line = report("/line"), *message = report("/message");
	int n = message ? (int)strcspn(message, "\n") : 0;

	if (!message)
		return augeas_failed(lens, err);
	if (line)
		return error_set(err, -EBADMSG, "lens '%s': line %s: %.*s", lens, line, n, message);
	return error_set(err, -EBADMSG, "lens '%s': %.*s", lens, n, message);
}

struct aug_key {
	char *lens; /* "Shellvars.lns" */
	char *path; /* "/store/DOCKER_OPTS" */
};

static void aug_key_clear(struct aug_key *k)
{
	free(k->lens);
	free(k->path);
}

static int parse_key(const char *key, struct aug_key *ret, struct error *err)
{
	const char *colon = strchr(key, ':');

	if (!colon || colon == key || !colon[1])
		return error_set(err, -EINVAL, "not a lens and a path: '%s'", key);
	ret->lens = xasprintf("%.*s.lns", (int)(colon - key), key);
	ret->path = xasprintf("/store%s%s", colon[1] == '/' ? "" : "/", colon + 1);
	return 0;
}

/* Reads the text into the tree below /store; lenses want a newline at the end of a text. */
static int store(const struct buf *text, const char *lens, struct error *err)
{
	CLEANUP(buf_clear) struct buf input = {0};
	int r;

	buf_append(&input, text->data, text->len);
	if (input.len && input.data[input.len - 1] != '\n')
		buf_putc(&input, '\n');
	lib.rm(lib.handle, "/input");
	lib.rm(lib.handle, "/output");
	lib.rm(lib.handle, "/store");
	r = lib.set(lib.handle, "/input", buf_str(&input));
	if (r < 0)
		return augeas_failed(lens, err);
	r = lib.store(lib.handle, lens, "/input", "/store");
	return r < 0 ? lens_failed(lens, err) : 0;
}

static int start(const struct buf *text, const char *key, struct aug_key *ret, struct error *err)
{
	int r = parse_key(key, ret, err);

	if (r == 0)
		r = text_lines_check(text, err);
	if (r == 0)
		r = open_augeas(err);
	return r < 0 ? r : store(text, ret->lens, err);
}

int aug_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err)
{
	CLEANUP(aug_key_clear) struct aug_key name = {0};
	const char *value = NULL;
	int r = start(text, key, &name, err);

	if (r < 0)
		return r;
	r = lib.get(lib.handle, name.path, &value);
	if (r < 0)
		return augeas_failed(name.lens, err);
	if (r == 1)
		*ret_value = xstrdup(value ? value : "");
	return r;
}

static int retrieve(struct buf *text, const char *lens, struct error *err)
{
	bool ended = text->len == 0 || text->data[text->len - 1] == '\n';
	const char *out = NULL;
	size_t n;

	if (lib.retrieve(lib.handle, lens, "/input", "/store", "/output") < 0)
		return lens_failed(lens, err);
	if (lib.get(lib.handle, "/output", &out) != 1 || !out)
		return augeas_failed(lens, err);
	n = strlen(out);
	if (!ended && n && out[n - 1] == '\n')
		n--;
	buf_set(text, out, n);
	return 0;
}

int aug_text_set(struct buf *text, const char *key, const char *value, struct error *err)
{
	CLEANUP(aug_key_clear) struct aug_key name = {0};
	int r = start(text, key, &name, err);

	if (r < 0)
		return r;
	r = value ? lib.set(lib.handle, name.path, value) : lib.rm(lib.handle, name.path);
	if (r < 0)
		return augeas_failed(name.lens, err);
	return retrieve(text, name.lens, err);
}
