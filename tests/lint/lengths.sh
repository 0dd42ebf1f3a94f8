#!/bin/sh
# No length of a text is counted by hand: how a string begins is asked by engine/base/str.h. What
# strncmp() and strncasecmp() get may be a length that was measured for another reason, but no
# number, and neither strlen() nor sizeof of what is compared; and no end is looked for by counting
# back from where a string ends.
#
#     lengths.sh ROOT
set -eu
cd "$1"

# A call may go over several lines: each is looked at as the text up to its ";" or "{".
find engine modules rollback cli tests -name '*.[ch]' ! -path engine/base/str.h -exec awk '
function look(    call, number)
{
	call = text
	gsub(/"([^"\\]|\\.)*"/, "\"\"", call) # a text may hold commas and brackets
	number = "strn(case)?cmp\\(([^()]|\\([^()]*\\))*, *(\\([a-z_ ]*\\) *)?([0-9]+|(strlen|sizeof) ?\\([^()]*\\)[^,()]*)\\)"
	if (call ~ number || call ~ /(str|mem)(n?case|n)?cmp\([^,]* - [0-9]+, *""/)
		print place ": " text
	text = ""
}
FNR == 1 { text = "" }
text == "" && /(str|mem)(n?case|n)?cmp\(/ { place = FILENAME ":" FNR }
text != "" || /(str|mem)(n?case|n)?cmp\(/ {
	line = $0
	sub(/^[ \t]*/, "", line)
	text = text (text == "" ? "" : " ") line
	if (line ~ /[;{]$/)
		look()
}
' {} + | {
	! grep . || {
		echo 'counted by hand: ask starts_with(), skip_prefix() or their like (engine/base/str.h)'
		exit 1
	}
}
