#pragma once

/*
 * What is written into docker.service's config file, another dockerd may read, too (facts: readers). It is
 * refused where that one would not start again; what is not known of it is an objection (objections.h).
 */

#include "engine/model/delta.h"
#include "engine/model/facts.h"

void refuse_beside_readers(const struct facts *f, struct delta *d);
