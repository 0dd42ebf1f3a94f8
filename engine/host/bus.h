#pragma once

/*
 * systemd through sd-bus. The read side asks properties and starts nothing: it talks to
 * /run/systemd/private as root, else to the system bus. The write side (bus-job.h) reloads and
 * restarts. A host without systemd is an error of bus_open(), for callers to turn into a reason.
 */

#include "engine/base/error.h"
#include "engine/model/facts.h"

struct bus;

int bus_open(struct bus **ret, struct error *err);
void bus_free(struct bus *b);

/* Fills a unit's facts. A unit that is not there has exists = false; that is no error. */
int bus_unit(struct bus *b, const char *unit, struct unit_facts *ret, struct error *err);
