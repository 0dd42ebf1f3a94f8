#pragma once

/* Putting single rules into the kernel's list and taking them out. Host, write side. */

#include "engine/base/error.h"

/* `rule` is the text of one rule, -w or -a form. That it is there already (or gone already) is fine. */
int audit_add(const char *rule, struct error *err);
int audit_delete(const char *rule, struct error *err);
