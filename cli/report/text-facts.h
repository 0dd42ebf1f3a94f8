#pragma once

/* The facts as text: the host, Docker and its settings, units, audit, places. */

#include "cli/report/style.h"
#include "engine/model/facts.h"

void text_facts(struct buf *b, const struct style *s, const struct facts *f);
