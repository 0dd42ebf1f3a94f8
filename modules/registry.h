#pragma once

/* All resource kinds, one array. */

#include "engine/model/module.h"

extern const struct module *const modules_all[]; /* ends with NULL */
