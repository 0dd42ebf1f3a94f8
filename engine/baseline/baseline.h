#pragma once

/*
 * Baselines: YAML to controls and resources. What the files may hold is described by tables
 * (the modules' fields, the control's keys), so every mistake is an error that names file,
 * line and column: unknown or repeated keys, wrong types, missing keys, repeated ids, anchors
 * that refer to themselves, anything but UTF-8, files above 10 MB.
 *
 * Shape (plans/docker-host.yaml is the example):
 *
 *     baseline: docker-host
 *     version: "1.0"
 *     title: ...
 *     controls:
 *       - id: daemon.icc
 *         title: ...
 *         level: 1                   # default 1
 *         class: remediate           # remediate (default), check, manual
 *         apply: auto                # auto (default), opt-in
 *         hold: ...                  # opt-in: why it is held back (required then)
 *         aliases: [2.1@dosec, 2.2@cis-1.6.0]
 *         description: ...           # the eight facets; each optional here
 *         rationale: ...  audit: ...  result: ...  remediation: ...
 *         impact: ...  default: ...  references: ...
 *         site: [value]              # settings that only the site can give (site.h)
 *         resources:                 # none only for class manual
 *           - docker-daemon: { key: icc, value: false }
 *
 * A large baseline comes in parts: its head has `parts: [audit, daemon]` in place of or beside
 * `controls`, and docker-host/audit.yaml beside it begins with `part-of: docker-host`.
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/baseline/catalog.h"
#include "engine/baseline/text-check.h"
#include "engine/model/control.h"

/* An id or alias, and where it stands. */
struct baseline_name {
	const char *text; /* the control's */
	struct position position;
	size_t control; /* its place */
};

struct baseline {
	char *name, *version, *title;
	struct strv parts;
	struct strv files; /* that were read; what messages and positions name */
	struct control *controls; /* in the order of the files */
	size_t ncontrols;
	struct baseline_name *names; /* sorted: to find one, and those that are there twice */
	size_t nnames;
	struct strv site_files; /* that were laid over it (site.h) */
};

/* What a baseline is made with. */
struct baseline_source {
	const struct module *const *modules; /* ends with NULL */
	const struct texts *texts; /* for controls that bring none; NULL: they must */
};

/*
 * A whole baseline, or the head of one that comes in parts: each of them must follow, in order,
 * by baseline_parse_part(). `file` is for messages only. A failure leaves *b zeroed.
 */
int baseline_parse(struct baseline *b, const char *file, const void *bytes, size_t n,
		   const struct baseline_source *source, struct error *err);
int baseline_parse_part(struct baseline *b, const char *file, const void *bytes, size_t n,
			const struct baseline_source *source, struct error *err);

/*
 * Where part i lies: beside the head, in a directory of the baseline's name. The caller frees it.
 */
char *baseline_part_file(const struct baseline *b, size_t i);
void baseline_clear(struct baseline *b);

/* By id, or by alias ("2.1@dosec"; "2.1" when only one control has it); NULL when there is none. */
const struct control *baseline_find(const struct baseline *b, const char *name);

/* How many controls that name means; *ret is one of them, and untouched where there is none. */
size_t baseline_count(const struct baseline *b, const char *name, const struct control **ret);

/* Where an id or a whole alias stands; NULL: nowhere. */
const struct baseline_name *baseline_find_name(const struct baseline *b, const char *text);
