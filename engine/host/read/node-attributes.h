#pragma once

/* The attributes of what is behind a descriptor that stat does not tell. Private to engine/host. */

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/model/node.h"

/* Fills acl, default_acl and xattrs of a node. A file system without any is fine. Not for links. */
int node_read_xattrs(int fd, struct node *node, struct error *err);

/* Whether it is one of the attributes that are not the node's own: ACLs in any of their forms. */
bool is_acl_xattr(const char *name);
