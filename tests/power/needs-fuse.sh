#!/bin/sh
# Stands in for the proof where it could not be built; where that is what counts, it fails.
why='needs libfuse3-dev (tests/power/packages), on x86-64'
if [ "${CI:-}" = true ]; then
	printf 'not ok 1 - %s\n1..1\n' "$why"
	exit 1
fi
echo "1..0 # SKIP $why"
exit 0 # of TAP a skipped test; another code would be an error
