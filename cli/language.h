#pragma once

/*
 * In which language titles and explanations are told: as --lang says, else as the locale does by
 * gettext's rules (LANGUAGE, LC_ALL, LC_MESSAGES, LANG). Messages stay in English. No state.
 */

#include "cli/options.h"
#include "engine/baseline/catalog.h"

/* CODE_USAGE when --lang names a language that there is not. */
int language_check(const struct options *o);

/* NULL: nothing was chosen, or nothing that there is. */
const struct catalog *language_of(const struct options *o);
