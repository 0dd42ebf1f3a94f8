#pragma once

/*
 * The kernel's audit rules through libaudit's netlink. Reading works for root in the first pid
 * namespace only; elsewhere the kernel refuses, which the caller reports as not measured.
 */

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/model/facts.h"

/* Fills enabled, failure and kernel_rules ("-a always,exit -F dir=/etc/docker -F perm=wa -F key=docker"). */
int audit_read(struct audit_facts *ret, struct error *err);
