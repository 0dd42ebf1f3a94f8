#!/bin/sh
# What harden does about files that are none of the usual: for each the way is decided here. It
# never hangs, nothing outside of the root changes, and what it prints names the path without a
# control byte in it. TAP; needs root, and a mount namespace for the mounts.
#
# FAULT: a library to preload (tests/cli/fault.c), with which apply finds a kernel without openat2.
set -u
: "${HARDEN:?}"

if [ "$(id -u)" -ne 0 ]; then
	echo '1..0 # SKIP needs root'
	exit 0
fi
if [ -z "${ODD_FILES_UNSHARED:-}" ] && unshare -m true 2>/dev/null; then
	ODD_FILES_UNSHARED=1
	export ODD_FILES_UNSHARED
	exec unshare -m sh "$0"
fi

old() { HARDEN_FAULT='old 0 0' LD_PRELOAD=$FAULT "$@"; }
[ -n "${FAULT:-}" ] && old=old || old=
count=0 failed=0 slowest=0
work=$(mktemp -d "${TMPDIR:-/tmp}/harden-odd-XXXXXX")
root=$work/root d=$work/root/d out=$work/outside
LC_ALL=C TERM=dumb
export LC_ALL TERM
umask 022

tidy()
{
	umount -R "$d/m" 2>/dev/null
	umount "$d" 2>/dev/null
	chattr -R -i -a "$work" 2>/dev/null
	rm -rf "$root" "$out"
}
trap 'tidy; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# A system image with nothing in it but /d, and a directory beside it that nobody may touch.
new()
{
	tidy
	mkdir -p "$d" "$root/etc" "$root/var/lib" "$out"
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\n' >"$root/etc/group"
	file "$out/f" 666
	mkdir -m 777 "$out/dir"
	file "$out/dir/f" 666
}

# file PATH MODE
file()
{
	echo text >"$1"
	chmod "$2" "$1"
}

picture()
{
	find "$out" -printf '%p %y %m %U:%G %n %T@ %C@ %l\n' | sort
	cat "$out/f" "$out/dir/f"
}

baseline()
{
	printf 'baseline: b\nversion: "1.0"\ntitle: T\ncontrols:\n' >"$work/b.yaml"
	printf '  - id: f.x\n    title: x\n    severity: low\n    resources:\n      - file: { path: ["%s"], %s }\n' \
		"$1" "$2" >>"$work/b.yaml"
}

milliseconds()
{
	date +%s%3N
}

# A plan within a second; on a machine that has other things to do, the third try counts.
plan_in_time()
{
	for _ in 1 2 3; do
		start=$(milliseconds)
		timeout -s KILL 10 "$HARDEN" plan --root "$root" --baseline "$work/b.yaml" $ack \
			>"$work/plan" 2>&1 </dev/null
		took=$(($(milliseconds) - start))
		[ "$took" -le 1000 ] && break
	done
	[ "$took" -le "$slowest" ] || slowest=$took
	[ "$took" -le 1000 ] || problem="plan took $took ms"
}

# it NAME CODE TEXT PATH [FIELDS]: plan and apply; apply must end with CODE and say TEXT.
# $after, when set: "MODE FILE" as it must be afterwards. $ack: further options.
it()
{
	title=$1 code=$2 text=$3 problem=
	baseline "$4" "${5:-mode: \"0644\"}"
	picture >"$work/before"
	plan_in_time
	got=0
	$old timeout -s KILL 60 "$HARDEN" apply --root "$root" --baseline "$work/b.yaml" --yes $ack \
		>"$work/out" 2>&1 </dev/null || got=$?
	picture >"$work/after"
	[ "$got" -eq "$code" ] || problem="ended with $got, not $code"
	tr '\n' ' ' <"$work/out" | tr -s ' ' | grep -qF -- "$text" || problem="does not say: $text"
	[ -z "$(tr -d '\n\040-\176' <"$work/out")" ] || problem='prints control bytes'
	[ -n "$inside" ] || cmp -s "$work/before" "$work/after" || problem='something outside changed'
	if [ -n "$after" ] && [ "$(stat -c %a -- "${after#* }")" != "${after%% *}" ]; then
		problem="mode is $(stat -c %a -- "${after#* }"), not ${after%% *}"
	fi
	count=$((count + 1))
	if [ -z "$problem" ]; then
		echo "ok $count - $title"
	else
		failed=1
		echo "not ok $count - $title: $problem"
		sed 's/^/# /' "$work/out" | head -n 20
	fi
	ack='' after='' inside=''
}

skip()
{
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

ack='' after='' inside=''
kept='kept.' none='No changes.'

# hard links
new; file "$d/f" 666
after="644 $d/f" it 'a plain file' 0 "$kept" /d/f
new; ln "$out/f" "$d/f"
after="666 $d/f" it 'a hard link to a file outside is held back' 0 "'/d/f' has 2 names" /d/f
new; file "$d/f" 666; ln "$d/f" "$d/g"
after="666 $d/f" it 'a hard link inside is held back' 0 "'/d/f' has 2 names" /d/f
ack='--ack f.x' after="644 $d/g" it 'and changed for who asks for it' 0 "$kept" /d/f
new; ln "$out/f" "$d/f"
after="666 $d/f" it 'a hard link in a tree is held back' 0 "'/d/f' has 2 names" /d 'mode: "0644", tree: true'
new; ln "$out/f" "$d/f"; chmod 600 "$out/f"
after="600 $d/f" it 'a hard link with nothing to change does not count' 0 "$none" /d/f

# what is not a file
new; mkfifo -m 666 "$d/f"
after="666 $d/f" it 'a pipe is refused' 0 "'/d/f' is a device or a pipe" /d/f
it 'a pipe for a directory is refused' 0 "'/d/f' is a device or a pipe" /d/f 'mode: "0644", kind: dir'
new; mkfifo -m 666 "$d/f"
it 'a pipe in a tree is refused' 0 "'/d/f' is a device or a pipe" /d 'mode: "0644", tree: true'
it 'something below a pipe is not measured' 0 "'/d/f' is not a directory" /d/f/g
new; mkdir "$d/x"; mkfifo -m 666 "$d/x/daemon.json"; ln -s x/daemon.json "$d/f"
it 'a pipe behind a link is refused' 0 "'/d/x/daemon.json' is a device or a pipe" /d/f
new
if mknod -m 666 "$d/f" c 1 3 2>/dev/null; then
	after="666 $d/f" it 'a character device is refused' 0 "'/d/f' is a device or a pipe" /d/f
	rm "$d/f"
	mknod -m 666 "$d/f" b 7 200
	after="666 $d/f" it 'a block device is refused' 0 "'/d/f' is a device or a pipe" /d/f
	rm "$d/f"
	mknod -m 666 "$d/f" c 5 0
	it 'a terminal is refused, not opened' 0 "'/d/f' is a device or a pipe" /d/f
else
	skip 'devices' 'none can be made here'
fi
new
if python3 -c "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])" "$d/f" 2>/dev/null; then
	chmod 666 "$d/f"
	it 'a socket for a file is refused' 0 "'/d/f' is a socket, not a file" /d/f 'mode: "0644", kind: file'
	after="660 $d/f" it 'a socket is changed, not opened' 0 "$kept" /d/f 'mode: "0660", kind: socket'
else
	skip 'sockets' 'none can be made here'
fi
new; mkdir -m 777 "$d/f"
after="777 $d/f" it 'a directory for a file is refused' 0 "'/d/f' is a directory, not a file" /d/f 'mode: "0644", kind: file'
new; file "$d/f" 666
it 'a file for a directory is refused' 0 "'/d/f' is a file, not a directory" /d/f 'mode: "0755", kind: dir'
it 'something below a file is not measured' 0 "'/d/f' is not a directory" /d/f/g

# links
new; ln -s ../../outside/f "$d/f"
it 'a link that climbs out stays inside' 0 "$none" /d/f
new; ln -s "$out/f" "$d/f"
it 'an absolute link to outside stays inside' 0 "$none" /d/f
new; ln -s ../../../../../../../../../../../../../../etc/passwd "$d/f"; chmod 666 "$root/etc/passwd"
after="644 $root/etc/passwd" it 'a link that climbs far ends at the root' 0 '/etc/passwd' /d/f
new; mkdir "$root/real"; file "$root/real/f" 666; ln -s /real "$d/l"
after="644 $root/real/f" it 'an absolute link of root is followed inside' 0 '/real/f' /d/l/f
new; ln -s f "$d/f"
it 'a link to itself is not measured' 0 "'/d/f' is one link too many" /d/f
new; ln -s g "$d/f"; ln -s f "$d/g"
it 'two links in a circle are not measured' 0 'is one link too many' /d/f
new; ln -s nothing "$d/f"
it 'a dangling link has nothing to change' 0 "$none" /d/f
new; ln -s nothing "$d/l"
it 'nor has one in the middle' 0 "$none" /d/l/f
new; ln -s l "$d/l"
it 'a circle in the middle is not measured' 0 'is one link too many' /d/l/f
new; ln -s g "$d/l"; file "$d/g" 666
after="666 $d/g" it 'nor what is below a link to a file' 0 "'/d/g' is not a directory" /d/l/f
new; mkdir "$d/g"; file "$d/g/f" 666; ln -s g "$d/l"; chown -h 1000 "$d/l"
after="666 $d/g/f" it 'a link of a user in the middle is not followed' 0 "the link '/d/l' belongs to user 1000" /d/l/f
new; mkdir "$d/g"; file "$d/g/f" 666; mkdir "$d/u"; ln -s ../g "$d/u/l"; chown 1000 "$d/u"
after="666 $d/g/f" it 'nor one in his directory' 0 "the directory '/d/u' can be written by user 1000" /d/u/l/f
new; file "$d/g" 666; ln -s g "$d/f"; chown -h 1000 "$d/f"
after="666 $d/g" it 'a link of a user is not followed' 0 "the link '/d/f' belongs to user 1000" /d/f
new; mkdir "$d/u"; file "$d/g" 666; ln -s ../g "$d/u/f"; chown 1000 "$d/u"
after="666 $d/g" it 'nor one in the directory of a user' 0 "the directory '/d/u' can be written by user 1000" /d/u/f
new; file "$d/g" 666; ln -s g "$d/f"; chmod 1777 "$d"
after="666 $d/g" it 'nor one in a directory that all can write' 0 "the directory '/d' can be written by everyone" /d/f
new; ln -s /proc/self/root "$d/l"
it 'a magic link of /proc leads nowhere here' 0 "$none" /d/l/etc/passwd
new; ln -s "$out/dir" "$d/l"
it 'a link in a tree is passed over' 0 "$none" /d 'mode: "0644", directory-mode: "0755", tree: true'

# flags
new; file "$d/f" 666
if chattr +i "$d/f" 2>/dev/null; then
	after="666 $d/f" it 'an immutable file is held back' 0 "'/d/f' is immutable" /d/f
	ack='--ack f.x' after="644 $d/f" it 'and changed for who asks for it' 0 "$kept" /d/f
	count=$((count + 1))
	case $(lsattr "$d/f") in
	----i*) echo "ok $count - it is immutable again" ;;
	*) echo "not ok $count - it is immutable again" && failed=1 ;;
	esac
	new; file "$d/f" 666; chattr +a "$d/f"
	after="666 $d/f" it 'an append-only file is held back' 0 "'/d/f' is append-only" /d/f
	new; mkdir -m 777 "$d/f"; chattr +i "$d/f"
	after="777 $d/f" it 'an immutable directory is held back' 0 "'/d/f' is immutable" /d/f
	new; mkdir -m 777 "$d/f"; chattr +a "$d/f"
	after="777 $d/f" it 'an append-only directory is held back' 0 "'/d/f' is append-only" /d/f
	new; file "$d/f" 666; chattr +a "$d"
	after="644 $d/f" it 'a file in an append-only directory is changed in place' 0 "$kept" /d/f
	new; file "$d/f" 666; chattr +i "$d"
	after="644 $d/f" it 'a file in an immutable directory is changed in place' 0 "$kept" /d/f
else
	skip 'flags' 'not on this file system'
fi

# mounts
new; mkdir "$d/m"
if [ -n "${ODD_FILES_UNSHARED:-}" ] && mount -t tmpfs none "$d/m" 2>/dev/null; then
	file "$d/m/f" 666
	after="644 $d/m/f" it 'a file on a tmpfs in the middle is changed' 0 "$kept" /d/m/f
	umount "$d/m"
	mkdir "$root/other"; file "$root/other/f" 666; mount --bind "$root/other" "$d/m"
	after="644 $d/m/f" it 'a file behind a bind mount is changed' 0 "$kept" /d/m/f
	umount "$d/m"
	file "$root/other/f" 666; file "$d/g" 644; mount --bind "$root/other/f" "$d/g"
	after="644 $root/other/f" it 'a file that is a mount itself is changed in place' 0 "$kept" /d/g
	umount "$d/g"
	mkdir "$root/lower" "$root/upper" "$root/work"; file "$root/lower/f" 666
	if mount -t overlay -o "lowerdir=$root/lower,upperdir=$root/upper,workdir=$root/work" none "$d/m" 2>/dev/null; then
		after="644 $d/m/f" it 'a file of a lower layer is changed in the upper one' 0 "$kept" /d/m/f
		umount "$d/m"
	fi
	file "$d/f" 666; mount --bind "$d" "$d"; mount -o remount,bind,ro "$d"
	after="666 $d/f" it 'a read-only mount is left as it was' 3 'Read-only file system' /d/f
	umount "$d"
	mkdir "$d/p"; mount -t proc none "$d/p" 2>/dev/null
	it 'a file of /proc in the image is not changed' 0 "$none" /d/p/version
	umount "$d/p" 2>/dev/null
else
	skip 'mounts' 'no mount namespace of its own'
fi

# names
new; file "$d/a
b" 666
after="644 $d/a
b" it 'a newline in a name' 0 '/d/a\x0ab' '/d/a\nb'
new; name=$(printf 'a\033[31mb\033]0;t\007'); file "$d/$name" 666
it 'escapes of a terminal in a name' 0 '/d/a\x1b[31mb\x1b]0;t\x07' '/d/a\e[31mb\e]0;t\a'
new; name=$(printf 'a\033[2Jb'); mkfifo "$d/$name"
it 'and in the name of what is refused' 0 '/d/a\x1b[2Jb' /d 'mode: "0644", tree: true'
new; name=$(printf 'a\377b'); file "$d/$name" 666
after="644 $d/$name" it 'a name that is no UTF-8' 0 '/d/a\xffb' /d 'mode: "0644", directory-mode: "0755", tree: true'
new; name=$(printf 'a\342\200\256b'); file "$d/$name" 666
it 'a name with a mark that turns the text round' 0 '/d/a\u{202e}b' /d 'mode: "0644", directory-mode: "0755", tree: true'
new; file "$d/-f" 666
after="644 $d/-f" it 'a name that looks like an option' 0 "$kept" /d/-f
new; file "$d/.f.harden-abcdef0" 666
it 'a name that looks staged' 0 "$kept" /d/.f.harden-abcdef0
new; name=$(printf '%0255d' 0); file "$d/$name" 666
after="644 $d/$name" it 'a name of 255 bytes' 0 "$kept" "/d/$name"
it 'a name of 256 bytes is not measured' 0 'has a component of 256 bytes' "/d/${name}0"
it 'an empty component is not measured' 0 'has an empty component' /d//f
it 'a component ".." is not measured' 0 "has a component '..'" /d/../d/f
it 'a relative path is not measured' 0 'is not absolute' d/f
new; path=/d; name=$(printf '%0199d' 0)
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do path=$path/$name; done
(cd "$d" && for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do mkdir "$name" && cd "$name" || exit; done; file f 666)
it 'a path of 3804 bytes' 0 "$kept" "$path/f"
it 'a path of over 4096 bytes ends in an error' 0 '' "$path/$name/$name/f"

# modes and attributes
new; file "$d/f" 0
after="0 $d/f" it 'mode 0000 is never loosened' 0 "$none" /d/f
new; mkdir -m 0 "$d/z"; file "$d/z/f" 666
after="644 $d/z/f" it 'a file in a directory of mode 0000' 0 "$kept" /d/z/f
new; file "$d/f" 6777
after="755 $d/f" it 'setuid and setgid go' 0 "$kept" /d/f 'mode: "0755"'
new; file "$d/f" 666
if setfattr -n user.big -v "$(printf '%03000d' 0)" "$d/f" 2>/dev/null; then
	after="644 $d/f" it 'large attributes' 0 "$kept" /d/f
	count=$((count + 1))
	if [ "$(getfattr --only-values -n user.big "$d/f" 2>/dev/null | wc -c)" -eq 3000 ]; then
		echo "ok $count - they are still there"
	else
		echo "not ok $count - they are still there"
		failed=1
	fi
else
	skip 'large attributes' 'none here'
fi
new; truncate -s 1G "$d/f"; chmod 666 "$d/f"
after="644 $d/f" it 'a file of 1 GiB with a hole' 0 "$kept" /d/f
new; file "$d/f" 666; touch -d 2099-01-01 "$d/f"
after="644 $d/f" it 'a time in the future' 0 "$kept" /d/f
new; file "$d/f" 666; chown 1000:1000 "$d/f"
after="600 $d/f" it 'a file of a user becomes root'"'"'s' 0 "$kept" /d/f 'mode: "0600", owner: root, group: root'

echo "# the slowest plan took $slowest ms"
echo "1..$count"
exit "$failed"
