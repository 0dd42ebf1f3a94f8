#!/bin/sh
# Every command line of harden that a document shows is one that harden takes: its command, each
# of its options, and their values. Nothing is run but `harden ... --help`.
#
#     commands.sh ROOT HARDEN
#
# Looked at are the documents' blocks of code ("    # harden plan -o FILE") and what stands in
# backticks (`harden plan`), and the examples of harden(1).
set -eu

if [ $# -ne 2 ] || [ ! -d "$1" ] || [ ! -x "$2" ]; then
	echo "usage: commands.sh ROOT HARDEN" >&2
	exit 64
fi
harden=$(realpath "$2")
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
: >"$work/found"

find . -type d \( -name '.?*' -o -exec test -d '{}/meson-private' \; \) -prune \
	-o -type f -name '*.md' -print | sed 's|^\./||' | LC_ALL=C sort >"$work/documents"
while read -r document; do
	# shellcheck disable=SC2016  # backticks of the documents
	{
		grep -noE '`(sudo )?harden [a-z][^`]*`' "$document" | tr -d '`' || true
		grep -noE '^( {4,}|)([#$] )?(sudo )?(build/)?harden [a-z].*' "$document" | grep -E '^[0-9]+:( |[#$] )' || true
	} | sed -E "s|^([0-9]+): *([#\$] )?(sudo )?(build/)?harden |$document:\\1 |"
done <"$work/documents" >"$work/lines"
[ ! -f packaging/harden.1 ] ||
	sed -nE 's|^harden |packaging/harden.1 |p' packaging/harden.1 >>"$work/lines"

# check PLACE WORD...: a command line, without what surrounds it in a sentence or synopsis.
check()
{
	place=$1
	shift
	case $1 in
	version | help) ;;
	*[!a-z]*) return 0 ;; # a heading that harden prints ("harden 0.1.0 ...")
	esac
	"$harden" "$@" --help >/dev/null 2>"$work/error" || {
		echo "$place: harden $*: $(cat "$work/error")"
		return 0
	}
	"$harden" "$1" --help >"$work/help"
	for word; do
		case $word in
		-?*)
			option=$(printf '%s' "$word" | sed 's/=.*//')
			grep -qE -- "(^|[ ,])$option([][ ,=]|\$)" "$work/help" || echo "$place: harden $*: it takes no $option"
			;;
		esac
	done
}

count=0
while read -r place line; do
	# up to what belongs to the shell, to a comment or to the next sentence; optional parts are given
	line=$(printf '%s' "$line" | sed -E 's/ [#;|>&].*//; s/;.*//; s/[][]//g; s/\.\.\.//g; s/ +$//')
	printf '%s' "$line" | xargs -n 1 printf '%s\n' >"$work/words" 2>/dev/null || {
		echo "$place: harden $line: its quotes are odd" >>"$work/found"
		continue
	}
	set --
	while read -r word; do
		set -- "$@" "$word"
	done <"$work/words"
	[ $# -eq 0 ] || check "$place" "$@" >>"$work/found"
	count=$((count + 1))
done <"$work/lines"

[ "$count" -gt 0 ] || echo 'no document shows a command line' >>"$work/found"
[ ! -s "$work/found" ] || { cat "$work/found"; exit 1; }
echo "$count command lines: harden takes them"
