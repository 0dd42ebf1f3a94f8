#pragma once

/*
 * What keeps containers from starting under a seccomp profile. dockerd takes any file at its start,
 * and it or runc refuses each container then. Measured with 20.10.24, 26.1.5 and 28.5.2.
 */

/* Why, for people, on an engine of that version (NULL: not known); NULL: nothing that is known. The caller frees it. */
char *seccomp_profile_error(const char *text, const char *version);
