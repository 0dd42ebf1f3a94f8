#pragma once

/* The ports that docker-proxy holds for containers on this host. Host, read side. */

#include "engine/base/error.h"
#include "engine/base/strv.h"

/*
 * "8080/tcp on 0.0.0.0" of each in this network; appended. -EACCES where it may not be told in which one
 * it is (who is not root).
 */
int proxies_list(struct strv *ret, struct error *err);

/* Likewise of these arguments of a process; NULL: it is no proxy. The caller frees it. */
char *proxy_port(const struct strv *args);
