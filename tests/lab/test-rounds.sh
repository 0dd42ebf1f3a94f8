#!/bin/bash
#
# A share of campaign-rounds, by fixed seeds, on each suite.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

need_lab
for suite in "${SUITES[@]}"; do
	exits 0 "$suite: rounds of states, selections, kills, edits of others and cuts" \
		"$LAB_DIR/campaign-rounds" -n "${ROUNDS:-5}" -s 4711 "$suite"
	diag "$OUTPUT"
done
