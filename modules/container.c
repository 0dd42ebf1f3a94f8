#include "modules/container/container.h"
#include "engine/base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/common/tally.h"
#include "modules/registry.h"

static const struct container_aspect *const areas[] = {
	container_identity_aspects, container_namespace_aspects, container_limit_aspects,
	container_mount_aspects,    container_network_aspects,   container_life_aspects,
	container_renewal_aspects,
};

const struct container_aspect *container_aspect_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		for (const struct container_aspect *a = areas[i]; a->name; a++)
			if (strcmp(a->name, name) == 0)
				return a;
	return NULL;
}

enum verdict container_fails(const struct container_case *k, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_add_owned(k->details, xvasprintf(fmt, ap));
	va_end(ap);
	return VERDICT_FAIL;
}

enum verdict container_fails_each(const struct container_case *k, const struct strv *list,
				  const char *what)
{
	for (size_t i = 0; i < list->count; i++)
		strv_addf(k->details, "%s%s", what, list->items[i]);
	return list->count ? VERDICT_FAIL : VERDICT_PASS;
}

enum verdict container_fails_if(int fact)
{
	return fact < 0 ? VERDICT_NOT_MEASURED : fact ? VERDICT_FAIL : VERDICT_PASS;
}

bool container_lets(const struct container_case *k, const char *text)
{
	return strv_matches(&k->want->values, text, 0);
}

const char *container_security(const struct container *c, const char *name)
{
	for (size_t i = c->security.count; i > 0; i--) {
		const char *option = c->security.items[i - 1];

		if (strcmp(option, name) == 0)
			return "";
		if (skip_key(option, name, '='))
			return skip_key(option, name, '=');
	}
	return NULL;
}

const char *daemon_security(const struct docker_facts *d, const char *name)
{
	for (size_t i = 0; i < d->security_options.count; i++) {
		const char *option = skip_prefix(d->security_options.items[i], "name=");

		if (starts_with_word(option, name, ","))
			return skip_prefix(option, name);
	}
	return NULL;
}

int container_any_values(const struct strv *values, struct error *err)
{
	return 0;
}

enum { WITH_PROCESS, WITHOUT_PROCESS, GROUPS };

/* What became of all containers: names with what is wrong, and how many there were. */
struct sum {
	struct strv fails[GROUPS], unknown, unknown_names;
	struct container_set failing;
	char *why; /* all that are not known have this one reason; "": each its own */
	struct strv notes; /* on those that pass */
	size_t judged, stopped, allowed;
};

static void sum_clear(struct sum *s)
{
	for (size_t i = 0; i < GROUPS; i++)
		strv_clear(&s->fails[i]);
	free(s->failing.items);
	strv_clear(&s->unknown);
	strv_clear(&s->unknown_names);
	free(s->why);
	strv_clear(&s->notes);
}

/* "web (SYS_ADMIN)" */
static char *entry(const struct container *c, const struct strv *details)
{
	CLEANUP(freep) char *list = names_join(details);

	return details->count ? xasprintf("%s (%s)", container_label(c), list)
			      : xstrdup(container_label(c));
}

/* Of one that dockerd itself told nothing of nothing is judged. */
static enum verdict judge_one(const struct container_aspect *aspect, const struct container_case *k)
{
	enum verdict v = container_told(k->c) ? aspect->judge(k) : VERDICT_NOT_MEASURED;

	if (v == VERDICT_NOT_MEASURED && k->details->count == 0 && k->c->unread)
		strv_add(k->details, k->c->unread);
	return v;
}

static void add_unknown(struct sum *sum, const struct container_case *k)
{
	const char *why = k->details->count == 1 ? k->details->items[0] : "";

	strv_add(&sum->unknown_names, container_label(k->c));
	strv_add_owned(&sum->unknown, entry(k->c, k->details));
	if (!sum->why || strcmp(sum->why, why) != 0)
		str_replace(&sum->why, sum->why ? "" : why);
}

static void add_failing(struct sum *sum, const struct container_case *k, size_t group)
{
	struct container_set *s = &sum->failing;

	strv_add_owned(&sum->fails[group], entry(k->c, k->details));
	*(const struct container **)array_append(&s->items, &s->count, sizeof(*s->items)) = k->c;
}

static void count_one(struct sum *sum, const struct container_case *k, enum verdict v)
{
	bool lives = container_lives(k->c);

	if (v == VERDICT_NOT_APPLICABLE)
		return;
	sum->judged++;
	sum->stopped += !lives;
	if (v == VERDICT_PASS)
		strv_add_all(&sum->notes, k->details);
	else if (v == VERDICT_NOT_MEASURED)
		add_unknown(sum, k);
	else
		add_failing(sum, k, lives ? WITH_PROCESS : WITHOUT_PROCESS);
}

static void judge_all(const struct container_aspect *aspect, const struct container_want *want,
		      const struct facts *facts, struct sum *sum)
{
	const struct docker_facts *docker = &facts->docker;
	struct containers all;

	if (!containers_get(&docker->containers, &all))
		return; /* applies() said so */
	for (size_t i = 0; i < all.count; i++) {
		CLEANUP(strv_clear) struct strv details = {0};
		const struct container *c = &all.items[i];
		const struct container_case k = {want, facts, docker, c, &details};

		if (strv_matches(&want->allow, c->name, 0))
			sum->allowed++;
		else
			count_one(sum, &k, judge_one(aspect, &k));
	}
}

/* "3 containers, 1 not running and judged by the configuration; 2 allowed" */
static char *pass_text(const struct sum *s)
{
	CLEANUP(buf_clear) struct buf b = {0};

	buf_printf(&b, "%zu container%s", s->judged, s->judged == 1 ? "" : "s");
	if (s->stopped)
		buf_printf(&b, ", %zu not running and judged by the configuration", s->stopped);
	if (s->allowed)
		buf_printf(&b, "; %zu allowed", s->allowed);
	if (s->notes.count)
		buf_printf(&b, "; %s", s->notes.items[0]);
	return buf_take(&b);
}

static void put_names(struct buf *b, const char *head, const struct strv *names)
{
	CLEANUP(freep) char *list = names_join(names);

	if (names->count)
		buf_printf(b, "%s%s%s", b->len ? "; " : "", head, list);
}

/* "not known of a (it ended) and b (no rights)", "not known of a and b: no rights" */
static void put_unknown(struct buf *b, const struct sum *sum)
{
	bool shared = sum->why && *sum->why && sum->unknown.count > 1;

	put_names(b, "not known of ", shared ? &sum->unknown_names : &sum->unknown);
	if (shared)
		buf_printf(b, ": %s", sum->why);
}

static void tell(const struct container_aspect *aspect, const struct docker_facts *docker,
		 const struct sum *sum, struct delta *d)
{
	bool fails = sum->fails[WITH_PROCESS].count || sum->fails[WITHOUT_PROCESS].count;
	CLEANUP(freep) char *passing = pass_text(sum), *more = NULL;
	CLEANUP(buf_clear) struct buf b = {0};

	put_names(&b, "", &sum->fails[WITH_PROCESS]);
	put_names(&b, aspect->of_stopped ? "" : "not running, by configuration: ",
		  &sum->fails[WITHOUT_PROCESS]);
	put_unknown(&b, sum);
	if (fails) {
		if (sum->unknown.count)
			more = xasprintf(" (and %zu not known)", sum->unknown.count);
		delta_raise(d, VERDICT_FAIL, "%s%s: %s", aspect->finding, more ? more : "",
			    buf_str(&b));
		d->fix = aspect->fix_of ? aspect->fix_of(docker, &sum->failing)
					: xstrdup(aspect->fix);
	} else if (sum->unknown.count) {
		delta_raise(d, VERDICT_NOT_MEASURED, "%s", buf_str(&b));
	} else if (sum->judged || sum->allowed) {
		delta_raise(d, VERDICT_PASS, "%s", passing);
	} else {
		delta_raise(d, VERDICT_NOT_APPLICABLE, "there is no container to look at");
	}
}

static bool applies(const struct container_aspect *aspect, const struct docker_facts *docker,
		    struct delta *d)
{
	const char *absent = NULL, *why = docker->not_measured;
	struct containers all;
	bool known = containers_get(&docker->containers, &all);

	if (!known)
		why = containers_why(&docker->containers);
	if (docker->install == DOCKER_NONE)
		absent = "Docker is not installed";
	else if (docker->unsupported)
		absent = docker->unsupported;
	else if (known && all.count == 0)
		absent = "there is no container";
	else if (!why && aspect->absent)
		absent = aspect->absent(docker);
	if (absent)
		delta_raise(d, VERDICT_NOT_APPLICABLE, "%s", absent);
	else if (why)
		delta_raise(d, VERDICT_NOT_MEASURED, "%s", why);
	return !absent && !why;
}

static int container_diff(const void *desired, const struct view *now, struct delta *ret,
			  struct error *err)
{
	const struct container_want *want = desired;
	const struct container_aspect *aspect = container_aspect_find(want->aspect);
	CLEANUP(sum_clear) struct sum sum = {0};

	if (!applies(aspect, &now->facts->docker, ret))
		return 0;
	judge_all(aspect, want, now->facts, &sum);
	tell(aspect, &now->facts->docker, &sum, ret);
	return 0;
}

static int container_check(const void *desired, struct error *err)
{
	const struct container_want *want = desired;
	const struct container_aspect *aspect = container_aspect_find(want->aspect);

	if (!aspect)
		return error_set(err, -EINVAL, "a container has no aspect '%s'", want->aspect);
	if (want->max >= 0 && !aspect->takes_max)
		return error_set(err, -EINVAL, "'%s' takes no 'max'", aspect->name);
	if (want->values.count && !aspect->check_values)
		return error_set(err, -EINVAL, "'%s' takes no 'values'", aspect->name);
	return want->values.count ? aspect->check_values(&want->values, err) : 0;
}

static unsigned container_needs(const void *desired)
{
	return FACTS_CONTAINERS;
}

static const struct field fields[] = {
	{.key = "aspect",
	 .type = FIELD_STRING,
	 .offset = offsetof(struct container_want, aspect),
	 .required = true,
	 .help = "what is looked at, such as privileged or host-network"},
	{.key = "allow",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct container_want, allow),
	 .help = "containers that may, by globs of their names"},
	{.key = "values",
	 .type = FIELD_STRING_LIST,
	 .offset = offsetof(struct container_want, values),
	 .help = "what is let pass: capabilities, ports, devices, paths, ... (globs)"},
	{.key = "max",
	 .type = FIELD_INT,
	 .offset = offsetof(struct container_want, max),
	 .def = -1,
	 .help = "the largest number that is let pass"},
	{0},
};

const struct module module_container = {
	.name = "container",
	.summary = "one aspect of every container, measured and never changed",
	.desired_size = sizeof(struct container_want),
	.fields = fields,
	.check = container_check,
	.needs = container_needs,
	.diff = container_diff,
};
