#pragma once

/*
 * What is written into docker.service's config file, another dockerd may read, too (facts: readers). It is
 * refused where that one would not start again; what is not known of it is an objection (objections.h).
 */

#include "engine/model/delta.h"
#include "engine/model/facts.h"

void refuse_beside_readers(const struct facts *f, struct delta *d);

/*
 * Why it has to be consented to, for people: nobody looks at that one; the caller frees it. NULL: one that
 * does not run starts with the file as well as without.
 */
char *reader_unknown_text(const struct facts *f, const struct config_reader *r);
