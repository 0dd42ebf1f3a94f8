#pragma once

/*
 * Gathers the facts of a live host (or of an offline root) once, for all controls. Nothing it
 * asks starts or changes anything: the Engine API is asked only where docker.service is
 * active, since a connection to docker.socket would start the daemon. What cannot be read
 * leaves its reason in the facts; only a root that cannot be used at all is an error.
 */

#include "engine/base/error.h"
#include "engine/host/read/root.h"
#include "engine/model/facts.h"

/*
 * `witness_file`: what the last transaction saw the running daemon start with; NULL: none.
 * `parts`: of enum facts_part those that are asked for. `ret` is empty but for docker.silent, by which
 * a second look tells that dockerd did not answer the first one: then it is less patient.
 */
int facts_gather(struct facts *ret, const struct root *root, const char *witness_file,
		 unsigned parts, struct error *err);

/* What dockerd says of itself alone, by an answer that is not waited for long. */
void facts_gather_engine(struct facts *ret, const struct root *root);
