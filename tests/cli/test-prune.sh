#!/bin/sh
# prune: what goes, what must stay, and what is left when it is broken off.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$work/baseline.yaml
make_root host
host=$work/host txn=$host/var/lib/harden/txn
picture "$host" >"$work/bare"

apply()
{
	"$HARDEN" apply --root "$host" --baseline "$b" --yes >"$work/out" 2>"$work/err" </dev/null
}

rollback()
{
	"$HARDEN" rollback --root "$host" --yes >"$work/out" 2>"$work/err" </dev/null
}

# The n-th transaction's id, from the oldest.
id()
{
	"$HARDEN" history --root "$host" | grep '^[0-9]' | sed -n "$1s/ .*//p"
}

left()
{
	[ "$(find "$txn" -mindepth 1 -maxdepth 1 | wc -l)" -eq "$1" ]
}

said()
{
	grep -qF -- "$1" "$work/out"
}

expect 0 '' prune --root "$host"
ok 'where nothing was applied there is nothing to prune' said 'Nothing to prune; 0 transactions'
picture "$host" >"$work/now"
ok 'and nothing is made' cmp -s "$work/bare" "$work/now"
ok 'not even the state directory' test ! -e "$host/var/lib/harden"

apply && rollback && apply && rollback && apply
ok 'five transactions' left 5
first=$(id 1) undone=$(id 2) last=$(id 5)
picture "$host" >"$work/before"

expect 0 '' prune --root "$host"
ok 'ten stay unless told otherwise' said 'Nothing to prune; 5 transactions'
expect 0 '' prune --root "$host" --keep 3 --dry-run
ok 'a dry run says what goes' said "goes    $first"
ok 'and how much' said 'Would prune 2 transactions'
ok 'but nothing does' left 5
json 0 prune --root "$host" --keep 3 --dry-run
json 0 prune --root "$host" --dry-run "$last"
ok 'JSON names what is in force, too' sh -c 'tr -d " \n" <"$2" | grep -qF "\"in_force\":[\"$1\"]"' - "$last" "$work/out"
expect 5 "it undid $first, which is still there" prune --root "$host" "$undone"
ok 'the undoing of what is there stays' left 5
expect 1 "there is no transaction '1999'" prune --root "$host" 1999
expect 1 'several transactions begin' prune --root "$host" 2
expect 5 'which is still there' prune --root "$host" "$last" "$undone"
ok 'all or none' left 5

# by age
expect 64 "an age such as 30d, 2w or 12h, not '30'" prune --root "$host" --older-than 30
expect 64 '--older-than or the ids' prune --root "$host" --older-than 1d "$first"
expect 0 '' prune --root "$host" --older-than 1d --dry-run
ok 'what is not that old stays' said 'Nothing to prune; 5 transactions'
expect 0 '' prune --root "$host" --older-than 0s --dry-run
ok 'what is goes, but for what is in force' said 'Would prune 4 transactions'
ok '... which is told' said "kept    $last: in force"
expect 0 '' prune --root "$host" --older-than 0s --keep 3 --dry-run
ok 'with --keep both have to let it go' said 'Would prune 2 transactions'
expect 0 '' prune --root "$host" --older-than 1d --keep 0 --dry-run
ok '... the age, too' said 'Nothing to prune; 5 transactions'
json 0 prune --root "$host" --older-than 0s --dry-run

expect 64 "'--yes' forgets 2 transactions for good" prune --root "$host" --keep 3
expect 64 "'--yes' forgets 2 transactions for good" prune --root "$host" --keep 3 --json
ok 'without consent nothing goes' left 5
if command -v script >/dev/null; then
	# script(1) gives the program a terminal; the answer is what it reads
	(sleep 1; echo n) | script -qec "\"$HARDEN\" prune --root \"$host\" --keep 3" /dev/null \
		>"$work/out" 2>&1
	ok 'no ends with 1' test $? -eq 1
	ok 'the question was put' grep -qF 'Forget 2 transactions' "$work/out"
	ok 'no is obeyed' left 5
	# nobody waits behind the question, and what happens meanwhile counts
	cp -a "$host" "$work/busy"
	(sleep 2; echo y) | script -qec "\"$HARDEN\" prune --root \"$work/busy\" --keep 3" "$work/asked" \
		>/dev/null 2>&1 &
	sleep 1
	expect 0 '' rollback --root "$work/busy" --yes
	wait $!
	ok 'the answer is not to what was done meanwhile' test $? -eq 5
	ok '... and says so' grep -qF 'others than those that were asked about' "$work/asked"
	ok 'nothing went' test "$(ls "$work/busy/var/lib/harden/txn" | wc -l)" -eq 6
	(sleep 1; echo y) | script -qec "\"$HARDEN\" prune --root \"$work/busy\" --keep 3" /dev/null >/dev/null 2>&1
	ok 'yes is obeyed' test "$(ls "$work/busy/var/lib/harden/txn" | wc -l)" -eq 3
else
	skip 8 'no script(1)'
fi
expect 0 '' prune --root "$host" --keep 3 --yes
ok 'it says what went' said "pruned  $first"
ok 'it says what is freed' grep -qE '^Pruned 2 transactions, [1-9][0-9]* KiB; 3 stay' "$work/out"
ok 'three stay' left 3
ok 'no directory is left' test ! -e "$txn/$first" -a ! -e "$txn/$undone"
expect 1 'there is no transaction' show --root "$host" "$first"
json 0 prune --root "$host" --keep 2 --yes
ok 'what is in force can still be shown' "$HARDEN" show --root "$host" "$last"

expect 0 '' prune --root "$host" --keep 0 --yes
ok 'what is in force stays' said "kept    $last: in force"
ok 'alone' left 1

# what is not decided
journal=$txn/$last/journal
cp -a "$txn/$last" "$work/copy"
cut_at()
{
	python3 - "$journal" "$1" <<-'E'
	import struct, sys
	data, last = open(sys.argv[1], 'rb').read(), int(sys.argv[2])
	at = 8
	while at < len(data):
	    length, number, kind = struct.unpack('<III', data[at:at + 12])
	    if kind == last:
	        break
	    at += 16 + length
	open(sys.argv[1], 'wb').write(data[:at])
	E
}
if command -v python3 >/dev/null; then
	cut_at 10 # SWEPT
	expect 5 "'harden recover' has not swept up behind it" prune --root "$host" "$last"
	expect 0 '' prune --root "$host" --keep 0
	ok 'what is not swept stays' left 1
	cut_at 6 # COMMIT
	expect 5 "$last: applied" prune --root "$host" "$last"
	expect 0 '' prune --root "$host" --keep 0
	ok 'what is not decided stays' said "kept    $last: applied"
	ok 'with all that it has' left 1
	rm -r "$txn/$last" && cp -a "$work/copy" "$txn/$last"
else
	skip 6 'no python3'
fi
printf x | dd of="$journal" bs=1 seek=40 conv=notrunc 2>/dev/null
expect 0 'damaged' prune --root "$host" --keep 0
ok 'a damaged journal is not pruned, it is set aside' left 1
rm -r "$txn/$last" && cp -a "$work/copy" "$txn/$last"

# broken off behind the journal
cp -a "$host" "$work/broken"
mv "$work/broken/var/lib/harden/txn/$last/journal" "$work/broken/var/lib/harden/txn/$last/journal.new"
expect 0 '' recover --root "$work/broken"
ok 'what a prune left half done is swept' test ! -e "$work/broken/var/lib/harden/txn/$last"
picture "$work/broken" >"$work/now"
ok 'and the host is as it was' cmp -s "$work/before" "$work/now"

expect 0 '' prune --root "$host" "$last" --yes
ok 'by its id, what is in force may go' left 0
picture "$host" >"$work/now"
ok 'no prune touches the host' cmp -s "$work/before" "$work/now"
if command -v flock >/dev/null; then
	code=0
	flock "$host/var/lib/harden/lock" "$HARDEN" prune --root "$host" >"$work/out" 2>&1 || code=$?
	ok 'a held lock ends with 75' test $code -eq 75
else
	skip 1 'no flock(1)'
fi

# An empty ledger is no untouched host.
for id in $("$HARDEN" history --root "$host" | sed -n 's/^\([0-9-]*-[0-9a-f]*\) .*/\1/p' | sort -r); do
	"$HARDEN" prune --root "$host" --yes "$id" >"$work/out" 2>&1 </dev/null || :
done
ok 'all of them go, one by one' left 0
expect 0 '' status --root "$host"
ok '... and status does not say that nothing was ever applied' said 'In force: not known; a transaction in force was pruned.'

# beside others, too: those that were undone say nothing about it
rm -rf "$host/var/lib/harden" "$host/etc/docker/daemon.json"
apply && rollback && apply
last=$(id 3)
json 0 prune --root "$host" --dry-run "$last"
expect 0 '' prune --root "$host" --dry-run "$last"
ok 'a dry run says that it is in force' said "! $last is in force: what it changed stands"
harden status --root "$host"
ok '... and notes nothing' said "In force: $last"
expect 0 '' prune --root "$host" --yes "$last"
ok 'what was in force is told' said "! $last was in force: what it changed stands"
harden status --root "$host"
ok 'status does not say that all was undone' said 'In force: not known; a transaction in force was pruned.'
ok '... but which it was' said "Pruned:   $last was in force then"
json 0 status --root "$host"
apply
harden status --root "$host"
ok '... also beside one that is in force' said "Pruned:   $last"

expect 0 '' prune --root "$host" --dry-run "$last"
harden status --root "$host"
ok '... whatever a dry run shows' said "Pruned:   $last"
json 0 prune --root "$host" --dry-run "$last"
expect 0 '' prune --root "$host" "$last"
ok 'its note can be pruned, too' said "forgot $last, which was pruned while in force"
harden status --root "$host"
ok '... and is not told any more' test "$(grep -c 'Pruned:' "$work/out")" = 0
ok '... nor left' test ! -e "$host/var/lib/harden/pruned"
code=0
"$HARDEN" prune --root "$host" --yes "$last" >"$work/out" 2>&1 || code=$?
ok '... and nothing of it is known' test $code -eq 1

# what is none of harden's lies among the transactions: told, passed over, and left where it is
make_root other
host=$work/other txn=$host/var/lib/harden/txn
apply
touch "$txn/README"
mkdir "$txn/lost+found"
cp -a "$txn/$(id 1)" "$txn/$(id 1).bak"
for command in status history 'rollback --dry-run' 'prune --keep 9' recover; do
	# shellcheck disable=SC2086  # a command and its options
	expect 0 "txn/lost+found' is not a transaction of harden's" $command --root "$host"
done
ok 'none of it is counted' sh -c '[ "$("$1" history --root "$2" 2>/dev/null | grep -c .)" = 1 ]' sh "$HARDEN" "$host"
rollback
ok 'nor is it in the way' said 'kept'
ok '... and all of it is there' left 5


# what was undone while a later one stood on it
rm -rf "$host/var/lib/harden" "$host/etc/docker/daemon.json"
for level in warn error debug; do
	sed "s/value: info/value: $level/" "$b" >"$work/$level.yaml"
	expect 0 '' apply --root "$host" --baseline "$work/$level.yaml" --level 2 --only daemon.log-level --yes
done
first=$(id 1) middle=$(id 2) last=$(id 3)
expect 0 '' rollback --root "$host" --yes "$middle"
expect 0 '' prune --root "$host" --keep 1 --yes
ok 'what was undone beneath one in force stays' said "kept    $middle: it is undone, and $last rests on it"
expect 5 "$middle: it is undone, and $last" prune --root "$host" --yes "$middle"
expect 0 '' rollback --root "$host" --yes "$last"
ok '... so that its value does not come back' grep -q '"warn"' "$host/etc/docker/daemon.json"
harden status --root "$host"
ok '... and who is in force is told' said "In force: $first"
expect 0 '' prune --root "$host" --keep 0 --yes
ok 'both go when nothing stands on them' left 1
finish
