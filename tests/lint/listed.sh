#!/bin/sh
# A test that no meson.build names never runs, and nobody is told: each case, each unit test, each
# fuzz target and its inputs have their row. And what git keeps at the top of the tree is what
# top.txt names: a file that somebody wrote there while working is committed by accident.
#
#     listed.sh ROOT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1/tests"

# rows DIRECTORY PREFIX SUFFIX PATH...: each path, without both, is a name in DIRECTORY/meson.build
rows()
{
	directory=$1 prefix=$2 suffix=$3
	shift 3
	for path; do
		name=${path##*/}
		name=${name#"$prefix"}
		name=${name%"$suffix"}
		[ ! -e "$path" ] || grep -q "^ *'$name'[,:]" "$directory/meson.build" ||
			echo "tests/$directory/meson.build: there is no '$name' for tests/$path"
	done
}

# An archive of the source has no .git, nor need its machine have the program.
top()
{
	[ -e ../.git ] && command -v git >/dev/null || return 0
	git -c safe.directory='*' -C .. ls-files | sed 's|/.*||' | LC_ALL=C sort -u |
		LC_ALL=C comm -3 - "$here/top.txt" |
		sed -e 's|^\t\(.*\)|tests/lint/top.txt: git keeps no "\1"|;t' \
			-e 's|.*|"&" at the top of the tree is not in tests/lint/top.txt: does it belong there?|'
}

found=$(
	top
	for file in cases/*/case.yaml; do rows cases '' '' "${file%/case.yaml}"; done
	rows unit test- .c unit/test-*.c
	rows fuzz '' '' fuzz/corpus/*
	# shellcheck disable=SC2046  # names without blanks
	rows fuzz '' .c $(grep -l '^int LLVMFuzzerTestOneInput' fuzz/*.c 2>/dev/null)
)
[ -z "$found" ] || { echo "$found"; exit 1; }
