#!/bin/sh
# Every numbered invariant of rollback/journal.h is named by a test.
#
#     invariants.sh SOURCE_DIRECTORY
set -eu
cd "$1"

found=0
for number in $(sed -n 's/^ \*   \(J[0-9]*\)  .*/\1/p' rollback/journal.h); do
	found=$((found + 1))
	grep -rqw --include='*.[ch]' --include='*.sh' "$number" tests/unit tests/cli tests/crash tests/power && continue
	echo "no test names $number"
	exit 1
done
[ "$found" -ge 8 ] || { echo 'no invariants at the top of rollback/journal.h'; exit 1; }
