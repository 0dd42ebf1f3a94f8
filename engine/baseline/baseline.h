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
 *         resources:                 # none only for class manual
 *           - docker-daemon: { key: icc, value: false }
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/model/control.h"

#define BASELINE_MAX_BYTES (10U << 20)

struct baseline {
	char *name, *version, *title;
	char *file; /* what messages and positions name */
	struct control *controls; /* in the order of the file */
	size_t ncontrols;
};

/* `modules` ends with NULL. `file` is for messages only. A failed load leaves *ret zeroed. */
int baseline_parse(struct baseline *ret, const char *file, const void *bytes, size_t n,
		   const struct module *const *modules, struct error *err);
void baseline_clear(struct baseline *b);

/* By id, or by alias ("2.1@dosec"; "2.1" when only one control has it); NULL when there is none. */
const struct control *baseline_find(const struct baseline *b, const char *name);

/* The baseline that is compiled into the program (plans/docker-host.yaml). */
extern const char builtin_baseline[];
extern const size_t builtin_baseline_len;
