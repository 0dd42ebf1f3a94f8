#!/bin/sh
# What waits to be confirmed: what each command says of it, and how it ends. The timer is the lab's.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$work/baseline.yaml
make_root host
host=$work/host
picture "$host" >"$work/before"

# before the first write
expect 64 "'--confirm' wants at least 10s and at most 24h, not '9s'" apply --confirm=9s
expect 64 "'--confirm' wants at least 10s and at most 24h, not '25h'" apply --confirm=25h
expect 64 "'--confirm' wants a time such as" apply --confirm=soon
expect 64 "'--confirm' is given twice" apply --confirm --confirm=1m
expect 64 'a time is given as --confirm=5m' apply --confirm 5m
expect 64 "'--no-wait' goes with '--confirm'" apply --no-wait
expect 64 "wants at least 10s" confirm --extend 9999ms
expect 64 "'--extend' wants a value" confirm --extend
expect 64 "takes no option '--confirm'" rollback --confirm
expect 5 'no timer runs there that undoes it in time' apply --root "$host" --baseline "$b" --yes --confirm
expect 1 'no transaction waits to be confirmed' confirm --root "$host"
picture "$host" >"$work/now"
ok 'nothing of that wrote' cmp -s "$work/before" "$work/now"
ok '... nor made a state' test ! -e "$host/var/lib/harden"
if [ ! -d /run/systemd/system ]; then
	expect 5 "needs a timer of systemd's that undoes it in time: systemd does not run here" \
		apply --baseline "$b" --yes --confirm=1m
else
	skip 1 'systemd runs here'
fi

# of this machine, with that ledger for its own: next_boot WHOSE ARG...
next_boot()
{
	whose=$1 code=0
	shift
	HARDEN_PLANT='daemon true boot' unshare -m sh -c 'mount -t tmpfs none /var/lib && mkdir /var/lib/harden &&
		mount --bind "$0/var/lib/harden" /var/lib/harden || exit 99
		exec "$@"' "$whose" "$PLANTED" check --next-boot "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
}

# kept at once, it never waited
apply()
{
	harden apply --root "$host" --baseline "$b" --yes
	picture "$host" >"$work/applied"
}

# wait_for SECONDS: what was applied waits so long yet
wait_for()
{
	id=$("$WAITING" "$host" "$1")
}

newest()
{
	"$HARDEN" history --root "$host" --json 2>/dev/null | tr -d ' ,"' | sed -n 's/^state://p' | tail -n 1
}

apply
expect 1 'no transaction waits to be confirmed' confirm --root "$host"
expect 1 'does not wait to be confirmed: it is committed' confirm --root "$host" 2

# every look names it, with the time that is left and the command
wait_for 300
said="waits to be confirmed, 5 min left"
echo '{"live-restore": tru' >"$work/broken.yaml"
for look in status history "show $id" "diff $id" "plan --baseline $b" facts 'prune --dry-run' \
	"plan --baseline $work/broken.yaml" "check --baseline $work/broken.yaml" "check --baseline $b --allow-unmeasured"; do
	# shellcheck disable=SC2086  # words of a command
	harden $look --root "$host"
	ok "$look names it" grep -qE "transaction $id waits to be confirmed, (5 min|4 min 5[0-9] s) left" "$work/err"
	ok '... and what ends it' grep -qF "'harden confirm --root $host $id' keeps it, 'harden rollback --root $host $id' undoes it now" "$work/err"
done
ok 'check compares nothing with it' grep -q "not compared with the last apply: transaction $id waits to be confirmed" "$work/err"
next_boot "$host" --json
if [ "$code" -eq 99 ] || ! unshare -m true 2>/dev/null; then
	skip 7 'no mount namespace can be made here'
else
	ok 'what the next boot undoes was not tried' test "$code" -eq 2
	ok '... which is named' grep -qE "transaction $id waits to be confirmed, (5 min|4 min 5[0-9] s) left" "$work/err"
	ok '... and told as JSON' jq -e --arg id "$id" '[.open[] | [.id, .state]] == [[$id, "waiting"]] and
		(.next_boot[] | select(.id == "next.recovery") | .outcome == "not_measured")' "$work/out"
	ok '... as the schema has it' "$JSON_CHECK" "$SOURCE/packaging/harden-output.schema.json" <"$work/out"
	next_boot "$host"
	ok '... and for people' grep -q "^not measured *next.recovery *transaction $id waits to be confirmed" "$work/out"
	make_root off
	"$HARDEN" apply --root "$work/off" --baseline "$b" --yes >/dev/null
	off=$("$WAITING" "$work/off" broken-off)
	next_boot "$work/off" --json
	ok 'one that is open likewise' jq -e '.open[].state == "applied" and
		(.next_boot[] | select(.id == "next.recovery") | .outcome == "not_measured")' "$work/out"
	ok '... by name' grep -q "transaction $off is open (applied)" "$work/err"
fi
harden status --root "$host"
ok 'status has its own line' grep -q "^Waiting:  $id" "$work/out"
ok '... and what comes next' grep -qF "Next: harden confirm --root $host $id" "$work/out"
ok '... and claims nothing to be in force' grep -qF 'not known; a transaction waits to be confirmed' "$work/out"
json 0 status --root "$host"
ok '... with the time' grep -qE '"seconds_left": (300|29[0-9])' "$work/out"
json 0 show --root "$host" "$id"
expect 0 '' recover --root "$host" --lock-timeout 596h # as the timer has it
json 0 recover --root "$host"
ok 'recover leaves it' grep -qF "\"$id\"" "$work/out"
expect 0 '' recover --root "$host"
ok '... and says so' grep -qF "$id: waits to be confirmed; left as it is" "$work/out"
picture "$host" >"$work/now"
ok '... as it is' cmp -s "$work/applied" "$work/now"

# nothing beside it
expect 5 "refused: transaction $id waits to be confirmed" apply --root "$host" --baseline "$b" --yes
expect 5 "refused: transaction $id waits to be confirmed" apply --root "$host" --baseline "$b" --dry-run
json 5 apply --root "$host" --baseline "$b" --yes
expect 1 '' rollback --root "$host" --yes 19990101-000000-000000
expect 5 'it can only be undone as a whole' rollback --root "$host" --yes --only daemon.icc
expect 5 'it can only be undone as a whole' rollback --root "$host" --dry-run --only daemon.icc
expect 64 'leaves what others changed as it is' rollback --root "$host" --yes --on-conflict before
expect 5 'there is nothing to set aside' recover --root "$host" --set-aside "$id"
harden prune --root "$host" --yes --keep 0
ok 'prune leaves it' test -d "$host/var/lib/harden/txn/$id"
expect 0 '' rollback --root "$host" --dry-run
ok 'a preview names what would go back' grep -qF '/etc/docker/daemon.json' "$work/out"
json 0 rollback --root "$host" --dry-run
ok '... as data, too' grep -qF '"path": "/etc/docker/daemon.json"' "$work/out"
ok '... which is what was applied' grep -qF '"purpose": "apply"' "$work/out"
picture "$host" >"$work/now"
ok 'all of that changed nothing' cmp -s "$work/applied" "$work/now"

# nobody waits behind a question, and what was decided meanwhile counts
if command -v script >/dev/null; then
	asked()
	{
		(sleep 2; echo y) | script -qec "\"$HARDEN\" rollback --root \"$host\"" "$work/asked" >/dev/null 2>&1
	}
	asked &
	sleep 1
	expect 0 '' confirm --root "$host"
	wait $!
	ok 'what was kept meanwhile stays' test $? -eq 5
	ok '... and the answer is told why' grep -qF "$id does not wait to be confirmed any more" "$work/asked"
	ok '... as it is on disk' test "$(newest)" = committed
	wait_for 300
	json 0 status --root "$host"
else
	skip 5 'no script(1)'
fi

# more time needs a timer; a word keeps it
expect 1 'no timer could be made that undoes it in time: no systemd runs here' confirm --root "$host" --extend 1m
expect 64 'would wait for more than 24 hours' confirm --root "$host" --extend 24h
expect 1 '' confirm --root "$host" 19990101-000000-000000
ok 'it waits on' test "$(newest)" = waiting
golden confirm 0 confirm --root "$host"
ok 'it is kept' test "$(newest)" = committed
json 0 confirm --root "$host" "$id"
expect 5 'is confirmed already' confirm --root "$host" "$id" --extend 1m
picture "$host" >"$work/now"
ok 'as it was applied' cmp -s "$work/applied" "$work/now"
ok 'with no staged file' sh -c '! find "$1" -path "$1/var/lib/harden" -prune -o -name "*harden*" -print | grep -q .' - "$host/etc/docker"

# over: undone by whoever comes first
for first in recover confirm 'apply --yes' 'rollback --yes'; do
	rm -rf "$work/over"
	make_root over
	host=$work/over
	apply
	wait_for -1
	harden status --root "$host"
	ok "over: status says so" grep -q 'was not confirmed in time, and no run of harden is undoing it: .*recover.*does' "$work/err"
	case $first in
	confirm) want=3 ;;
	rollback*) want=1 ;;
	*) want=0 ;;
	esac
	# shellcheck disable=SC2086  # words of a command
	harden $first --root "$host" $(case $first in apply*) echo --only file.daemon-json --baseline "$b" ;; esac)
	ok "$first ends with $want" test "$code" -eq "$want"
	ok '... after it is undone' sh -c 'grep -qF "$1: was not confirmed in time; put back" "$2" "$3"' - "$id" "$work/out" "$work/err"
	expect 3 "transaction $id is put back: it was not confirmed in time" confirm --root "$host" "$id"
	case $first in
	apply*) ;;
	*)
		picture "$host" >"$work/now"
		ok '... and all is as before' cmp -s "$work/before" "$work/now"
		json 3 confirm --root "$host"
		;;
	esac
done

# nothing is done for an id that is not there; what is undone before it could be set aside is told
rm -rf "$work/over"
make_root over
host=$work/over
apply
wait_for 300
expect 5 'waiting: there is nothing to set aside' recover --root "$host" --set-aside "$id"
wait_for -1
expect 1 '' recover --root "$host" --set-aside 19990101-000000-000000
ok 'nothing was undone for it' test "$(newest)" = waiting
harden recover --root "$host" --set-aside "$id"
ok 'it ends by what happened' test "$code" -eq 0
ok 'the undo is told' grep -qF "$id: was not confirmed in time; put back" "$work/out"
ok '... and that nothing is set aside' grep -qF 'nothing is set aside: ' "$work/out"

# what was put back is not undone in the shape of what was there before it
rm -rf "$work/over"
make_root over
host=$work/over
harden apply --root "$host" --baseline "$b" --yes --only daemon.icc
first=$("$HARDEN" history --root "$host" --json | tr -d ' ,"' | sed -n 's/^id://p' | tail -n 1)
picture "$host" >"$work/first"
apply
wait_for -1
for by in 'the command itself' 'somebody before'; do
	expect 5 "refused: $id was put back already: it was not confirmed in time" rollback --root "$host" --yes
	ok "... by $by, and names the one before" grep -qF "$first" "$work/err"
	expect 5 "refused: $id was put back already" rollback --root "$host" --dry-run
	picture "$host" >"$work/now"
	ok '... which stands' cmp -s "$work/first" "$work/now"
done
expect 0 '' rollback --root "$host" --yes "$first"
picture "$host" >"$work/now"
ok '... and goes by its id' cmp -s "$work/before" "$work/now"

# taken back by a person, beside what others changed
rm -rf "$work/over"
make_root over
host=$work/over
apply
wait_for 300
json 0 rollback --root "$host" --yes
ok 'the answer tells what went' grep -qF '"path": "/etc/docker/daemon.json"' "$work/out"
picture "$host" >"$work/now"
ok 'taken back, all is as before' cmp -s "$work/before" "$work/now"
expect 3 'it was taken back before it was confirmed' confirm --root "$host"
apply
wait_for 300
sed -i 's/"icc": false/"icc": null/' "$host/etc/docker/daemon.json"
# what is shown beforehand is what it does: the preview's paths that stay, and no other
paths_that_stay()
{
	sed -n '/^  \//{h;d}; /^    stays as it is: was changed by somebody else/{x;p}' "$work/out" | tr -d ' '
}
harden rollback --root "$host" --dry-run
ok 'a dry run names what would stay' test "$(paths_that_stay)" = /etc/docker/daemon.json
ok '... and what takes it out' sh -c 'tr -s " \n" " " <"$1" | grep -qF "'"'harden rollback --root $host $id'"' takes out thereafter"' - "$work/out"
json 0 rollback --root "$host" --dry-run
ok '... as JSON, too' jq -e '.plan.checks | map(select(startswith("warn  /etc/docker/daemon.json stays as it is"))) | length == 1' "$work/out"
expect 0 '' rollback --root "$host" --yes "$id"
ok 'so does what is shown before the walk' test "$(paths_that_stay)" = /etc/docker/daemon.json
ok '... and its end says what takes it out' sh -c 'tr -s " \n" " " <"$1" | grep -qF "'"'harden rollback --root $host $id'"' takes that out"' - "$work/out"
ok 'what others changed stays' grep -q '"icc": null' "$host/etc/docker/daemon.json"
ok '... and is named' grep -q 'put back but for what others changed' "$work/out"

# what names the one that waits names it alone
make_root two
"$HARDEN" apply --root "$work/two" --baseline "$b" --only audit.etc-docker --yes >/dev/null
"$HARDEN" apply --root "$work/two" --baseline "$b" --only file.daemon-json --yes >/dev/null
id=$("$WAITING" "$work/two" 300)
picture "$work/two" >"$work/applied"
for how in --yes --dry-run; do
	expect 1 "several transactions begin with '2'; the one that waits is $id" rollback --root "$work/two" $how 2
	expect 1 "there is no transaction '19990101'" rollback --root "$work/two" $how 19990101
done
expect 1 "several transactions begin with '2'" confirm --root "$work/two" 2
picture "$work/two" >"$work/now"
ok 'nothing of that changed anything' cmp -s "$work/applied" "$work/now"
expect 0 '' rollback --root "$work/two" --dry-run "${id%?}"
expect 0 '' rollback --root "$work/two" --yes "$id"
finish
