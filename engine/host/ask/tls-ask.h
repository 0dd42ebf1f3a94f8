#pragma once

/*
 * Whether who listens at an address of TCP speaks TLS: the handshake is made, and nothing else. Nobody's certificate is
 * looked at, and none is shown: with TLS 1.3 who listens is done with the handshake before it asks for one, so that
 * this works beside tlsverify, and says nothing of whom it lets in. Host, ask side.
 */

#include <stdbool.h>

#include "engine/base/error.h"

/* `at` as knock_text() has it. *ret: it does. Negative: there is nothing to try it with (libcurl). */
int tls_ask(const char *at, int timeout_ms, bool *ret, struct error *err);
