#pragma once

/*
 * What the files say that the next boot makes of a kernel setting, by the rules of sysctl.d(5): of
 * one name the first directory's counts, all are read in the order of their names, the last
 * assignment wins, one by name wins over one by a glob, and a name behind a "-" without a value is
 * left out. What lies below /run is gone by then.
 */

#include "engine/model/view.h"

struct sysctl_boot {
	char *value; /* NULL: nothing, or left out by name */
	char *file; /* that decides */
	bool by_name; /* not by a glob */
	bool by_ufw; /* which sets it after all of these files; for the caller */
};

void sysctl_boot_clear(struct sysctl_boot *b);

/* The key by its spelling with dots. Negative: what the files say is not known. */
int sysctl_boot_read(struct sysctl_boot *ret, const struct view *v, const char *key,
		     struct error *err);

/* The same of one file alone. */
int sysctl_boot_file(struct sysctl_boot *ret, const struct view *v, const char *path,
		     const char *key, struct error *err);

/* Names come with dots or slashes; the first of the two that is met separates. */
char *sysctl_dotted(const char *key);
