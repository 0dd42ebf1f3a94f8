#pragma once

/*
 * Children that go behind the sandbox's walls, and a directory with "file" and "dir/" in which they
 * find out what they still can do.
 */

#include "tests/unit/temp-directory.h"

/* The path of the directory, and that of a name in it; the caller frees the latter. */
extern char *directory;
char *in_directory(const char *name);

/* A cmocka setup function; temp_directory_teardown() goes with it. */
int sandbox_child_setup(void **state);

#define SANDBOX_TEST(f)                                                                            \
	cmocka_unit_test_setup_teardown(f, sandbox_child_setup, temp_directory_teardown)

/* "file" and "dir/" in the directory, whatever the child before did to them. */
void make_files(void);

#define CRASHED 1000
#define NOT_SET_UP 1001

/*
 * What `run` returns behind these walls, without its sign: so an errno or 0. NOT_SET_UP when one
 * of the walls in `needed` does not stand.
 */
int in_child(int (*run)(void), unsigned walls, unsigned needed);

/* What this machine and this build have; a wall that is not here cannot be tested. */
unsigned available(unsigned walls);
