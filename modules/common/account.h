#pragma once

/*
 * Accounts by the files of the host in view (passwd, group, subuid: colon-separated lines),
 * never by NSS: with --root another host's names count, and a lookup could go over the network.
 */

#include <sys/types.h>

#include "engine/model/view.h"

/* 1 and the number; 0: no such name; negative: the file cannot be read. "root" is 0 always. */
int account_uid(const struct view *v, const char *name, uid_t *ret, struct error *err);
int account_gid(const struct view *v, const char *name, gid_t *ret, struct error *err);

/*
 * The lines of such a file, comments left out. A missing file has none: 0. 1: it is there.
 * Negative: it cannot be read.
 */
int account_lines(const struct view *v, const char *path, struct strv *ret, struct error *err);

/* The first line whose first field is `name`, or NULL; owned by lines. */
const char *account_line(const struct strv *lines, const char *name);

/* A copy of the n-th field of a line (from 0), NULL when there are fewer. */
char *account_field(const char *line, size_t n);

/* The members in the n-th field of a line of group or gshadow, added as they are spelled. */
void account_members(const char *line, size_t n, struct strv *ret);

/* Those of the names that are not allowed, each once. */
void account_strangers(const struct strv *names, const struct strv *allowed, struct strv *ret);

/* The n-th field as a number: 0 and *ret, or -EINVAL. */
int account_number(const char *line, size_t n, unsigned long *ret);
