#!/bin/sh
# Whom harden trusts: a state, a journal or a snapshot that somebody else owns or can write, or
# that is not what it was, is refused, and nothing of it is put back.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$work/baseline.yaml
make_root clean
cp -a "$work/clean" "$work/model"
umask 0 # what harden makes is its own affair
harden apply --root "$work/model" --baseline "$b" --yes
umask 022
ok 'an apply' test "$code" -eq 0
state=var/lib/harden
id=$(ls "$work/model/$state/txn")
txn=$state/txn/$id
ok 'its directories are 0700' test -z "$(find "$work/model/$state" -type d ! -perm 700)"
ok 'its files are 0600' test -z "$(find "$work/model/$state" -type f ! -perm 600 ! -name RESTORE)"
ok 'the script is 0700' test -z "$(find "$work/model/$txn/RESTORE" ! -perm 700)"
ok 'the snapshot is there' test "$(find "$work/model/$txn/blobs" -type f | wc -l)" -ge 2
blob=$txn/blobs/$(find "$work/model/$txn/blobs" -type f -exec grep -l '"icc": true' {} + | sed 's/.*\///')
ok 'with the file as it was' test -f "$work/model/$blob"

fresh()
{
	rm -rf "$work/host"
	cp -a "$work/model" "$work/host"
}

# refused TEXT: a rollback fails and says so, and the host stays as it is
refused()
{
	picture "$work/host" >"$work/before"
	expect "${want:-1}" "$1" rollback --root "$work/host" --yes
	picture "$work/host" >"$work/after"
	ok '... and nothing is put back' cmp -s "$work/before" "$work/after"
	want=
}

# the same where recover, which comes first, finds it: "needs hands"
needs_hands()
{
	want=4
	refused "$1"
}

# not ours, or anybody's
for path in $state $state/txn $txn $txn/journal $blob; do
	[ -e "$work/model/$path" ] || continue
	for how in 'chmod g+w' 'chmod o+w' 'chown 65534'; do
		fresh
		$how "$work/host/$path"
		name=$(echo "$path" | sed -e "s/$id/ID/" -e 's/[0-9a-f]\{64\}/DIGEST/')
		echo "# $how $name"
		harden rollback --root "$work/host" --yes
		ok "$how $name: refused" test "$code" -eq 1 -o "$code" -eq 4
		picture "$work/host" >"$work/after"
		picture "$work/model" >"$work/before"
		ok '... and nothing is put back' cmp -s "$work/before" "$work/after"
	done
done

# the list of what it staged is read by nobody any more once that is swept
for how in 'chmod o+w' 'chown 65534' 'rm'; do
	fresh
	$how "$work/host/$txn/staged"
	expect 0 '' rollback --root "$work/host" --yes
done

# in the place of the state
# in_the_place TEXT: every command that reads or writes the state says so, and changes nothing
in_the_place()
{
	picture "$work/host" >"$work/before"
	for command in apply rollback recover 'recover --set-aside x' status history "show $id" "diff $id" prune; do
		yes=
		case $command in apply) yes="--baseline $b --yes" ;; rollback | prune) yes=--yes ;; esac
		# shellcheck disable=SC2086  # words
		expect 1 "$1" $command --root "$work/host" $yes
	done
	expect 0 "warning: $1" plan --root "$work/host" --baseline "$b"
	expect 2 "not compared with the last apply: $1" check --root "$work/host" --baseline "$b"
	picture "$work/host" >"$work/after"
	ok '... and nothing is changed' cmp -s "$work/before" "$work/after"
}

cannot="cannot open '/var/lib/harden'"
fresh; mv "$work/host/$state" "$work/host/var/elsewhere"; ln -s ../elsewhere "$work/host/$state"
in_the_place "$cannot: it is a symbolic link to '../elsewhere'"
rm -rf "$work/host"; cp -a "$work/clean" "$work/host"; echo x >"$work/host/$state"
in_the_place "$cannot: it is a file"
rm "$work/host/$state"; mkfifo "$work/host/$state"
in_the_place "$cannot: it is a special file"
rm "$work/host/$state"; mkdir -m 777 "$work/host/$state"
in_the_place "'/var/lib/harden' must belong to root alone with mode 0700"
fresh; chown 65534 "$work/host/$state"
in_the_place "'/var/lib/harden' must belong to root alone with mode 0700"

# above it
fresh; chown 65534 "$work/host/var/lib"
in_the_place "'/var/lib' belongs to user 65534"
fresh; chmod 777 "$work/host/var"
in_the_place "'/var' can be written by others"
fresh; chgrp 65534 "$work/host/var/lib"; chmod 775 "$work/host/var/lib"
in_the_place "'/var/lib' can be written by others"

# in it
fresh; mv "$work/host/$state/txn" "$work/host/$state/there"; ln -s there "$work/host/$state/txn"
in_the_place "cannot open '/var/lib/harden/txn': it is a symbolic link to 'there'"
fresh; rm "$work/host/$state/lock"; ln -s /etc/passwd "$work/host/$state/lock"
expect 1 "cannot open '/var/lib/harden/lock': it is a symbolic link to '/etc/passwd'" \
	apply --root "$work/host" --baseline "$b" --yes
for how in 'mkfifo LOCK' 'ln NAME LOCK' 'install -m 666 /dev/null LOCK' 'install -o 65534 /dev/null LOCK'; do
	fresh; lock=$work/host/$state/lock; rm "$lock"; : >"$work/host/name"
	$(echo "$how" | sed -e "s|LOCK|$lock|" -e "s|NAME|$work/host/name|")
	expect 1 "'/var/lib/harden/lock' is not a file of root's alone" \
		apply --root "$work/host" --baseline "$b" --yes
	expect 1 "'/var/lib/harden/lock' is not a file of root's alone" recover --root "$work/host"
done

# the snapshot is not what it was
fresh; printf ' ' >>"$work/host/$blob"
refused "the snapshot of '/etc/docker/daemon.json' cannot be used"
fresh; printf '{' | dd of="$work/host/$blob" bs=1 seek=1 conv=notrunc 2>/dev/null
refused "the snapshot of '/etc/docker/daemon.json' cannot be used"
fresh; truncate -s 3 "$work/host/$blob"
refused "the snapshot of '/etc/docker/daemon.json' cannot be used"
fresh; rm "$work/host/$blob"
refused "the snapshot of '/etc/docker/daemon.json' cannot be used"
fresh; rm "$work/host/$blob"; ln -s /etc/passwd "$work/host/$blob"
refused "the snapshot of '/etc/docker/daemon.json' cannot be used"
fresh; rm "$work/host/$blob"; mkfifo "$work/host/$blob"
refused 'could have been written by others'

# nor is the journal
fresh; printf x | dd of="$work/host/$txn/journal" bs=1 seek=40 conv=notrunc 2>/dev/null
needs_hands 'damaged'
fresh; rm "$work/host/$txn/journal"; mkfifo "$work/host/$txn/journal"
needs_hands 'could have been written by others'
fresh; printf 2 | dd of="$work/host/$txn/journal" bs=1 seek=7 conv=notrunc 2>/dev/null
sha256sum "$work/host/$txn/journal" >"$work/sum"
needs_hands 'was written by a newer harden'
ok '... and it is left untouched' sha256sum -c --quiet "$work/sum"

finish
