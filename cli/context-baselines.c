#include "cli/context-baselines.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/language.h"
#include "cli/message.h"
#include "cli/select.h"
#include "cli/site-files.h"
#include "cli/trust.h"
#include "engine/base/alloc.h"
#include "engine/base/day.h"
#include "engine/baseline/builtin.h"
#include "engine/baseline/several.h"
#include "modules/registry.h"

static int read_file(const char *name, struct buf *text, struct error *err)
{
	if (!strchr(name, '/') && !strchr(name, '.') && access(name, F_OK) < 0)
		return error_set(err, -ENOENT, "no baseline '%s': neither built in (%s) nor a file",
				 name, BUILTIN_NAME);
	return trusted_read(name, BASELINE_MAX_BYTES, text, err);
}

static int load_part(struct baseline *b, size_t i, const struct baseline_source *source,
		     struct error *err)
{
	CLEANUP(freep) char *file = baseline_part_file(b, i);
	CLEANUP(buf_clear) struct buf text = {0};
	int r = trusted_read(file, BASELINE_MAX_BYTES, &text, err);

	return r < 0 ? r : baseline_parse_part(b, file, text.data, text.len, source, err);
}

static int load_files(const char *name, const struct catalog *language, struct baseline *ret,
		      struct error *err)
{
	const struct catalog *catalogs[2];
	const struct texts texts = builtin_texts(language, catalogs);
	const struct baseline_source source = {.modules = modules_all, .texts = &texts};
	CLEANUP(buf_clear) struct buf text = {0};
	int r = read_file(name, &text, err);

	if (r == 0)
		r = baseline_parse(ret, name, text.data, text.len, &source, err);
	for (size_t i = 0; r == 0 && i < ret->parts.count; i++)
		r = load_part(ret, i, &source, err);
	return r;
}

int baseline_load(const char *name, const struct options *o, struct baseline *ret)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = strcmp(name, BUILTIN_NAME) == 0
			? builtin_load(ret, modules_all, language_of(o), &err)
			: load_files(name, language_of(o), ret, &err);

	if (r == 0)
		return CODE_OK;
	if (!err.text) /* all was noted for who collects mistakes */
		return CODE_ERROR;
	return fail(r == -EPERM ? CODE_REFUSED : CODE_ERROR, &err);
}

static bool is_same_baseline(const char *a, const char *b)
{
	struct stat x, y;

	if (strcmp(a, b) == 0)
		return true;
	if (strcmp(a, BUILTIN_NAME) == 0 || strcmp(b, BUILTIN_NAME) == 0)
		return false;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int check_once(const struct strv *names)
{
	for (size_t i = 1; i < names->count; i++)
		for (size_t k = 0; k < i; k++) {
			const char *one = names->items[k], *again = names->items[i];

			if (!is_same_baseline(one, again))
				continue;
			if (strcmp(one, again) == 0)
				message("baseline '%s' is given twice", again);
			else
				message("baseline '%s' is given twice: it is '%s'", again, one);
			return CODE_ERROR;
		}
	return CODE_OK;
}

int baselines_load(const struct options *o, struct baseline **ret, size_t *ret_count)
{
	CLEANUP(error_clear) struct error err = {0};
	size_t n = o->baselines.count;
	int code = check_once(&o->baselines);

	*ret = xcalloc(n ? n : 1, sizeof(**ret));
	while (code == CODE_OK && *ret_count < (n ? n : 1)) {
		code = baseline_load(n ? o->baselines.items[*ret_count] : BUILTIN_NAME, o,
				     &(*ret)[*ret_count]);
		*ret_count += code == CODE_OK;
	}
	if (code == CODE_OK && several_check_ids(*ret, *ret_count, &err) < 0)
		return fail(CODE_ERROR, &err);
	return code;
}

static int load_baselines(struct context *c)
{
	int code = baselines_load(c->o, &c->baselines, &c->nbaselines);

	c->list = xcalloc(c->nbaselines ? c->nbaselines : 1, sizeof(*c->list));
	for (size_t i = 0; i < c->nbaselines; i++)
		c->list[i] = &c->baselines[i];
	return code;
}

/* Where the built-in one is not among them, what a site says of it is about none that is given. */
static bool is_builtin_given(const struct options *o)
{
	return o->baselines.count == 0 || strv_contains(&o->baselines, BUILTIN_NAME);
}

/* One with a name that is mistyped would be thought to count. */
static void tell_lost(const struct context *c, const struct strv *lost)
{
	for (size_t i = 0; i < lost->count; i++)
		remark("warning: %s%s",
		       is_builtin_given(c->o) ? "" : "it does not count: ", lost->items[i]);
}

static int lay_over(struct context *c, struct error *err)
{
	CLEANUP(strv_clear) struct strv lost = {0};
	int r = site_files_apply(&c->root, c->baselines, c->nbaselines,
				 is_builtin_given(c->o) ? NULL : &lost, err);

	if (r == 0)
		r = site_files_waivers(&c->root, &c->waivers, err);
	if (r == 0)
		waivers_resolve(&c->waivers, c->baselines, c->nbaselines, &lost);
	if (r == 0)
		tell_lost(c, &lost);
	return r;
}

/* Who may not read the site's files is told so; root must be able to. */
static int lay_site_over(struct context *c)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = lay_over(c, &err);

	if (r == -EACCES && geteuid() != 0) {
		message("%s: the site's settings are left out", error_text(&err));
		return CODE_OK;
	}
	return r == 0 ? CODE_OK : fail(r == -EPERM ? CODE_REFUSED : CODE_ERROR, &err);
}

int context_baselines(struct context *c)
{
	int code = load_baselines(c);

	if (code == CODE_OK && c->root.fd < 0)
		code = context_root(c);
	day_text(time(NULL) / DAY_SECONDS, c->today);
	if (code == CODE_OK)
		code = lay_site_over(c);
	return code != CODE_OK ? code : select_controls(c);
}
