#pragma once

#include "engine/base/strv.h"

/*
 * The words of a line as auditctl takes it apart, appended: at the blank alone, so that a tab or a carriage
 * return is part of its word, wherever it stands. "\ " is a blank in a word.
 */
void blank_words(const char *line, struct strv *ret);
