#pragma once

/*
 * Access lists as the kernel's attribute (linux/posix_acl_xattr.h), made and read here. The C library's
 * functions that libacl and engine/host call are in this program's own form: what no kernel of ours would
 * store can be read, and names of users and groups may never be asked for.
 */

#include "tests/unit/temp-directory.h"

#include <stdint.h>

#include "engine/base/buf.h"
#include "engine/host/read/acl-text.h"
#include "engine/host/read/node-attributes.h"

#define NO_ID UINT32_MAX

struct raw_entry {
	uint16_t tag, perm;
	uint32_t id;
};

extern unsigned acl_values_read, acl_names_asked;
extern unsigned acl_too_small; /* so many times the value has just grown */

void acl_put_little(struct buf *to, uint32_t value, size_t bytes);
void acl_put_entry(struct buf *to, unsigned tag, unsigned perm, uint32_t id);
void acl_put_entries(struct buf *to, const struct raw_entry *entries);

/* What is read of a file with this attribute. */
int acl_read_value(const struct buf *bytes, const char *name, struct node *node, struct error *err);

/* The text that comes of a text; the caller frees it. */
char *acl_round_trip(const char *text, bool access);

/* As text and as bytes, each made by itself. */
void acl_make_random(struct buf *text, struct buf *bytes);
