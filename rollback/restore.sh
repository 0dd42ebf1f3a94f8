#!/bin/sh
#
# RESTORE - puts back the files of one transaction of harden as they were before it. It is for a
# rescue shell, where harden itself cannot run:
#
#   sh RESTORE [-f] [ROOT]
#
# ROOT is the folder where the host's root file system is mounted (default: /). A file that
# somebody else has changed since is left alone and named; -f puts it back all the same.
#
# It needs sha256sum and the usual file tools; those of busybox will do. ACLs, attributes and
# flags need setfacl, setfattr and chattr: where one is missing, what it would have set is named.
# Exit code: 0 all is as it was, 1 something is not, 2 refused and nothing was touched.

set -u
umask 077
LC_ALL=C
export LC_ALL

force='' failed='' touched='' unsynced=''
case $0 in
*/*) blobs=${0%/*}/blobs ;;
*) blobs=./blobs ;;
esac

# quietly CMD...: without /dev/null, which a bare root may lack.
quietly() {
	# shellcheck disable=SC2034  # it is there to be thrown away
	said=$("$@" 2>&1)
}

have() {
	quietly command -v "$1"
}

say() {
	printf 'RESTORE: %s\n' "$1" >&2
}

refuse() {
	say "$1; nothing was touched"
	exit 2
}

# leave WHY: the current path is not put back, and the rest of it is passed over.
leave() {
	say "'$path': $1"
	[ "$new" = "$at" ] || rm -f "$new"
	skip=yes failed=yes
}

# sum FILE: its digest.
sum() {
	digest=$(sha256sum <"$1") && printf '%s' "${digest%% *}"
}

# need DIGEST: all blobs are looked at before anything is touched.
need() {
	[ ! -L "$blobs/$1" ] || refuse "'$blobs/$1' is a link"
	[ -f "$blobs/$1" ] || refuse "'$blobs/$1' is missing"
	[ "$(sum "$blobs/$1")" = "$1" ] || refuse "'$blobs/$1' is damaged: its SHA-256 is not its name"
}

# flush: the file system of what was just put back; the others are none of ours, and one of them
# may hang.
flush() {
	[ -z "$touched" ] || quietly sync -f "${at%/*}/" || unsynced=yes
	touched=''
}

# begin PATH: what follows is about this one. A link on the way would lead out of ROOT.
begin() {
	flush
	path=$1 at=$root$1 new=$root$1 skip='' way=$root rest=${1#/}
	while :; do
		case $rest in
		*/*) ;;
		*) break ;;
		esac
		way=$way/${rest%%/*} rest=${rest#*/}
		[ ! -L "$way" ] || { leave "'$way' is a link" && return; }
	done
	have chattr && [ -e "$at" ] && [ ! -L "$at" ] || return 0
	quietly chattr -ia "$at" || : # most file systems have no flags
}

# what: the digest of the file that is there, or "-> TARGET" of the link; nothing of all else.
what() {
	if [ -L "$at" ]; then
		printf -- '-> %s' "$(readlink -n "$at")"
	elif [ -f "$at" ]; then
		sum "$at"
	fi
}

# ours WHAT...: the contents and links that harden has put there, or has found.
ours() {
	[ -z "$skip" ] && [ -z "$force" ] || return 0
	now=$(what)
	[ -n "$now" ] || return 0
	for known; do
		[ "$now" != "$known" ] || return 0
	done
	leave 'was changed by somebody else since; -f puts it back all the same'
}

# file DIGEST: a new file beside it, unless its content is right already.
file() {
	[ -z "$skip" ] || return 0
	[ ! -d "$at" ] || { leave 'is a folder' && return; }
	[ ! -L "$at" ] || { leave 'is a link' && return; }
	[ -d "${at%/*}" ] || { leave 'its folder is gone' && return; }
	[ ! -f "$at" ] || [ "$(sum "$at")" != "$1" ] || return 0
	new=${at%/*}/.harden-restore
	rm -f "$new"
	cat "$blobs/$1" >"$new" && [ "$(sum "$new")" = "$1" ] && return
	rm -f "$new"
	leave 'cannot be written'
}

folder() {
	[ -z "$skip" ] || return 0
	[ ! -L "$at" ] || { leave 'is a link' && return; }
	[ -d "$at" ] || mkdir "$at" || leave 'cannot be made'
}

# link TARGET: a new link beside it, unless it leads there already.
link() {
	[ -z "$skip" ] || return 0
	[ -L "$at" ] || [ ! -e "$at" ] || { leave 'is no link any more' && return; }
	[ -d "${at%/*}" ] || { leave 'its folder is gone' && return; }
	[ "$(what)" != "-> $1" ] || return 0
	new=${at%/*}/.harden-restore
	rm -f "$new"
	ln -s -- "$1" "$new" && return
	leave 'cannot be made'
}

# kept: only its attributes were changed.
kept() {
	[ -z "$skip" ] || return 0
	[ ! -L "$at" ] || { leave 'is a link' && return; }
	[ -e "$at" ] || leave 'is not there any more'
}

# made: whoever listens on a socket makes it; a host that does not run has none.
made() {
	[ -n "$skip" ] || [ -S "$at" ] || skip=yes
}

owner() {
	[ -z "$skip" ] || return 0
	touched=yes
	chown -h "$1" "$new" || leave "cannot give it to $1"
}

mode() {
	[ -n "$skip" ] || chmod "$1" "$new" || leave "cannot set mode $1"
}

# acl OPTION TEXT: --set, or -d --set for what a folder hands down; no text: there is none.
acl() {
	[ -z "$skip" ] || return 0
	if ! have setfacl; then
		[ -z "$2" ] || { say "'$path': no setfacl here; its ACL was: $1 $2" && failed=yes; }
		return 0
	fi
	case $1$2 in
	access) quietly setfacl -b "$new" || : ;;
	default) quietly setfacl -k "$new" || : ;;
	access*) setfacl --set "$2" "$new" || leave "cannot set its ACL" ;;
	*) setfacl -d --set "$2" "$new" || leave "cannot set its default ACL" ;;
	esac
}

xattr() {
	[ -z "$skip" ] || return 0
	if have setfattr && setfattr -h -n "$1" -v "$2" "$new"; then return; fi
	say "'$path': its attribute $1 could not be set; it was $2"
	failed=yes
}

# modified SECONDS NANOSECONDS: busybox knows whole seconds only.
modified() {
	[ -n "$skip" ] || quietly touch -d "@$1.$2" "$new" ||
		touch -d "@$1" "$new" || leave 'cannot set its time'
}

place() {
	[ -z "$skip" ] && [ "$new" != "$at" ] || return 0
	[ ! -L "$at" ] || rm -f "$at" # to a folder, mv would move into it
	mv -f "$new" "$at" || leave 'cannot be replaced'
	new=$at
}

flags() {
	[ -n "$skip" ] || chattr "+$1" "$at" || { say "'$path': its flags were $1" && failed=yes; }
}

# gone: it was not there before.
gone() {
	[ -z "$skip" ] || return 0
	if [ -d "$at" ] && [ ! -L "$at" ]; then
		touched=yes
		quietly rmdir "$at" || say "'$path' stays: others have put files there"
	elif [ -e "$at" ] || [ -L "$at" ]; then
		touched=yes
		rm -f "$at" || leave 'cannot be removed'
	fi
}

finish() {
	flush
	[ -z "$unsynced" ] || sync # an old sync knows no -f
	[ -z "$failed" ] || { say 'not everything is as it was' && exit 1; }
	say 'all is as it was before'
	exit 0
}

[ "${1-}" != -f ] || { force=yes && shift; }
[ $# -le 1 ] || refuse 'usage: sh RESTORE [-f] [ROOT]'
root=${1-/}
case $root in
/*) ;;
*) refuse "'$root' does not begin with /" ;;
esac
[ -d "$root" ] || refuse "'$root' is no folder"
while [ "$root" != "${root%/}" ]; do root=${root%/}; done
have sha256sum || refuse 'there is no sha256sum here'

