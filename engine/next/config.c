#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/daemon-place.h"
#include "engine/next/parts.h"

/* What dockerd reads at its start: as far as its config file and its flags tell it without a start. */

/* The line of what the reason is about; 0: not told. */
static size_t line_of_reason(const struct view *v, const char *file, const char *why)
{
	CLEANUP(buf_clear) struct buf text = {0};

	return view_content(v, file, &text, NULL) < 0 ? 0 : daemon_line_of_reason(&text, why);
}

static void look_at_file(struct next *n)
{
	const struct docker_facts *d = n->docker;

	if (d->file_error && d->file_untrusted)
		foresight_add(n->ret, NEXT_CONFIG, FORESIGHT_NOT_MEASURED, d->config_file, 0,
			      "whether dockerd takes it is not known: %s", d->file_error);
	else if (d->file_error)
		foresight_add(n->ret, NEXT_CONFIG, FORESIGHT_FAIL, d->config_file,
			      line_of_reason(n->view, d->config_file, d->file_error),
			      "dockerd would refuse it: %s", d->file_error);
}

/* In both places, which dockerd does not start with. */
static void look_at_conflicts(struct next *n)
{
	const struct docker_facts *d = n->docker;

	for (size_t i = 0; i < d->conflicts.count; i++) {
		const char *key = d->conflicts.items[i], *file = NULL, *text = "";
		CLEANUP(freep) char *place = NULL;
		size_t line;

		for (size_t k = 0; k < d->nnext_flags; k++)
			if (strcmp(d->next_flags[k].key, key) == 0) {
				file = d->next_flags[k].file;
				text = d->next_flags[k].text;
			}
		place = next_place_of_key(n->view, key, &line);
		foresight_add(
			n->ret, NEXT_CONFIG, FORESIGHT_FAIL, place, line,
			"dockerd would not start: '%s' is set here and as a flag, too%s%s%s%s%s",
			key, *text ? " (" : "", *text ? text : "", file ? " of " : "",
			file ? file : "", *text ? ")" : "");
	}
}

static void look_at_flags(struct next *n)
{
	const struct docker_facts *d = n->docker;

	for (size_t i = 0; i < d->nnext_flags; i++) {
		const struct daemon_key *k = daemon_key_find(d->next_flags[i].key);

		if (k && k->removed && d->version &&
		    engine_version_compare(d->version, k->removed) >= 0)
			foresight_add(n->ret, NEXT_CONFIG, FORESIGHT_FAIL, d->next_flags[i].file,
				      next_line_with(n->view, d->next_flags[i].file,
						     d->next_flags[i].text),
				      "dockerd %s does not know the flag %s: it is gone since %s",
				      d->version, d->next_flags[i].text, k->removed);
	}
}

/* Files that are gone when the next boot reads them. */
static void look_at_volatile(struct next *n)
{
	static const char *const keys[] = {"config-file", "tlscacert",       "tlscert",
					   "tlskey",      "seccomp-profile", "init-path"};
	static const char *const places[] = {"/run/", "/var/run/", "/tmp/", "/dev/shm/"};
	const struct unit_facts *u = facts_unit(n->view->facts, "docker.service");

	for (size_t i = 0; i < ARRAY_SIZE(keys) * ARRAY_SIZE(places); i++) {
		const char *key = keys[i / ARRAY_SIZE(places)];
		CLEANUP(freep) char *path = next_text(n->docker, key), *file = NULL;
		size_t line;

		if (!starts_with(path, places[i % ARRAY_SIZE(places)]))
			continue;
		file = next_place_of_key(n->view, key, &line);
		foresight_add(n->ret, NEXT_CONFIG, FORESIGHT_NOT_MEASURED, file, line,
			      "'%s' (%s) is gone with the boot: whether somebody makes it again "
			      "before dockerd starts is not known",
			      path, key);
	}
	for (size_t i = 0; u && i < u->dropins.count; i++)
		if (starts_with(u->dropins.items[i], "/run/systemd/system"))
			foresight_add(n->ret, NEXT_CONFIG, FORESIGHT_NOT_MEASURED,
				      u->dropins.items[i], 0,
				      "it is gone with the boot, and docker.service is read "
				      "without it: what it says was taken into account here");
}

/* Its state lies in the data root, which no trial has. */
static void look_at_swarm(struct next *n)
{
	const struct docker_facts *d = n->docker;
	const struct setting *s = settings_find(&d->next, "live-restore");
	CLEANUP(freep) char *place = NULL;
	size_t line;

	if (!d->swarm || strcmp(d->swarm, "inactive") == 0 || !s ||
	    strcmp_null(s->value, "true") != 0)
		return;
	place = next_place_of_key(n->view, "live-restore", &line);
	foresight_add(n->ret, NEXT_CONFIG, FORESIGHT_FAIL, place, line,
		      "dockerd would not start: it is a node of a swarm, and live-restore is on");
}

void next_config(struct next *n)
{
	const struct docker_facts *d = n->docker;

	look_at_file(n);
	look_at_conflicts(n);
	look_at_flags(n);
	look_at_volatile(n);
	look_at_swarm(n);
	if (d->start_error)
		foresight_add(n->ret, NEXT_CONFIG, FORESIGHT_FAIL, NULL, 0,
			      "dockerd does not start, as it is: %s", d->start_error);
	if (d->start_unknown)
		foresight_add(n->ret, NEXT_CONFIG, FORESIGHT_NOT_MEASURED, NULL, 0, "%s",
			      d->start_unknown);
	foresight_pass(n->ret, NEXT_CONFIG, "the config file and the flags agree");
}
