#pragma once

/*
 * What a config file of containerd's (TOML) names: other such files that it takes in, and paths.
 * No more of the language is understood than that takes: its strings, and where a table begins.
 */

#include "engine/base/error.h"
#include "engine/base/strv.h"

struct containerd_config {
	struct strv
		imports; /* as they stand there: relative to the file's directory, with a "*" or without */
	struct strv paths; /* all other strings that are values and begin with "/", each once */
};

void containerd_config_clear(struct containerd_config *c);

/* Reads a file's text. -EBADMSG where a string is not closed, or one that counts has an escape that is not read here. */
int containerd_config_read(const char *text, struct containerd_config *ret, struct error *err);
