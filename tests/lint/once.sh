#!/bin/sh
# Holds that no two libraries define the same name: of static ones the linker takes whichever it meets
# first, and says nothing.
#
#     once.sh ARCHIVE...
#
# $NM is the program to ask. Exit code 77: these objects cannot be read (link-time optimisation).
set -eu

if [ $# -lt 2 ]; then
	echo 'usage: once.sh ARCHIVE ARCHIVE...' >&2
	exit 64
fi

# "ARCHIVE[OBJECT]: NAME TYPE ...": within a library the compiler's driver finds it
defined=$("${NM:-nm}" --print-file-name --extern-only --defined-only --format=posix "$@" |
	awk '{ sub(/\[.*/, "", $1); print $2, $1 }' |
	LC_ALL=C sort -u)
if [ -z "$defined" ]; then
	echo 'no name can be read from these libraries'
	exit 77
fi
twice=$(printf '%s\n' "$defined" | awk '$1 == name { print name ": " archive " and " $2 } { name = $1; archive = $2 }')
if [ -n "$twice" ]; then
	printf 'defined in two libraries:\n%s\n' "$twice"
	exit 1
fi
