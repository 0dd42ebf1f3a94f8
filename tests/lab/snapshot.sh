#!/bin/sh
#
# Runs inside a host, called by snapshot_tree in lib.sh: prints one line for each
# fact about the paths given. The size of a directory is no fact (it depends on the
# file system's history), nor is its mtime (any temporary file changes it).

set -eu

meta() {
	find "$1" ! -type d -printf '%p meta type=%y mode=%#m owner=%U:%G links=%n size=%s mtime=%T@ target=%l\n' \
		-o -printf '%p meta type=%y mode=%#m owner=%U:%G\n'
}

content() {
	find "$1" -type f -exec sha256sum {} + | sed 's/^\\\{0,1\}\([0-9a-f]*\) [ *]\(.*\)/\2 sha256 \1/'
}

# acl: only what the mode does not say already.
acl() {
	getfacl --recursive --physical --numeric --absolute-names --skip-base "$1" |
		awk '/^# file: / { path = substr($0, 9); next } /^[^#]/ { print path " acl " $1 }'
}

xattrs() {
	getfattr --recursive --physical --no-dereference --absolute-names --match=- --dump --encoding=hex "$1" |
		awk '/^# file: / { path = substr($0, 9); next } /./ { print path " xattr " $0 }'
}

for path; do
	if [ -e "$path" ] || [ -L "$path" ]; then
		meta "$path"
		content "$path"
		acl "$path"
		xattrs "$path"
	else
		echo "$path absent"
	fi
done
