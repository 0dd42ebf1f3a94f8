#pragma once

/*
 * What one id may do with one inode, by owner, group, mode and access list (acl(5)), without any capability: for ids
 * of others, of whom nobody can be asked to try.
 */

#include <sys/types.h>

#include "engine/model/node.h"

enum { ACCESS_PASS = 1, ACCESS_WRITE = 2, ACCESS_READ = 4 };

/*
 * Of the three those that it may. It is in no group but `gid`. Of an access list that is not understood what every
 * reading of it gives: nothing.
 */
unsigned node_access(const struct node *n, uid_t uid, gid_t gid);
