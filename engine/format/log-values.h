#pragma once

/*
 * Values of log-opts that dockerd takes at its start, some of them at least, and with which it then
 * starts no container. Measured with 20.10 and 28.5: tests/lab/test-dead-settings.sh. What is not told
 * here: whether a regular expression is one, what a template says beyond the names in it.
 */

#include "engine/base/strv.h"

/*
 * Why no container would start with these options (names, and as many values as plain text) of one of
 * dockerd's own drivers: the first reason; the caller frees it. NULL: none is known. No value is in it.
 */
char *log_values_error(const char *driver, const struct strv *names, const struct strv *values);
