#include "tests/power/mutants.h"

#include "engine/base/macros.h"

#define UP (1U << ARM_APPLY)
#define BACK (1U << ARM_ROLLBACK)
#define UNDO (1U << ARM_UNDO)
#define DOUBT (1U << ARM_DOUBT)
#define KILL (1U << ARM_KILL | 1U << ARM_KILL_COMMIT)
#define RECOVERY (1U << ARM_RECOVER)
#define ONE 1U
#define TWO 2U
#define RECORD(type) ((enum point)(POINT_RECORD + RECORD_##type))
#define RECOVERED(type) ((enum point)(POINT_RECOVERY_RECORD + RECORD_##type))

const struct mutant mutants[] = {
	{POINT_ALL, UP | BACK, ONE | TWO, NULL},
	{POINT_STAGED_LIST, UP, ONE | TWO, NULL},
	{POINT_STAGED_FOLDER, UP, ONE | TWO,
	 "the sync of the list's content made the new entry durable on all four; POSIX promises "
	 "less"},
	{POINT_SNAPSHOT_TARGETS, UP | BACK, TWO, NULL},
	{POINT_SNAPSHOT_STATE, UP | BACK, TWO, NULL},
	{POINT_JOURNAL_FILE, UP | BACK, ONE | TWO, NULL},
	{POINT_JOURNAL_FOLDER, UP | BACK, ONE | TWO, NULL},
	{POINT_LATE_STAGE, UP | BACK | UNDO, ONE | TWO, NULL},
	{POINT_MOVE_UP, UP | BACK, ONE | TWO, NULL},
	{POINT_MOVE_DOWN, UNDO | DOUBT | RECOVERY, ONE | TWO, NULL},
	{POINT_SWEEP, UP | BACK | UNDO | RECOVERY, ONE | TWO, NULL},
	{POINT_RECOVER, KILL | RECOVERY, ONE | TWO,
	 "recovery syncs the journal again with each record before it says anything"},
	{RECORD(APPLIED), UP | BACK | UNDO, ONE | TWO,
	 "only tells how far it got: COMMIT syncs it too"},
	{RECORD(EFFECT_BEGIN), UP | BACK | UNDO, ONE | TWO,
	 "effects do not outlive a power cut, and a kill loses no record"},
	{RECORD(EFFECT_END), UP | BACK | UNDO, ONE | TWO, "nothing is decided by it"},
	{RECORD(COMMIT), UP | BACK, ONE | TWO, NULL},
	{RECORD(UNDO_BEGIN), UNDO | DOUBT, ONE | TWO, NULL},
	{RECORD(UNDO_DONE), UNDO | DOUBT, ONE | TWO, NULL},
	{RECORD(SWEPT), UP | BACK | UNDO, ONE | TWO, "without it recovery sweeps once more"},
	{RECOVERED(UNDO_BEGIN), KILL | RECOVERY, ONE | TWO,
	 "there is no COMMIT that it must outweigh, or the undo goes on by the one that is there"},
	{RECOVERED(UNDO_DONE), KILL | RECOVERY, ONE | TWO, NULL},
	{RECOVERED(SWEPT), KILL | RECOVERY, ONE | TWO, "without it recovery sweeps once more"},
};
const size_t mutant_count = ARRAY_SIZE(mutants);

int mutant_run(struct bench *b, const struct mutant *m, uint64_t seed, size_t limit, int verbose,
	       struct tally *tally)
{
	bool skip[POINT_COUNT] = {false};
	int r = 0;

	for (size_t i = 0; i < POINT_COUNT; i++)
		skip[i] = m->point == POINT_ALL || m->point == (enum point)i;
	for (int mode = 0; mode < PACE_COUNT && r >= 0; mode++) {
		for (int arm = 0; arm < ARM_COUNT && r >= 0; arm++) {
			const struct arm_run run = {.arm = (enum arm)arm,
						    .mode = (enum pace_mode)mode,
						    .seed = seed,
						    .limit = limit,
						    .skip = skip,
						    .stop_at_bad = true,
						    .verbose = verbose};

			if (!(m->arms & 1U << arm))
				continue;
			r = arm_run(b, &run, tally);
			if (tally->bad)
				return r;
		}
	}
	return r;
}
