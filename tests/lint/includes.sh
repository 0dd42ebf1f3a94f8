#!/bin/sh
# Holds every #include of the tree's C files against the layers: who may include whom is the
# table below, and a file that no row of it knows is a failure.
#
#     includes.sh ROOT
#
# Quoted includes are written from the root of the tree ("engine/model/node.h"), so that a row
# is a prefix of a path. Angled ones are for the system's headers only.
set -eu

# Layer and the files in it. The first matching row counts; a row ends in / (a directory) or is
# the beginning of file names.
layers='
base        engine/base/
model       engine/model/
format      engine/format/
host-read   engine/host/read/
host-ask    engine/host/ask/
host-write  engine/host/write/
host-sandbox engine/host/sandbox/
baseline    engine/baseline/
facts       engine/facts/
plan        engine/plan/
next        engine/next/
effect      engine/effect/
rollback    rollback/
modules     modules/
cli         cli/
tests       tests/
'

# Layer and the layers that it may include, beside itself. Nobody includes cli and tests; what
# writes to a host is included by effect and rollback, and by next, which tries a start.
may_include='
base
model       base
format      base model
host-read   base model
host-ask    base model host-read
host-write  base model host-read host-ask host-sandbox
host-sandbox base
baseline    base model
facts       base model format host-read host-ask
plan        base model format host-read baseline
effect      base model format host-read host-ask host-write
rollback    base model format host-read host-ask host-write baseline facts plan effect
modules     base model format
next        base model format host-read host-ask host-write modules
cli         base model format host-read host-ask host-sandbox baseline facts plan effect rollback modules next
tests       base model format host-read host-ask host-write host-sandbox baseline facts plan effect rollback modules next cli
'

if [ $# -ne 1 ] || [ ! -d "$1" ]; then
	echo "usage: includes.sh ROOT" >&2
	exit 64
fi
cd "$1"

# Directories that meson builds in, and hidden ones, are not part of the tree.
find . -type d \( -name '.?*' -o -exec test -d '{}/meson-private' \; \) -prune \
	-o -type f -name '*.[ch]' -print | sed 's|^\./||' |
	awk -v layers="$layers" -v may_include="$may_include" '
function complain(text)
{
	print text
	failures++
}

function layer_of(path,    i)
{
	for (i = 1; i <= nrows; i++)
		if (index(path, prefix[i]) == 1)
			return layer[i]
	return ""
}

function judge(place, own, target,    theirs)
{
	theirs = layer_of(target)
	if (target ~ /(^|\/)\.\.?(\/|$)/)
		complain(place ": \"" target "\" may not climb; write it from the root")
	else if (theirs == "")
		complain(place ": \"" target "\" is in no layer; write it from the root")
	else if (theirs != own && !((own, theirs) in allowed))
		complain(place ": layer " own " may not include \"" target "\" (" theirs ")")
	else if (!(target in tree))
		complain(place ": there is no \"" target "\"")
}

function read_file(file, own,    line, text, name)
{
	while ((getline text < file) > 0) {
		line++
		if (text !~ /^[ \t]*#[ \t]*(include|import)/)
			continue
		name = text
		sub(/^[ \t]*#[ \t]*(include_next|include|import)[ \t]*/, "", name)
		if (name ~ /^"[^"]+"/) {
			sub(/^"/, "", name)
			sub(/".*/, "", name)
			judge(file ":" line, own, name)
			seen++
		} else if (name ~ /^<[^>]+>/) {
			sub(/^</, "", name)
			sub(/>.*/, "", name)
			if (layer_of(name) != "" || name ~ /\.\./)
				complain(file ":" line ": <" name "> is ours; put it in quotes")
		} else {
			complain(file ":" line ": cannot tell what is included: " text)
		}
	}
	close(file)
}

BEGIN {
	n = split(layers, rows, "\n")
	for (i = 1; i <= n; i++)
		if (split(rows[i], word, " ") == 2) {
			layer[++nrows] = word[1]
			prefix[nrows] = word[2]
		}
	n = split(may_include, rows, "\n")
	for (i = 1; i <= n; i++) {
		m = split(rows[i], word, " ")
		for (k = 2; k <= m; k++)
			allowed[word[1], word[k]] = 1
	}
}

{
	tree[$0] = 1
}

END {
	for (file in tree) {
		files++
		own = layer_of(file)
		if (own == "")
			complain(file ": is in no directory that the table of layers knows")
		else
			read_file(file, own)
	}
	if (files == 0)
		complain("there are no C files here")
	if (failures)
		exit 1
	printf "%d files, %d quoted includes: all as the table of layers says\n", files, seen
}'
