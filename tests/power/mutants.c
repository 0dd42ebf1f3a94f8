#include "tests/power/mutants.h"

#include "engine/base/macros.h"

#define UP (1U << ARM_APPLY)
#define BACK (1U << ARM_ROLLBACK)
#define UNDO (1U << ARM_UNDO | 1U << ARM_UNDO_ROLLBACK)
#define DOUBT (1U << ARM_DOUBT)
#define KILL (1U << ARM_KILL | 1U << ARM_KILL_COMMIT | 1U << ARM_KILL_ROLLBACK)
#define WAITS (1U << ARM_WAIT)
#define RECOVERY                                                                                   \
	(1U << ARM_RECOVER | 1U << ARM_RECOVER_ROLLBACK | 1U << ARM_RECOVER_LATE |                 \
	 1U << ARM_KILL_RECOVER)
#define ONE 1U
#define TWO 2U
#define THREE 4U /* the state on one of its own */
#define RECORD(type) ((enum point)(POINT_RECORD + RECORD_##type))
#define CONFIRMED(type) ((enum point)(POINT_CONFIRM_RECORD + RECORD_##type))
#define RECOVERED(type) ((enum point)(POINT_RECOVERY_RECORD + RECORD_##type))

/* Each point that is ever met has its row: `power states` holds what it met against them. */
const struct mutant mutants[] = {
	{POINT_ALL, UP | BACK, ONE | TWO},
	{POINT_STAGED_LIST, UP, ONE | TWO},
	{POINT_SNAPSHOT_TARGETS, UP | BACK, TWO},
	{POINT_SNAPSHOT_STATE, UP | BACK, THREE},
	{POINT_JOURNAL_FILE, UP | BACK, ONE | TWO},
	{POINT_JOURNAL_DIRECTORY, UP | BACK, ONE | TWO},
	{POINT_LATE_STAGE, UP | BACK | UNDO, ONE | TWO},
	{POINT_MOVE_UP, UP | BACK, ONE | TWO},
	{POINT_MOVE_DOWN, UNDO | DOUBT | RECOVERY, ONE | TWO},
	{POINT_SWEEP, UP | BACK | UNDO, TWO},
	{POINT_RECOVER, KILL | RECOVERY, THREE},
	{RECORD(COMMIT), UP | BACK, ONE | TWO},
	{RECORD(WAITING), WAITS, ONE | TWO},
	{CONFIRMED(COMMIT), 1U << ARM_CONFIRM, ONE | TWO},
	{RECORD(UNDO_BEGIN), UNDO | DOUBT, ONE | TWO},
	{RECORD(UNDO_DONE), UNDO | DOUBT, ONE | TWO},
	{RECOVERED(UNDO_BEGIN), 1U << ARM_RECOVER_LATE, ONE | TWO},
	{RECOVERED(UNDO_DONE), KILL | RECOVERY, ONE | TWO},
};
const size_t mutant_count = ARRAY_SIZE(mutants);

bool mutants_have(enum point point)
{
	for (size_t i = 0; i < mutant_count; i++)
		if (mutants[i].point == point)
			return true;
	return false;
}

/* Those that have no seeds are tried with the first one. */
static bool is_due(const struct mutant *m, enum arm arm, enum pace_mode mode, unsigned round)
{
	return m->arms & 1U << arm && (round == 0 || arm_has_seeds(arm, mode));
}

static int try_round(struct bench *b, const struct mutant *m, const struct mutant_budget *budget,
		     const bool *skip, unsigned round, struct tally *tally)
{
	/* those that show the most first */
	static const enum pace_mode modes[] = {PACE_LAZY, PACE_UNRELATED, PACE_ALL, PACE_SOME};
	int r = 0;

	for (unsigned i = 0; i < PACE_COUNT * ARM_COUNT && r >= 0 && !tally->bad; i++) {
		const struct arm_run run = {.arm = (enum arm)(i % ARM_COUNT),
					    .mode = modes[i / ARM_COUNT],
					    .seed = budget->seed + round,
					    .limit = budget->limit,
					    .skip = skip,
					    .stop_at_bad = true,
					    .verbose = budget->verbose};

		if (is_due(m, run.arm, run.mode, round))
			r = arm_run(b, &run, tally);
	}
	return r;
}

int mutant_run(struct bench *b, const struct mutant *m, const struct mutant_budget *budget,
	       struct tally *tally)
{
	bool skip[POINT_COUNT] = {false};
	int r = 0;

	for (size_t i = 0; i < POINT_COUNT; i++)
		skip[i] = m->point == POINT_ALL || m->point == (enum point)i;
	for (unsigned round = 0; round < budget->rounds && r >= 0 && !tally->bad; round++)
		r = try_round(b, m, budget, skip, round, tally);
	return r;
}
