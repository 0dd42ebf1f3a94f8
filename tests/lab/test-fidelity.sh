#!/bin/bash
#
# A share of campaign-fidelity, by fixed seeds: all of the baseline at once, subsets at random, edits of
# others between, and the control arm, which must lose. It hangs on no version of Docker's, so by default
# on one suite.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

need_lab
for suite in "${SUITES[@]}"; do
	whole "$suite" || continue
	exits 0 "$suite: apply and rollback leave files and what is in force as they were, and the control arm loses" \
		"$LAB_DIR/campaign-fidelity" -n "${SUBSETS:-5}" -s "${SEED:-4711}" -c "$suite"
	diag "$OUTPUT"
	like "$OUTPUT" 'fidelity: [a-z]+: ([0-9]+) of \1 identical' "$suite: ... each that was tried"
done
