#!/bin/sh
# history --verify: what is not as it was written is named, with 4; who did what is told.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$work/baseline.yaml
make_root host
host=$work/host state=$host/var/lib/harden

said()
{
	grep -qF -- "$1" "$work/out"
}

# The n-th transaction's id, from the oldest.
id()
{
	"$HARDEN" history --root "$host" 2>/dev/null | grep '^[0-9]' | sed -n "$1s/ .*//p"
}

# is ID VERDICT: what JSON says of it
is()
{
	tr -d ' \n' <"$work/out" | grep -qF "\"id\":\"$1\",\"verdict\":\"$2\""
}

# fresh: the state as it was
fresh()
{
	rm -rf "$state"
	cp -a "$work/state" "$state"
}

expect 0 '' history --root "$host" --verify
ok 'where nothing was applied there is nothing to prove' said 'No transactions.'
json 0 history --root "$host" --verify
expect 64 "takes no option '--verify'" status --root "$host" --verify

apply="apply --root $host --baseline $b --yes"
# shellcheck disable=SC2086  # words
{
	SUDO_USER=$(printf 'a"li\033ce') "$HARDEN" $apply >/dev/null 2>&1 </dev/null
	harden rollback --root "$host" --yes
	harden $apply
}
first=$(id 1) second=$(id 2) last=$(id 3)
cp -a "$state" "$work/state"

expect 0 '' history --root "$host" --verify
ok 'all is as it was written' said '3 transactions as written.'
ok 'the head is told' said "Head: $last"
digest=$(sed -n "s/^$first .* //p" "$work/out")
ok 'each has its digest' test ${#digest} -eq 64
ok '... that of the head is its last line but one' sh -c 'grep -qF "sha256 $(sed -n "s/^$1 .* //p" "$2")" "$2"' - "$last" "$work/out"
json 0 history --root "$host" --verify
ok 'JSON has it' is "$first" ok
json 0 history --root "$host"
ok 'JSON says who began it' sh -c 'tr -d "\n" <"$1" | grep -q "\"by\": *{ *\"login_uid\": *\(null\|[0-9]*\)"' - "$work/out"
ok '... and what sudo said' grep -qF '"sudo_user": "a\"li\u001Bce"' "$work/out"
harden show --root "$host" "$first"
ok 'show tells it' said "(sudo says 'a\"li"
ok '... escaped' sh -c '! grep -q "$(printf "\\033")" "$1"' - "$work/out"
harden show --root "$host" "$second"
ok 'and where sudo said nothing, nothing of it' sh -c '! grep -q "sudo says" "$1"' - "$work/out"
ok 'who looks changes nothing' diff -r "$work/state" "$state"

# tampered with
printf x | dd of="$state/txn/$first/journal" bs=1 seek=400 conv=notrunc 2>/dev/null
expect 4 '' history --root "$host" --verify
ok 'a journal that does not parse is named' sh -c 'grep -q "^$1  *damaged" "$2"' - "$first" "$work/out"
ok '... and counted' said '1 of 3 transactions is not as it was written.'
json 4 history --root "$host" --verify
fresh
rm -r "$state/txn/$second"
json 4 history --root "$host" --verify
ok 'what is gone without a word is missing' is "$second" missing
expect 4 '' history --root "$host" --verify -q
ok 'quiet says what is wrong' sh -c 'grep -q "^$1  *missing" "$2"' - "$second" "$work/out"
ok '... and no more' sh -c '! grep -q "^$1 " "$2"' - "$last" "$work/out"
expect 0 '' history --root "$host"
fresh
rm -r "$state/txn/$last"
expect 0 '' history --root "$host" --verify
ok 'that the newest is gone shows by the head alone' said "Head: $second"
fresh
cp -a "$state/txn/$first" "$state/txn/$(echo "$second" | sed 's/......$/ffffff/')"
expect 4 '' history --root "$host" --verify
fresh
: >"$state/txn/$last/journal"
expect 4 '' history --root "$host" --verify
ok 'an empty journal is no crash' said 'damaged'
fresh
mkdir "$state/tombstones"
expect 1 "tombstones'" history --root "$host" --verify
rmdir "$state/tombstones"

# pruned
expect 0 '' prune --root "$host" --keep 1 --yes
expect 0 '' history --root "$host" --verify
ok 'what was pruned has left a tombstone' sh -c 'grep -q "^$1  *gone  *$2" "$3"' - "$first" "$digest" "$work/out"
ok '... which says so' said '(2 gone, by the tombstones)'
sed -i "1s/$digest/$(echo "$digest" | tr 0-9a-f 1-9a-f0)/" "$state/tombstones"
json 4 history --root "$host" --verify
ok 'a tombstone that was changed is named' is "$first" changed
rm "$state/tombstones"
json 4 history --root "$host" --verify
ok 'none is missed' is "$second" missing
expect 0 '' rollback --root "$host" --yes
ok 'none of it is in the way of an undo' said kept
finish
