#pragma once

/*
 * Three-way merges of single values: what a step that was made from `base` to `other` makes of
 * `ours`. Values of several words (a command line, an override of dpkg's) are merged word by
 * word, so that two flags in one line are two things; all other values are one thing each.
 */

#include "engine/model/subject.h"

/* 0 and the value (NULL: not there; the caller frees it); 1: both changed it, each differently. */
int value_merge(struct subject subject, const char *base, const char *other, const char *ours,
		char **ret_value);
