#pragma once

/*
 * What a restart of dockerd does beside what a control wants (facts: restart_brings) holds back
 * the controls that need one, and those alone; likewise systemd's reading its units again. Where
 * the flags of the next start cannot be told, no setting of dockerd is changed unasked.
 */

#include "engine/model/delta.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

void hold_restart(const struct facts *facts, struct delta *delta);

/*
 * As holds: what others wrote into dockerd's config file, which the control's restart or reload
 * would put in force. What the plan itself makes of a key (`planned`, and the control's own) is
 * not theirs.
 */
void hold_waiting(const struct facts *facts, const struct strv *planned, struct delta *delta);

/* The lines of it for a restart or a reload, whichever is among the handlers. */
void waiting_brought(const struct facts *facts, unsigned handlers, const struct strv *own,
		     struct strv *ret);

/* The keys of dockerd that the plan sets in its file or in force. */
void plan_dockerd_keys(const struct plan *plan, const struct facts *facts, struct strv *ret);

/* As holds of controls that need a restart: the containers that it would stop. */
void hold_stopping(const struct facts *facts, const struct stopped_list *stopped,
		   struct delta *delta);

/*
 * Whether dockerd can be given live-restore while it runs, by the control of that name: it is asked,
 * takes its file anew, no flag of its keeps it from that, and the host is in no swarm.
 */
bool live_can_be_had(const struct facts *facts);

/* The same of a plan that has no controls to hold back, as a line for who has to consent to it. */
void stopping_brought(const struct facts *facts, const struct plan *plan, struct strv *ret);

/* What speaks against telling dockerd anything: it runs and does not answer. NULL: nothing; the caller frees it. */
char *dockerd_mute(const struct facts *facts);

/* Whether dockerd can be asked beforehand if it would start (dockerd --validate, 23.0). */
bool start_can_be_asked(const struct facts *facts);
