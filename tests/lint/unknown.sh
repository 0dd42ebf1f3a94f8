#!/bin/sh
# What is unknown stays unknown: only who gathers facts reads the members behind containers_get()
# and count_get(), which say whether there is an answer at all.
#
#     unknown.sh SOURCE_FOLDER
set -eu
cd "$1"

found=$(grep -nE -r --include='*.c' '(->|\.)n?seen\b|\b(images|volumes)\.(n|known)\b|containers\.known\b' \
	modules cli rollback engine/effect engine/facts engine/plan engine/model engine/format |
	grep -Ev '^engine/facts/[^:]*:|^engine/model/container-list\.c:' || true)
[ -z "$found" ] || {
	echo 'read by containers_get(), containers_running() or count_get(), which tell unknown from none:'
	echo "$found"
	exit 1
}
