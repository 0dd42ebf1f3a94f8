#pragma once

/* Files of the real host: a case's directory and the contents of a sandbox. */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/strv.h"

/* Appends a file's bytes; -ENOENT when it is not there. */
int read_whole(const char *file, struct buf *ret, struct error *err);
int write_whole(const char *file, const struct buf *bytes, struct error *err);

/* Directories with 0755, as far as they are missing. */
int make_directories(const char *directory, struct error *err);

/*
 * Everything below a directory, directories before what is in them. A directory that is missing has
 * nothing.
 */
int list_tree(const char *directory, struct strv *ret, struct error *err);
bool is_directory(const char *file);

/* Contents, directories and links; with 0644 and 0755. */
int copy_tree(const char *from, const char *to, struct error *err);

/* A directory with all that is in it; that it is missing is fine. */
void remove_tree(const char *directory);
