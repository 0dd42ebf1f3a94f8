#!/bin/sh
# A scheme, an effect or a handler that lacks a row, or a member of its row, does not compile: each
# is taken away in turn, and the compiler has to say so.
#
#     rows.sh ROOT
set -eu
cd "$1"

export CCACHE_DISABLE=1 # it does not see that a header before the known one appears
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# compiles: what is in $work, before the tree's own headers
compiles()
{
	# shellcheck disable=SC2086  # CC may have options
	${CC:-cc} -std=gnu17 -D_GNU_SOURCE -fsyntax-only -iquote "$work" -iquote . -x c "$work/row.c" 2>/dev/null
}

# refused FILE SED [HEADER]: so changed (the header, where one is given), the file is not compiled
refused()
{
	mkdir -p "$work/$(dirname "${3-$1}")"
	cp "$1" "$work/row.c"
	if ! compiles; then
		echo "$1 does not compile as it is"
		failed=1
	fi
	if [ $# -eq 3 ]; then out=$work/$3; else out=$work/row.c; fi
	sed "$2" "${3-$1}" >"$out"
	if cmp -s "${3-$1}" "$out"; then
		echo "${3-$1}: nothing was taken away by: $2"
		failed=1
	elif compiles; then
		echo "$1 compiles without what this takes away: $2"
		failed=1
	fi
	[ $# -eq 2 ] || rm "$out"
}

format=engine/format/format.c
refused $format '/#define FORMAT_LIMIT/d'
refused $format '/limit_text_get/s/, NOTHING)/)/'
refused $format 's/limit_text_get/NULL/'
refused $format 's/limit_text_set/NULL/'
refused $format '/#define EFFECT_CHAIN/d'
refused $format '/#define EFFECT_UNIT/d'
refused $format '/^#define EFFECT_CHAIN/s/, SHOWN_COUNTED//'
refused engine/effect/live.c '/#define RUN_FIREWALL/d'
refused engine/model/handler.c 's/_(FIREWALL, "firewall", "packet filter", /_(FIREWALL, "firewall", /' \
	engine/model/handler.h
refused $format '/_(LIMIT, "limit")/s/.*/_(LIMIT, "limit") _(OTHER, "other")/' engine/model/subject.h
exit $failed
