#pragma once

/*
 * Whether a value is no secret whatever it is called: it stands for another one, or says where that is. A guess
 * for who looks for secrets; what is shown is hidden all the same.
 */

#include <stdbool.h>

/* "$NAME", "${NAME}", some of them together; no "$ecret!", and no hash ("$6$..."). */
bool secret_is_variable(const char *value);

/* A variable, a path, a switch, a short number, a placeholder, nothing. */
bool secret_is_harmless(const char *value);
