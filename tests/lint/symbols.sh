#!/bin/sh
# Holds the undefined symbols of a static library against a list of allowed ones: what is not
# on the list, in the library itself or in a library of a layer below fails, with the name of
# the object and of the symbol. (A list of forbidden ones would not do: it never knows the next
# way to write.)
#
#     symbols.sh [--outward] LIST ARCHIVE [ARCHIVE-BELOW...]
#
# A line of a list is a name, or the beginning of names with a * behind it; # starts a comment.
# Beside LIST count symbols-compute.txt (what of the C library only computes) and
# symbols-compiler.txt (what compilers put in by themselves). What symbols-never.txt names may
# be on no list, and is not to be had from a layer below either; only for layers that are there
# to reach out (--outward) does it not count.
# $NM is the program to ask. Exit code 77: these objects cannot be read (link-time optimisation).
set -eu

outward=0
if [ "${1-}" = --outward ]; then
	outward=1
	shift
fi
if [ $# -lt 2 ]; then
	echo "usage: symbols.sh [--outward] LIST ARCHIVE [ARCHIVE-BELOW...]" >&2
	exit 64
fi
list=$1
archive=$2
shift 2
here=$(dirname "$0")
nm=${NM:-nm}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# -P: "archive[object]: name type value size", the same from binutils and LLVM.
$nm -A -P "$archive" >"$work/own"
: >"$work/below"
for below in "$@"; do
	$nm -A -P -g "$below" >>"$work/below"
done
if grep -q __gnu_lto_slim "$work/own"; then
	echo "the objects hold no machine code: link-time optimisation"
	exit 77
fi

LC_ALL=C awk -v outward="$outward" -v list="$list" -v never="$here/symbols-never.txt" \
	-v compute="$here/symbols-compute.txt" -v compiler="$here/symbols-compiler.txt" \
	-v own="$work/own" -v below="$work/below" '
function complain(text)
{
	print text
	failures++
}

# The words of a list into names[] and, those that end in *, into starts[].
function read_list(file, names, starts,    line, n)
{
	while ((n = (getline line < file)) > 0) {
		sub(/#.*/, "", line)
		gsub(/[ \t]/, "", line)
		if (line ~ /\*$/)
			starts[substr(line, 1, length(line) - 1)] = line
		else if (line != "")
			names[line] = line
	}
	if (n < 0) {
		complain("cannot read " file)
		exit 1
	}
	close(file)
}

function known(name, names, starts,    start)
{
	if (name in names)
		return 1
	for (start in starts)
		if (index(name, start) == 1)
			return 1
	return 0
}

# The function of the C library that the headers had in mind when they made another name of it.
function plain(name)
{
	sub(/@.*/, "", name)
	sub(/^__isoc(99|23)_/, "", name)
	if (name ~ /^__open(at)?(64)?_2$/) {
		sub(/^__/, "", name)
		sub(/_2$/, "", name)
	}
	if (name ~ /^__.*_chk$/) {
		sub(/^__/, "", name)
		sub(/_chk$/, "", name)
	}
	return name
}

function without_64(name)
{
	sub(/64$/, "", name)
	return name
}

function is_undefined(type)
{
	return type == "U" || type == "w" || type == "v"
}

function read_defined(file, into,    line, word)
{
	while ((getline line < file) > 0) {
		sub(/^.*\]: /, "", line)
		split(line, word, " ")
		if (word[2] ~ /^[A-Z]$/ && !is_undefined(word[2]))
			into[word[1]] = 1
	}
	close(file)
}

# That a list stays a list of harmless things must not hang on the reviewer alone.
function judge_list(    name, start, other)
{
	for (name in allowed)
		if (known(plain(name), no, no_starts) || known(without_64(plain(name)), no, no_starts))
			complain(list ": " name " may be on no list of this kind")
	for (start in allowed_starts) {
		if (length(start) < 3)
			complain(list ": " start "* allows too much")
		for (other in no)
			if (index(other, start) == 1)
				complain(list ": " start "* would allow " other)
		for (other in no_starts)
			if (index(other, start) == 1 || index(start, other) == 1)
				complain(list ": " start "* would allow " other "*")
	}
}

function judge(object, symbol,    name)
{
	if (symbol in own_symbols)
		return
	if (symbol in symbols_below && (outward || !known(symbol, no, no_starts)))
		return
	name = plain(symbol)
	if (known(symbol, allowed, allowed_starts) || known(name, allowed, allowed_starts) ||
	    known(without_64(name), allowed, allowed_starts))
		return
	if (known(symbol, made, made_starts))
		return
	complain(object " may not use " symbol " (it is not in " list ")")
}

BEGIN {
	read_list(compute, allowed, allowed_starts)
	read_list(list, allowed, allowed_starts)
	read_list(compiler, made, made_starts)
	read_list(never, no, no_starts)
	if (!outward)
		judge_list()
	read_defined(own, own_symbols)
	read_defined(below, symbols_below)
	while ((getline line < own) > 0) {
		object = line
		sub(/\]: .*/, "", object)
		sub(/^.*[\[\/]/, "", object)
		sub(/^.*\]: /, "", line)
		split(line, word, " ")
		objects[object] = 1
		if (is_undefined(word[2])) {
			symbols++
			judge(object, word[1])
		}
	}
	for (object in objects)
		count++
	if (!count || !symbols)
		complain("there are no symbols in the archive")
	if (failures)
		exit 1
	printf "%d objects use %d symbols: all allowed\n", count, symbols
}'
