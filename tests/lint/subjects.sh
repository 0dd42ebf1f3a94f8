#!/bin/sh
# A subject is a scheme and a key: only engine/model/subject.c knows how it looks as text, and only
# engine/format how a key of a scheme is put together and taken apart.
#
#     subjects.sh ROOT
set -eu
cd "$1"

header=engine/model/subject.h
schemes=$(sed -n '/^#define SCHEMES_OF_CONTENT/,/^$/p; /^#define SCHEMES_OF_EFFECTS/,/^$/p' "$header" |
	sed -n 's/^.*_([A-Z_]*, "\([a-z-]*\)").*$/\1/p' | sort -u | tr '\n' '|')
[ -n "$schemes" ] || {
	echo "$header: it has no schemes"
	exit 1
}
key='\b(subject|s)(\.|->)key'
apart='str(r|n)?chr|strc?spn|strpbrk|str(n|case|ncase)cmp|strstr|strtok|strsep|sscanf|memchr|strv_split'
found=$(grep -nE -r --include='*.[ch]' "\"(${schemes%|}):[^ ]|($apart)\([^)]*$key|$key *(\+|\[)" \
	modules cli rollback engine |
	grep -Ev '^engine/(format/|model/subject\.c:)|^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)' || true)
[ -z "$found" ] || {
	echo 'made and taken apart by subject_of(), subject_parse() and engine/format/subject-key.h:'
	echo "$found"
	exit 1
}
