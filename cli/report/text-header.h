#pragma once

/* What a report begins with: the host, its Docker, and by which baseline it is measured. */

#include "cli/report/style.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

/*
 * Where the host is and by which baseline it is measured; `facts` NULL: a plan from a file.
 * `baseline` and `level` are as in the plan.
 */
void text_header(struct buf *b, const struct style *s, const struct facts *facts,
		 const struct plan *plan);

/* "Docker 26.1.5 (docker-ce, systemd)" and why something is not known. */
void text_docker(struct buf *b, const struct style *s, const struct facts *facts);
