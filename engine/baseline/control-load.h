#pragma once

/*
 * One control of a baseline from its YAML mapping: its keys by a table, its resources by the
 * modules' tables, and what must hold between them.
 */

#include "engine/base/error.h"
#include "engine/baseline/catalog.h"
#include "engine/baseline/yaml-tree.h"
#include "engine/model/control.h"

struct control_source {
	const struct tree *tree;
	const char *file; /* for positions; lives as long as the controls */
	const struct module *const *modules; /* ends with NULL */
	const struct texts *texts; /* for what the control does not say itself; may be NULL */
};

/* A failed load leaves *ret to be released by control_clear() like a good one. */
int control_load(const struct control_source *source, const struct tree_node *node,
		 struct control *ret, struct error *err);
void control_clear(struct control *control);

/* What a site may say of a control beside its settings. */
extern const struct field control_site_fields[];

/* Whether "KEY" or "ADDRESS.KEY", as `site` of a control has it, is this setting of the resource. */
bool setting_is(const char *setting, const struct resource *r, const char *key);

/*
 * Asks the modules once more whether the fields fit together, after a site changed some. A mistake is told at
 * the place of its resource among `places`, which has one for each.
 */
int control_check_settings(struct control *c, const struct position *places, struct error *err);

/*
 * Who is asked has to be told of what: `hold` goes with `apply: opt-in`. `node` is the mapping that sets
 * them, or some of them; the control has them all.
 */
int control_check_hold(const struct tree *tree, const struct tree_node *node,
		       const struct control *c, struct error *err);
