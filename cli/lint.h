#pragma once

#include "cli/options.h"

/*
 * All files behind the word "lint" are looked at; the first exit code that is not CODE_OK is the
 * answer. Site files are held against the baselines of --baseline, or the built-in one.
 */
int lint(const struct options *o);
