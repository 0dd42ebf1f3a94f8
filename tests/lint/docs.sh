#!/bin/sh
# Holds what documents say against the tree: every path, function() and type that one names is
# there (and every NAME.c that a source names), every link leads somewhere, README.md leads to every document, the table of layers is
# that of includes.sh, each scheme is explained, each key of JSON answers is in their schema, and some words are not used.
#
#     docs.sh ROOT
#
# A path is a word that begins with a directory of the tree; one with a word in capitals
# (modules/KIND.c, tests/unit/test-X.c) stands for many, and only its directory must be there.
set -eu

if [ $# -ne 1 ] || [ ! -d "$1" ]; then
	echo "usage: docs.sh ROOT" >&2
	exit 64
fi
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Directories that meson builds in, and hidden ones, are not part of the tree.
find . -type d \( -name '.?*' -o -exec test -d '{}/meson-private' \; \) -prune \
	-o -type f \( -name '*.md' -o -path ./NEWS \) -print | sed 's|^\./||' | LC_ALL=C sort >"$work/documents"
[ -s "$work/documents" ] || { echo 'there are no documents here'; exit 1; }
: >"$work/found"

complain()
{
	printf '%s\n' "$*" >>"$work/found"
}

# ---- paths

sources='engine modules rollback cli plans tests packaging docs'
words=$(echo "$sources" | tr ' ' '|')

exists()
{
	case $1 in
	*[\*\?]*) [ -n "$(find . -path "./$1" -print -quit)" ] ;;
	*) [ -e "$1" ] ;;
	esac
}

# is_there PATH: the path, or the directory of one that stands for many.
is_there()
{
	case $1 in
	*/*KIND* | */*NAME* | */*SUITE* | *[/-]X.*) exists "$(dirname "$1")" ;;
	*) exists "$1" ;;
	esac
}

while read -r document; do
	grep -noE "(^|[^A-Za-z0-9_./-])($words)/[A-Za-z0-9_./*?-]*" "$document" |
		sed -E 's/^([0-9]+):[^A-Za-z0-9_./-]?/\1 /; s/[.]+$//' |
		while read -r line path; do
			is_there "$path" || complain "$document:$line: there is no '$path'"
		done
	grep -noE '\]\([^)]*\)' "$document" | sed -E 's/^([0-9]+):\]\(([^)#]*).*/\1 \2/' |
		while read -r line target; do
			case $target in '' | *://*) continue ;; esac
			[ -e "$(dirname "$document")/$target" ] ||
				complain "$document:$line: the link to '$target' leads nowhere"
		done || true
done <"$work/documents"

# ---- sources that others name by their last part ("room.c: ..." in a comment)

find engine modules rollback cli -name '*.c' 2>/dev/null | sed 's|.*/||' | LC_ALL=C sort -u >"$work/sources"
grep -rnoE --include='*.[ch]' '(^|[^A-Za-z0-9_./-])[a-z][a-z0-9-]*[a-z0-9][.]c([^A-Za-z0-9_]|$)' \
	engine modules rollback cli 2>/dev/null |
	sed -E 's/:[^a-z:]?([a-z][a-z0-9-]*[.]c)[^A-Za-z0-9_]?$/ \1/' |
	while read -r place name; do
		grep -qxF -- "$name" "$work/sources" || complain "$place: there is no '$name'"
	done || true

# ---- functions and types

grep -rhoE --include='*.[ch]' '[A-Za-z_][A-Za-z0-9_]*\)?\(' engine modules rollback cli tests 2>/dev/null |
	tr -d '()' | LC_ALL=C sort -u >"$work/functions"
# shellcheck disable=SC2016  # backticks of the documents
xargs grep -noE '`[A-Za-z_][A-Za-z0-9_]*\(\)`' /dev/null <"$work/documents" | tr -d '`()' |
	while IFS=: read -r document line name; do
		grep -qxF "$name" "$work/functions" ||
			complain "$document:$line: there is no function '$name()'"
	done
grep -rhoE --include='*.[ch]' '^(struct|enum) [a-z_]+ \{' engine modules rollback cli 2>/dev/null |
	sed 's/ {$//' | LC_ALL=C sort -u >"$work/types"
# shellcheck disable=SC2016
xargs grep -noE '`(struct|enum) [a-z_]+`' /dev/null <"$work/documents" | tr -d '`' |
	while IFS=: read -r document line name; do
		grep -qxF "$name" "$work/types" ||
			complain "$document:$line: there is no '$name'"
	done

# ---- from README.md to everything

# What a document leads to: its links, and the documents that it names by their path.
leads_to()
{
	{
		grep -oE '\]\([^)#:]+' "$1" | sed "s|^](|$(dirname "$1")/|" || true
		grep -oE '[A-Za-z0-9_./-]+\.md|\bNEWS\b' "$1" || true
	} | xargs -r realpath -m --relative-to=. | LC_ALL=C sort -u
}

echo README.md >"$work/reached"
before=0
while [ "$(wc -l <"$work/reached")" -gt "$before" ]; do
	before=$(wc -l <"$work/reached")
	while read -r document; do
		[ ! -f "$document" ] || leads_to "$document"
	done <"$work/reached" >"$work/more"
	LC_ALL=C sort -u "$work/reached" "$work/more" | LC_ALL=C comm -12 - "$work/documents" >"$work/next"
	mv "$work/next" "$work/reached"
done
LC_ALL=C comm -13 "$work/reached" "$work/documents" | while read -r document; do
	complain "$document: README.md does not lead to it"
done

# ---- the table of layers

# "layer other other": of includes.sh, and of docs/architecture.md; tests are no layer there.
sed -n "/^may_include='/,/^'/p" "$here/includes.sh" | sed '1d;$d;/^tests /d' | tr -s ' ' >"$work/theirs"
if [ -f docs/architecture.md ]; then
	sed -nE 's/^\| ([a-z-]+) \| `[a-z/]+` \| ([a-z, -]+) \|.*/\1 \2/p' docs/architecture.md |
		tr -d ',' | sed 's/ -$//' >"$work/ours"
	for file in ours theirs; do
		while read -r layer others; do
			echo "$layer: $(echo "$others" | tr ' ' '\n' | LC_ALL=C sort | tr '\n' ' ')"
		done <"$work/$file" | LC_ALL=C sort >"$work/$file.sorted"
	done
	diff "$work/ours.sorted" "$work/theirs.sorted" | sed -n 's/^[<>]/&/p' | while read -r row; do
		complain "docs/architecture.md: the layers differ from includes.sh (<: here, >: there): $row"
	done
fi

# ---- what stands twice

# Each scheme of content has its line in the comment of format.h.
if [ -f engine/model/subject.h ]; then
	sed -n '/define SCHEMES_OF_CONTENT/,/^$/p' engine/model/subject.h | sed -nE 's/.*\([A-Z]+, "([a-z-]+)"\).*/\1/p' |
		while read -r scheme; do
			grep -q "^ \*   $scheme:" engine/format/format.h 2>/dev/null ||
				complain "engine/format/format.h: its comment has no line for '$scheme:'"
		done
fi

# Each key of a JSON answer is in the schema.
find cli -name '*.c' -exec grep -ohE 'json_put\([a-z]+, "[a-z_]+"' {} + 2>/dev/null | sed 's/.*, //' | LC_ALL=C sort -u |
	while read -r key; do
		grep -q "$key:" packaging/harden-output.schema.json 2>/dev/null ||
			complain "packaging/harden-output.schema.json: there is no key $key"
	done

# ---- the version

version=$(sed -nE "s/^ *version: '([^']*)'.*/\1/p" meson.build 2>/dev/null | head -n 1)
newest=$(sed -nE 's/^([0-9]+\.[0-9]+\.[0-9]+).*/\1/p' NEWS 2>/dev/null | head -n 1)
[ "$newest" = "$version" ] || complain "NEWS: the newest version is '$newest', and meson.build's is '$version'"

# ---- words

# What people of the field say instead is in docs/glossary.md. Code, and names out of it, are left alone.
while read -r document; do
	case $document in docs/glossary.md) continue ;; esac
	# shellcheck disable=SC2016  # backticks of the documents
	awk '/^ *```/ { code = !code; print ""; next } code || /^    / { print ""; next }
		{ gsub(/`[^`]*`/, ""); print }' "$document" |
		grep -niwoE "folders?|mend(s|ed|ing)?|patients?|unborn|needs hands" |
		while IFS=: read -r line word; do
			complain "$document:$line: '$word' (docs/glossary.md has the word for it)"
		done || true
done <"$work/documents"

[ ! -s "$work/found" ] || { cat "$work/found"; exit 1; }
echo "$(wc -l <"$work/documents") documents: what they name is there"
