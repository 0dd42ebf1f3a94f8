#!/bin/sh
#
# RESTORE - puts back the files of one transaction of harden as they were before it. It is for a
# rescue shell, where harden itself cannot run:
#
#   sh RESTORE [-f] [ROOT]
#
# ROOT is the directory where the host's root file system is mounted (default: /). A file that
# somebody else has changed since is left alone and named; -f puts it back all the same.
#
# It also holds on a host that runs, where others may write to a directory that it works in: it goes
# into the directory and works on names there, makes what is new in a directory of its own that
# only root can enter, and moves it to its place by rename, which follows no link.
#
# It needs sha256sum and the usual file tools; those of busybox will do. ACLs, attributes and
# flags need setfacl, setfattr and chattr: where one is missing, what it would have set is named.
# What is in no file (what dockerd, the kernel and systemd have in force) it does not take back: on a host that runs
# it names what may be so still, and what ends that.
# Exit code: 0 all is as it was, 1 a file is not, 2 refused and nothing was touched, 3 the files are, and something
# may be in force still.

set -u
set -C
umask 077
LC_ALL=C
export LC_ALL

force='' failed='' touched='' unsynced='' still=''
case $0 in
*/*) blobs=$(cd "${0%/*}" && pwd -P)/blobs ;;
*) blobs=$(pwd -P)/blobs ;;
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
	[ -z "$own" ] || come_out
	[ -z "$touched" ] || quietly sync -f . || unsynced=yes
	touched=''
}

# enter DIRECTORY: goes there, and nowhere else: a link on the way, or a directory that was swapped
# in meanwhile, is another place than the one of that name.
enter() {
	quietly cd -P "$1" || return 1
	cd -P "$1" && [ "$(pwd -P)" = "$1" ]
}

# alone: whether only root can change what lies in the current directory.
alone() {
	# shellcheck disable=SC2012,SC2046  # words; it is one known name, and stat is not in every busybox
	set -- $(ls -ldn .)
	case $1 in
	d????w* | d???????w* | *+) return 1 ;; # others may write, or an ACL may say so
	d*) ;;
	*) return 1 ;;
	esac
	[ "$3" = 0 ] || [ "$3" = "$(id -u)" ]
}

# come_in: into a new directory that only root can enter, below the current one. Whoever may write
# the directory above can move it away, but put nothing into it.
come_in() {
	base=$(pwd -P)
	[ "$base" != / ] || base=''
	own=$(mktemp -d ./.harden-restore-XXXXXX) || { own='' && return 1; }
	own=${own#./}
	if enter "$base/$own" && is_own; then return 0; fi
	cd / && own='' skip=yes
	return 1
}

is_own() {
	# shellcheck disable=SC2012,SC2046  # see alone()
	set -- $(ls -ldn .)
	case $1 in drwx------*) [ "$3" = "$(id -u)" ] ;; *) return 1 ;; esac
}

# come_out: back, by the directory's own "..", which no link can change.
come_out() {
	[ -z "$moved" ] || mv -T ./new "../$name" || say "'$path' is now in '$own' beside it" || :
	[ -n "$moved" ] || rm -f ./new
	cd -P .. || exit 1
	quietly rmdir "./$own" || failed=yes
	own='' moved='' new=./$name
}

# begin PATH: what follows is about this one. A link on the way would lead out of ROOT.
begin() {
	flush
	path=$1 skip='' way=$root rest=${1#/} own='' moved='' missing='' at=$root$1
	while :; do
		case $rest in
		*/*) ;;
		*) break ;;
		esac
		way=$way/${rest%%/*} rest=${rest#*/}
		[ ! -L "$way" ] || { leave "'$way' is a link" && return; }
	done
	name=$rest new=./$rest at=./$rest
	if [ ! -d "${way:-/}" ]; then
		cd / && missing=yes # what is to be gone is gone
		return
	fi
	missing=''
	enter "${way:-/}" || { cd / && leave "'$way' is another place than it seems" && return; }
	safe=''
	! alone || safe=yes
	[ -n "$safe" ] && have chattr && [ -e "$at" ] && [ ! -L "$at" ] || return 0
	quietly chattr -ia "$at" || : # most file systems have no flags
}

# here: whether the path's directory is there.
here() {
	[ -z "$missing" ] || { leave 'its directory is gone' && return 1; }
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
	[ -z "$skip$force$missing" ] || return 0
	now=$(what)
	[ -n "$now" ] || return 0
	for known; do
		[ "$now" != "$known" ] || return 0
	done
	leave 'was changed by somebody else since; -f puts it back all the same'
}

# file DIGEST: a new file, unless its content is right already.
file() {
	[ -z "$skip" ] || return 0
	here || return 0
	[ ! -d "$at" ] || { leave 'is a directory' && return; }
	[ ! -L "$at" ] || { leave 'is a link' && return; }
	[ -z "$safe" ] || [ ! -f "$at" ] || [ "$(sum "$at")" != "$1" ] || return 0
	come_in || { leave 'cannot be written' && return; }
	new=./new
	cat "$blobs/$1" >./new && [ "$(sum ./new)" = "$1" ] && return
	leave 'cannot be written'
}

# directory: made where it is gone; what it shall look like comes last, when its files are in place.
directory() {
	[ -z "$skip" ] || return 0
	here || return 0
	[ ! -L "$at" ] || { leave 'is a link' && return; }
	[ -d "$at" ] || mkdir "$at" || leave 'cannot be made'
}

# within: the current path is a directory, and its attributes are given from inside of it.
within() {
	[ -z "$skip" ] || return 0
	here || return 0
	base=$(pwd -P)
	[ "$base" != / ] || base=''
	enter "$base/$name" || { leave 'is another place than it seems' && return; }
	new=. at=.
}

# link TARGET: a new link, unless it leads there already.
link() {
	[ -z "$skip" ] || return 0
	here || return 0
	[ -L "$at" ] || [ ! -e "$at" ] || { leave 'is no link any more' && return; }
	[ -z "$safe" ] || [ "$(what)" != "-> $1" ] || return 0
	come_in || { leave 'cannot be made' && return; }
	new=./new
	ln -s -- "$1" ./new && return
	leave 'cannot be made'
}

# kept: only its attributes are changed. Where others may write, what has that name now may be a
# link by then: it is taken to where they cannot reach it, and looked at there.
kept() {
	[ -z "$skip" ] || return 0
	here || return 0
	[ -e "$at" ] || [ -L "$at" ] || { leave 'is not there any more' && return; }
	[ -z "$safe" ] || return 0
	[ ! -L "$at" ] || { leave 'is a link where others may write' && return; }
	come_in || { leave 'cannot be put in order' && return; }
	mv -T "../$name" ./new || { leave 'cannot be put in order' && return; }
	new=./new moved=yes
	! is_other ./new || leave 'was swapped, or has a second name'
}

# is_other FILE: something that only looks like what was there.
is_other() {
	[ ! -L "$1" ] && [ ! -d "$1" ] || return 0
	# shellcheck disable=SC2012,SC2046  # see alone()
	set -- $(ls -ldn "$1")
	[ "$2" != 1 ]
}

# lent: whether it may be somebody's own file by now, who must not get what a file of root had.
lent() {
	[ -n "$moved" ] || return 1
	leave "may be another file by now, and is not given $1"
}

# made: whoever listens on a socket makes it; a host that does not run has none.
made() {
	[ -n "$skip" ] || { [ -z "$missing" ] && [ -S "$at" ]; } || skip=yes
	[ -n "$skip" ] || kept
}

owner() {
	[ -z "$skip" ] || return 0
	touched=yes
	chown -h "$1" "$new" || leave "cannot give it to $1"
}

mode() {
	[ -z "$skip" ] || return 0
	case $1 in
	0*) ;;
	*) ! lent "mode $1" || return 0 ;;
	esac
	chmod "$1" "$new" || leave "cannot set mode $1"
}

# acl OPTION TEXT: --set, or -d --set for what a directory hands down; no text: there is none.
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
	[ -z "$skip" ] && ! lent "$1" || return 0
	if have setfattr && setfattr -h -n "$1" -v "$2" "$new"; then return; fi
	say "'$path': its attribute $1 could not be set; it was $2"
	failed=yes
}

# modified SECONDS NANOSECONDS: busybox knows whole seconds only.
modified() {
	[ -n "$skip" ] || quietly touch -d "@$1.$2" "$new" ||
		touch -d "@$1" "$new" || leave 'cannot set its time'
}

# place: to where it belongs. A directory that somebody put there meanwhile is not moved into.
place() {
	[ -n "$own" ] || return 0
	if [ -z "$skip$moved" ]; then
		mv -fT ./new "../$name" || leave 'cannot be replaced'
	fi
	come_out
}

flags() {
	[ -n "$skip" ] || { [ -n "$safe" ] && chattr "+$1" "$at"; } || { say "'$path': its flags were $1" && failed=yes; }
}

# gone: it was not there before.
gone() {
	[ -z "$skip" ] && [ -z "$missing" ] || return 0
	if [ -d "$at" ] && [ ! -L "$at" ]; then
		touched=yes
		quietly rmdir "$at" || say "'$path' stays: others have put files there"
	elif [ -e "$at" ] || [ -L "$at" ]; then
		touched=yes
		rm -f "$at" || leave 'cannot be removed'
	fi
}

# runs_dockerd: whether one does here; where nobody can look it may.
runs_dockerd() {
	[ -r /proc/self/comm ] || return 0
	for process in /proc/[0-9]*; do
		comm=''
		[ ! -r "$process/comm" ] || read -r comm <"$process/comm" || :
		[ "$comm" != dockerd ] || return 0
	done
	return 1
}

# still WHAT END: it may be in force, until that.
still() {
	[ -n "$still" ] || say 'in force still, or not known not to be, since no file takes it back:'
	still=yes
	say "  $1; $2"
}

# dockerd_has WHAT: a setting that it was given; its next start reads the files.
dockerd_has() {
	[ -z "$root" ] && runs_dockerd || return 0
	still "$1" 'until dockerd is started anew'
}

# kernel_has PATH BEFORE WHAT: a setting below /proc/sys, which tells itself.
kernel_has() {
	[ -z "$root" ] || return 0
	now=''
	[ ! -r "$1" ] || read -r now <"$1" || :
	set -f
	# shellcheck disable=SC2086  # its words, whatever stands between them
	now=$(words $now) before=$(words $2)
	set +f
	[ "$now" != "$before" ] || return 0
	still "$3" "until the next boot, or until '$1' is written"
}

words() {
	printf '%s' "$*"
}

# host_has WHAT: what only other programs could tell.
host_has() {
	[ -n "$root" ] || still "$1" 'until the next boot, or until that is undone by hand'
}

finish() {
	flush
	cd /
	[ -z "$unsynced" ] || sync # an old sync knows no -f
	[ -z "$failed" ] || { say 'not everything is as it was' && exit 1; }
	[ -z "$still" ] || { say 'the files are as they were before' && exit 3; }
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
[ -d "$root" ] || refuse "'$root' is not a directory"
root=$(cd -P "$root" && pwd -P) || refuse "'$root' cannot be entered"
[ "$root" != / ] || root=''
have sha256sum || refuse 'there is no sha256sum here'
have mktemp || refuse 'there is no mktemp here'
own='' moved='' missing='' safe='' name='' new='' at='' path='' skip=''

