#pragma once

/*
 * Services whose unit is no file of its own: systemd's generators make it at each boot, of a script in
 * /etc/init.d (systemd-sysv-generator(8)) or of something else.
 */

#include "engine/base/error.h"
#include "engine/model/view.h"

/* Where generators put their units and links; ends with NULL. */
extern const char *const generator_directories[];

/*
 * 1 where a generator makes a unit of that name: *ret_path gets the script, or what was generated;
 * 0 where none does.
 */
int generated_unit_find(const struct view *v, const char *name, char **ret_path, struct error *err);

/* Likewise the link in a run level's directory by which its script starts at boot. */
int init_script_start(const struct view *v, const char *name, char **ret_path, struct error *err);
