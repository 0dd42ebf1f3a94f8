#!/bin/sh
# Holds every #include of the tree's C files against circles: a unit is a NAME.c with its NAME.h
# and, private to it, NAME-impl.h; where units include each other in a ring, none can be read,
# tried or replaced without all of them.
#
#     circles.sh ROOT
#
# includes.sh sees to it that quoted includes are written from the root of the tree.
set -eu

if [ $# -ne 1 ] || [ ! -d "$1" ]; then
	echo "usage: circles.sh ROOT" >&2
	exit 64
fi
cd "$1"

# Directories that meson builds in, and hidden ones, are not part of the tree.
find . -type d \( -name '.?*' -o -exec test -d '{}/meson-private' \; \) -prune \
	-o -type f -name '*.[ch]' -print | sed 's|^\./||' | LC_ALL=C sort |
	awk '
function unit_of(path)
{
	sub(/\.[ch]$/, "", path)
	sub(/-impl$/, "", path)
	return path
}

function read_file(file,    own, line, text, name, theirs)
{
	own = unit_of(file)
	if (!(own in known))
		known[own] = unit[++nunits] = own
	while ((getline text < file) > 0) {
		line++
		if (text !~ /^[ \t]*#[ \t]*include[ \t]*"/)
			continue
		name = text
		sub(/^[^"]*"/, "", name)
		sub(/".*/, "", name)
		theirs = unit_of(name)
		if (theirs == own || (own, theirs) in at)
			continue
		at[own, theirs] = file ":" line ": \"" name "\""
		includes[own] = includes[own] SUBSEP theirs
	}
	close(file)
}

# Whether the unit includes one that is still in question; the first such is its next[].
function has_next(u,    n, i, all)
{
	n = split(includes[u], all, SUBSEP)
	for (i = 1; i <= n; i++)
		if (all[i] in known) {
			next_of[u] = all[i]
			return 1
		}
	return 0
}

{
	read_file($0)
}

END {
	if (nunits == 0) {
		print "there are no C files here"
		exit 1
	}
	# whoever includes nobody of the rest is in no circle; what stays leads into one
	do {
		gone = 0
		for (i = 1; i <= nunits; i++)
			if (unit[i] in known && !has_next(unit[i])) {
				delete known[unit[i]]
				gone++
			}
	} while (gone)
	for (i = 1; i <= nunits && !(unit[i] in known); i++)
		;
	if (i > nunits) {
		print nunits " units: no circle of includes"
		exit 0
	}
	for (u = unit[i]; !(u in seen); u = next_of[u])
		seen[u] = 1
	print "units that include each other in a circle:"
	first = u
	do {
		print "  " at[u, next_of[u]]
		u = next_of[u]
	} while (u != first)
	exit 1
}'
