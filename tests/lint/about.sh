#!/bin/sh
# An error that names a path has it apart from its words, too: by error_set_at() or error_errno_at(), or by
# error_about() in the same statement or one of the two behind it. Not asked of formats, which know no path, nor of what reads a baseline,
# whose errors are about its own file.
#
#     about.sh ROOT
set -eu
cd "$1"

find engine/host engine/facts engine/plan engine/effect rollback cli modules/daemon -name '*.c' | sort | xargs awk '
# The places that were found, unless what follows says which path they are about.
function tell()
{
	printf "%s", place
	place = ""
}
BEGIN { RS = ";" }
FNR == 1 {
	tell()
	line = 1
}
place && ++behind > 2 { tell() }
/error_about\(/ { place = "" }
{
	before = substr($0, 1, match($0, /error_(set|errno|wrap)\(/))
	if (before && /\047%s\047/ && !/error_about\(/ && /[^a-z_]([a-z_]+(->|\.))*([a-z]+_)*path\)*[,)]/) {
		place = place FILENAME ":" line + gsub(/\n/, "", before) "\n"
		behind = 0
	}
	line += gsub(/\n/, "")
}
END { tell() }' | sed 's/$/: an error names a path and is not about it: error_set_at(), error_about()/' | { ! grep .; }
