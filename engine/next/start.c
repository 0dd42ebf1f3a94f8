#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/secret.h"
#include "engine/host/ask/docker-log.h"
#include "engine/next/next.h"
#include "engine/next/parts.h"
#include "engine/next/start-line.h"

/* The trial of the next start, and what its last words are about. */

#define TIMEOUT_MS 40000
#define SAID_MAX 400
#define LEAST_VALUE 4 /* a shorter one stands in many words by chance */

/* What no start needs but one with such settings: what traffic within a bridge passes rules by. */
static bool needs_br_netfilter(const struct docker_facts *d)
{
	return !next_is(d, "iptables", "false") &&
	       (next_is(d, "icc", "false") || next_is(d, "userland-proxy", "false"));
}

/*
 * A start makes the kernel load modules, which stay, and the trial's may load none: where those of dockerd's are
 * not there yet, none is made. A kernel without modules has no /proc/modules, and of one that is built in there
 * may be no sign but what it brings: so these stand for all. NULL: they are there.
 */
static const char *would_load(const struct view *v)
{
	CLEANUP(buf_clear) struct buf systems = {0};

	if (!view_is_there(v, "/proc/modules"))
		return NULL;
	if (!view_is_there(v, "/sys/module/bridge"))
		return "bridge";
	if (view_content(v, "/proc/filesystems", &systems, NULL) >= 0 &&
	    !strstr(buf_str(&systems), "\toverlay\n"))
		return "overlay";
	return needs_br_netfilter(&v->facts->docker) &&
			       !view_is_there(v, "/sys/module/br_netfilter") &&
			       !view_is_there(v, "/proc/sys/net/bridge")
		       ? "br_netfilter"
		       : NULL;
}

/* Why none is made; NULL: one can be. The caller frees it. */
static char *refused(const struct view *v)
{
	const struct docker_facts *d = &v->facts->docker;
	const char *module = would_load(v);

	if (v->facts->offline)
		return xstrdup("nothing is started of an image");
	if (!v->facts->root)
		return xstrdup("that needs root");
	if (d->unsupported || d->start_unknown)
		return xstrdup(d->unsupported ? d->unsupported : d->start_unknown);
	if (!d->dockerd || !view_is_there(v, d->dockerd))
		return xstrdup("no dockerd was found that docker.service would start");
	if (module)
		return xasprintf("it would load modules into this kernel, which does not have all "
				 "of dockerd's yet (%s)",
				 module);
	return NULL;
}

/* The longest key of a flag or of the config file that the words name: "tls" is in "tlscert", too. */
static const char *key_in(const struct docker_facts *d, const char *words)
{
	const char *best = NULL;

	for (size_t i = 0; i < d->next.count; i++) {
		const char *key = d->next.items[i].key;

		if (str_has_word(words, key, ".") && (!best || strlen(key) > strlen(best)))
			best = key;
	}
	return best;
}

/* Words that name a value, and not what it is of: "invalid CIDR address: 172.17.0.0/99". */
static const char *key_of_value_in(const struct docker_facts *d, const char *words)
{
	for (size_t i = 0; i < d->next.count; i++) {
		const char *value = d->next.items[i].value;
		CLEANUP(freep) char *text = value ? json_value_to_string(value) : NULL;

		if (text && strlen(text) >= LEAST_VALUE && strstr(words, text))
			return d->next.items[i].key;
	}
	return NULL;
}

/* A file that the words quote: "unable to configure the Docker daemon with file /etc/docker/daemon.json". */
static bool names_file(const struct docker_facts *d, const char *words)
{
	return d->config_file && strstr(words, d->config_file);
}

static void tell_why(const struct view *v, const char *who, const struct start_result *result,
		     struct foresights *ret)
{
	const struct docker_facts *d = &v->facts->docker;
	CLEANUP(freep) char *why = docker_log_find_why(buf_str(&result->said));
	CLEANUP(freep) char *shown = secret_hide(why ? why : ""), *file = NULL;
	const char *key = why ? key_in(d, why) : NULL;
	size_t line = 0;

	if (why && !key)
		key = key_of_value_in(d, why);
	if (key)
		file = next_place_of_key(v, key, &line);
	if (!file && why && names_file(d, why))
		file = xstrdup(d->config_file);
	foresight_add(ret, NEXT_START, FORESIGHT_FAIL, file, line,
		      "%s was started as the next boot would, and gave up (%d): %.*s", who,
		      result->code, SAID_MAX, *shown ? shown : "it did not say why");
}

static void tell(const struct view *v, const struct start_trial *t,
		 const struct start_result *result, double ms, struct foresights *ret)
{
	const char *dockerd = v->facts->docker.dockerd;

	switch (result->end) {
	case START_UP:
		foresight_pass(ret, NEXT_START,
			       "'%s' was started as the next boot would, and %s in %.1f s", dockerd,
			       t->asked ? "answered" : "was ready", ms / 1000);
		break;
	case START_GAVE_UP:
		tell_why(v, "dockerd", result, ret);
		break;
	case START_NO_CONTAINERD:
		if (result->code)
			tell_why(v, "containerd", result, ret);
		else
			foresight_add(ret, NEXT_START, FORESIGHT_NOT_MEASURED, NULL, 0,
				      "containerd was not up in time, in which dockerd's next "
				      "start is tried");
		break;
	case START_SLOW:
		foresight_add(ret, NEXT_START, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "'%s' was started as the next boot would, and neither answered nor "
			      "gave up within %d s",
			      dockerd, TIMEOUT_MS / 1000);
		break;
	}
}

static void try_start(const struct view *v, const struct start_trial *t, struct foresights *ret)
{
	CLEANUP(start_result_clear) struct start_result result = {0};
	CLEANUP(error_clear) struct error err = {0};
	double before = clock_ms();

	if (start_trial_run(t, &result, &err) < 0)
		foresight_add(ret, NEXT_START, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "dockerd's next start could not be tried: %s", error_text(&err));
	else
		tell(v, t, &result, clock_ms() - before, ret);
}

void next_start(const struct view *v, struct foresights *ret)
{
	CLEANUP(start_trial_clear) struct start_trial trial = {.timeout_ms = TIMEOUT_MS};
	CLEANUP(freep) char *why = refused(v);
	struct start_files files = {0};

	if (!why)
		why = start_line_make(v, &trial, &files);
	if (why)
		foresight_add(ret, NEXT_START, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "dockerd's next start was not tried: %s", why);
	else
		try_start(v, &trial, ret);
	buf_clear(&files.text);
}
