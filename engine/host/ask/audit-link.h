#pragma once

/*
 * The conversation with the kernel's audit system that audit.c (reading) and audit-load.c
 * (changing) share. A link is the descriptor of libaudit; -1 when not open.
 */

#include <libaudit.h>
#include <stdbool.h>

#include "engine/base/error.h"

/* -EPERM with the reason when the kernel would not talk to us. */
int audit_link_open(int *ret_fd, struct error *err);
void audit_link_close(int *fd); /* for CLEANUP(audit_link_close) */

int audit_link_status(int fd, struct audit_status *ret, struct error *err);

/* Calls `each` for every rule in the kernel's order, until it returns a negative value. */
int audit_link_rules(int fd, int (*each)(const struct audit_rule_data *rule, void *data),
		     void *data, struct error *err);

/* The string of field i of a rule (not NUL-terminated), or NULL when the field is a number. */
const char *audit_rule_string(const struct audit_rule_data *rule, unsigned field, size_t *ret_len);

/* Whether the rule is about all system calls. */
bool audit_rule_all_syscalls(const struct audit_rule_data *rule);
