#!/bin/sh
# A rollback beside a dockerd that runs: what its restart would bring is consented to by name, and
# what it could not take out of force at once is told until it is.
. "$SOURCE/tests/cli/lib.sh"
: "${PLANTED:?}"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$work/baseline.yaml
host=$work/host

# Every run from here on sees a dockerd with this icc in force: as ICC PLACE
as()
{
	HARDEN_PLANT="daemon $1 $2"
	export HARDEN_PLANT
}

# One apply on a fresh system; sets $id.
applied()
{
	unset HARDEN_PLANT
	rm -rf "$host"
	make_root host
	harden apply --root "$host" --baseline "$b" --yes
	id=$("$HARDEN" history --root "$host" | sed -n '1s/ .*//p')
	picture "$host" >"$work/applied"
}

said()
{
	grep -qF -- "$1" "$work/out"
}

silent()
{
	! said "$1"
}

message_is()
{
	grep -qF -- "\"message\": \"$1" "$work/out"
}

plain=$HARDEN
HARDEN=$PLANTED
applied

# what the restart would bring
as false brings
expect 5 "'--ack daemon.icc' consents to it" rollback --root "$host" --yes
ok 'the plan is shown with what speaks against it' said 'no    it would put in force what others changed'
ok '... and what it would do' said 'daemon.json'
expect 5 'what others changed' rollback --root "$host" --dry-run
ok 'so it is by --dry-run' said 'no    it would put in force what others changed'
harden rollback --root "$host" --dry-run --json
ok '... and as JSON' grep -q '"no    it would put in force what others changed"' "$work/out"
expect 64 "--ack 'daemon.ic' names nothing that had a part in $id" rollback --root "$host" --yes --ack daemon.ic
expect 5 "'--ack daemon.icc' consents to it" rollback --root "$host" --yes --ack file.daemon-json
harden rollback --root "$host" --yes --json
ok 'as JSON the error is the refusal' message_is 'dockerd would have to be restarted, and it would'
picture "$host" >"$work/now"
ok 'nothing of that changed anything' cmp -s "$work/applied" "$work/now"
expect 5 'without --no-restart it is' rollback --root "$host" --yes --no-restart --ack daemon.icc
ok '... in words of rollback' sh -c '! grep -q -e --skip "$1"' - "$work/err"
# what the run would refuse --dry-run refuses, in the same words and among the checks
alike()
{
	expect 5 "$1" rollback --root "$host" --yes $2
	expect 5 "$1" rollback --root "$host" --dry-run $2
	ok '... and shows it' said "no    $1"
	ok '... below the plan' said 'daemon.json'
	expect 5 '' rollback --root "$host" --dry-run --json $2
	ok '... as JSON, too' grep -qF "\"no    $1" "$work/out"
}
alike 'it would put in force what others changed' ''
alike 'dockerd would have to be restarted to undo daemon.icc' '--no-restart --ack daemon.icc'
as false watched
alike 'systemd starts dr.service when it changes (dr.path)' ''
as false wrapper
alike "docker.service starts '/bin/sh'" ''
as false brings
picture "$host" >"$work/now"
ok 'nothing of that changed anything' cmp -s "$work/applied" "$work/now"
for limit in '-f 16' '-n 32'; do
	code=0
	(ulimit $limit && exec "$HARDEN" rollback --root "$host" --yes --ack daemon.icc) \
		>"$work/out" 2>"$work/err" </dev/null || code=$?
	ok "with ulimit $limit a rollback is refused" test "$code" -eq 5
	why=$(sed -n 's/^harden: //p' "$work/err" | head -n 1)
	code=0
	(ulimit $limit && exec "$HARDEN" rollback --root "$host" --dry-run --ack daemon.icc) \
		>"$work/out" 2>"$work/err" </dev/null || code=$?
	ok '... by --dry-run, too' test "$code" -eq 5
	ok '... in the same words' grep -qF -- "$why" "$work/err"
done
expect 0 '' rollback --root "$host" --dry-run --ack daemon.icc
ok 'what is consented to is said' said 'warn  it would put in force what others changed'
ok '... and by whose name' said '(acknowledged: daemon.icc)'
expect 0 '' rollback --root "$host" --yes --ack daemon.icc
ok 'with consent it is undone' grep -q '"icc": true' "$host/etc/docker/daemon.json"
for place in watched wrapper; do
	applied
	as false $place
	expect 0 '' rollback --root "$host" --yes --ack daemon.icc
	ok "beside $place, too" grep -q '"icc": true' "$host/etc/docker/daemon.json"
done

# what came between the plan and the first write: asked again under the lock, and nothing is written
for place in 'later it would put in force what others changed' \
	'comes a container that the plan did not name: newcomer'; do
	applied
	as false "${place%% *}"
	expect 0 '' rollback --root "$host" --dry-run
	expect 5 "${place#* }" rollback --root "$host" --yes
	ok '... and says what to do' grep -qF 'nothing was changed: roll back again' "$work/err"
	picture "$host" >"$work/now"
	ok '... and nothing is written' cmp -s "$work/applied" "$work/now"
done
applied
as false later
expect 5 'this came after what was consented to: it would put in force what others changed' \
	rollback --root "$host" --yes --ack daemon.icc
picture "$host" >"$work/now"
ok 'consent of before is none to what came since' cmp -s "$work/applied" "$work/now"

# what an earlier rollback left to others: nothing is said to be all, and the way to the rest is named
unset HARDEN_PLANT
applied
sed -i 's/"icc": false/"icc": "theirs"/' "$host/etc/docker/daemon.json"
expect 0 '' rollback --root "$host" --yes "$id" --only daemon.icc --on-conflict keep
ok 'what others wrote stays' grep -q theirs "$host/etc/docker/daemon.json"
expect 0 "daemon.icc of $id is undone already: what others changed since stays; '--on-conflict before'" \
	rollback --root "$host" --yes "$id" --only daemon.icc
expect 0 '' rollback --root "$host" --yes "$id" --only daemon.icc --on-conflict before
ok 'then it is as it was recorded' grep -q '"icc": true' "$host/etc/docker/daemon.json"
expect 0 "daemon.icc of $id is undone already: no recorded value is left to put back" \
	rollback --root "$host" --yes "$id" --only daemon.icc --on-conflict before

applied
expect 0 '' rollback --root "$host" --yes "$id"
harden status --root "$host"
ok 'all is said to be undone where it is' said 'In force: nothing; all was undone.'
applied
sed -i 's/"icc": false/"icc": "theirs"/' "$host/etc/docker/daemon.json"
expect 0 '' rollback --root "$host" --yes "$id" --on-conflict keep
json 0 status --root "$host"
ok 'what was left to them is told' grep -qF '"json:/icc of /etc/docker/daemon.json"' "$work/out"
harden status --root "$host"
ok '... and not all is said to be undone' said 'In force: all was undone, but for what was left'
way_back="'harden rollback --root $host --on-conflict before $id' puts back what was recorded"
ok '... with the way back' sh -c 'tr -s " \n" " " <"$1" | grep -qF -- "$2"' - "$work/out" "$way_back"
expect 0 '' rollback --root "$host" --yes --on-conflict before "$id"
ok 'a value is told once' sh -c '[ "$(grep -c "^  ! .*theirs" "$1") $(grep -c "^ *~ .*theirs" "$1")" = "1 1" ]' - "$work/out"
harden status --root "$host"
ok 'then all is undone' said 'In force: nothing; all was undone.'

# a benchmark's number means its control, as everywhere
unset HARDEN_PLANT
HARDEN=$plain # which has all modules, and so the numbers
applied
expect 64 "--only '2.99@dosec' names nothing that had a part" rollback --root "$host" --dry-run --only 2.99@dosec
for number in 2.1@dosec 2.2@cis-1.6.0 '2.1@dos*'; do
	expect 0 '' rollback --root "$host" --dry-run --only "$number"
	ok '... and its control is shown' said daemon.icc
done
expect 64 "--ack '2.99@dosec' names nothing that had a part" rollback --root "$host" --dry-run --ack 2.99@dosec
expect 0 '' rollback --root "$host" --yes --only 2.1@dosec --ack 2.1@dosec
ok 'so it is undone' grep -q '"icc": true' "$host/etc/docker/daemon.json"

# without an ID the control's own transaction is meant, which need not be the newest
rm -rf "$host"
make_root host
expect 0 '' apply --root "$host" --baseline "$b" --yes --only daemon.icc
first=$("$HARDEN" history --root "$host" | sed -n '1s/ .*//p')
expect 0 '' apply --root "$host" --baseline "$b" --yes --only file.daemon-json
harden history --root "$host"
ok '... of two' test "$(grep -c ' apply ' "$work/out")" -eq 2
expect 64 "names nothing that had a part" rollback --root "$host" --yes --only daemon.log-level
for number in daemon.icc 'daemon.*' 2.1@dosec; do
	expect 0 '' rollback --root "$host" --dry-run --only "$number"
	ok '... is of the older one' said "$first"
done
expect 0 '' rollback --root "$host" --yes --only daemon.icc
ok 'the older one is undone' grep -q '"icc": true' "$host/etc/docker/daemon.json"
harden history --root "$host"
ok '... and the newer one stands' sh -c '! grep "in force" "$1" | grep -q "$2"' - "$work/out" "$first"
expect 64 "names nothing that had a part" rollback --root "$host" --yes --only daemon.icc

# an apply that was broken off is what a rollback without an ID puts back, and not the one before it, too
for form in '' --json '--only file.daemon-json'; do
	rm -rf "$host"
	make_root host
	picture "$host" >"$work/before"
	harden apply --root "$host" --baseline "$b" --yes --only daemon.icc
	first=$("$HARDEN" history --root "$host" | sed -n '1s/ .*//p')
	picture "$host" >"$work/first"
	harden apply --root "$host" --baseline "$b" --yes --only file.daemon-json
	open=$("$WAITING" "$host" broken-off)
	picture "$host" >"$work/open"
	expect 0 '' rollback --root "$host" --dry-run $form
	ok "what a preview$form shows is the one that was broken off" sh -c 'grep -qF "$2" "$1" || grep -q file.daemon-json "$1"' - "$work/out" "$open"
	ok '... and nothing of the one before' sh -c '! grep -q "icc" "$1"' - "$work/out"
	picture "$host" >"$work/now"
	ok '... and it puts nothing back' cmp -s "$work/open" "$work/now"
	expect 0 "$open: was broken off; put back" rollback --root "$host" --yes $form
	picture "$host" >"$work/now"
	ok "a rollback$form puts the one back that was broken off" cmp -s "$work/first" "$work/now"
	case $form in
	--json) ok '... and says so' grep -qF '"state": "rolled_back"' "$work/out" ;;
	*) ok '... and says how the one before it goes' sh -c 'tr -s " \n" " " <"$1" | grep -qF -- "$2"' - "$work/out" \
		"$open was broken off, and is put back; nothing else is undone; 'harden rollback --root $host $first' undoes the one before it" ;;
	esac
	expect 0 '' rollback --root "$host" --yes
	picture "$host" >"$work/now"
	ok '... which goes by the next rollback' cmp -s "$work/before" "$work/now"
done
# a control that had no part in it is undone behind that: it was asked for, and is no other's turn
rm -rf "$host"
make_root host
picture "$host" >"$work/before"
harden apply --root "$host" --baseline "$b" --yes --only daemon.icc
harden apply --root "$host" --baseline "$b" --yes --only file.daemon-json
open=$("$WAITING" "$host" broken-off)
expect 0 '' rollback --root "$host" --dry-run --only daemon.icc
ok 'a preview of --only is of the control that was named' grep -q 'icc' "$work/out"
expect 0 "$open: was broken off; put back" rollback --root "$host" --yes --only daemon.icc
picture "$host" >"$work/now"
ok '... and it is undone behind the recovery' cmp -s "$work/before" "$work/now"
# what a run is at work on was not broken off, and is no rollback's to show
rm -rf "$host"
make_root host
harden apply --root "$host" --baseline "$b" --yes --only daemon.icc
harden apply --root "$host" --baseline "$b" --yes --only file.daemon-json
"$WAITING" "$host" broken-off >"$work/out"
if command -v flock >/dev/null; then
	flock "$host/var/lib/harden/lock" "$HARDEN" rollback --root "$host" --dry-run >"$work/out" 2>"$work/err" || true
	ok 'a preview beside a run says nothing of being broken off' sh -c '! grep -qi "was broken off" "$1"' - "$work/out"
else
	skip 1 'no flock(1)'
fi
# what a run refuses of the options that name programs, its preview refuses
for command in "apply --baseline $b" rollback; do
	expect 5 "'--health-cmd' does not go with '--root'" $command --root "$host" --dry-run --health-cmd /bin/true
	expect 5 "'--drain-cmd' does not go with '--root'" $command --root "$host" --dry-run --drain-cmd /bin/true
	expect 64 "'--undrain-cmd' goes with '--drain-cmd'" $command --root "$host" --dry-run --undrain-cmd /bin/true
done
# one that is named is undone, too; and so is what a rollback was of that was broken off
rm -rf "$host"
make_root host
harden apply --root "$host" --baseline "$b" --yes --only daemon.icc
first=$("$HARDEN" history --root "$host" | sed -n '1s/ .*//p')
harden apply --root "$host" --baseline "$b" --yes --only file.daemon-json
open=$("$WAITING" "$host" broken-off)
expect 0 "$open: was broken off; put back" rollback --root "$host" --yes "$first"
picture "$host" >"$work/now"
ok 'one that is named is undone, too' cmp -s "$work/before" "$work/now"
rm -rf "$host"
make_root host
harden apply --root "$host" --baseline "$b" --yes --only daemon.icc
harden rollback --root "$host" --yes
open=$("$WAITING" "$host" broken-off)
expect 0 "$open: was broken off; put back" rollback --root "$host" --yes
picture "$host" >"$work/now"
ok 'a rollback that was broken off is made anew' cmp -s "$work/before" "$work/now"

HARDEN=$PLANTED

# what somebody put in a file's place goes for the recorded bytes, and the ledger can be read after it
for thing in 'mkdir' 'ln -s elsewhere'; do
	applied
	rm "$host/etc/docker/daemon.json"
	$thing "$host/etc/docker/daemon.json"
	expect 5 'before puts the old ones back' rollback --root "$host" --yes
	expect 0 '' rollback --root "$host" --yes --on-conflict before
	ok "$thing: the file is there again" grep -q '"icc": true' "$host/etc/docker/daemon.json"
	harden status --root "$host"
	ok '... all is undone' said 'In force: nothing; all was undone.'
	ok '... and nothing is damaged' sh -c '! grep -q damaged "$1"' - "$work/err"
	back=$("$HARDEN" history --root "$host" | sed -n '$s/ .*//p')
	expect 0 '' rollback --root "$host" --yes "$back"
	harden status --root "$host"
	ok '... which the ledger says' sh -c '! grep -q damaged "$1"' - "$work/err"
done
applied
rm "$host/etc/docker/daemon.json"
mkdir -p "$host/etc/docker/daemon.json/theirs"
expect 5 'move' rollback --root "$host" --yes --on-conflict before
ok '... and says what is next' grep -qF 'then run this again' "$work/err"
expect 0 '' rollback --root "$host" --yes --on-conflict keep

# a lost ledger: the same words before and after a run has made the directory anew
applied
rm -rf "$host/var/lib/harden"
for way in --dry-run --yes; do
	harden status --root "$host"
	ok 'nothing is said never to have been' said 'In force: not known; no transaction is kept here (none was made, or'
	expect 1 'there is no transaction to undo' rollback --root "$host" $way
done
harden status --root "$host"
ok '... then, too' said 'In force: not known; no transaction is kept here (none was made, or'

# ... with its mode: what was not there before has none to go back to, and a file in its place is theirs
for theirs in gone anew; do
	rm -rf "$host"
	make_root host
	rules=$host/etc/audit/rules.d/60-harden-docker.rules
	harden apply --root "$host" --baseline "$b" --yes --only audit.etc-docker
	ok 'the file of rules has a mode' grep -q '"subject": "mode"' "$host"/var/lib/harden/txn/*/journal
	rm "$rules"
	[ $theirs = gone ] || { echo "# mine" >"$rules"; chmod 600 "$rules"; }
	expect 0 '' rollback --root "$host" --yes --on-conflict keep
	harden status --root "$host"
	ok "nothing of ours is left where it is $theirs" said 'In force: nothing; all was undone.'
	[ $theirs = gone ] || ok '... and theirs stands' grep -qx '# mine' "$rules"
done

# what was not there before, and was taken away by somebody, is as before; in a copy it stands
for mine in gone copy; do
	rm -rf "$host"
	make_root host
	rm "$host/etc/docker/daemon.json"
	harden apply --root "$host" --baseline "$b" --yes
	id=$("$HARDEN" history --root "$host" | sed -n '1s/ .*//p')
	ok 'harden made the file' test -e "$host/etc/docker/daemon.json"
	[ $mine = gone ] || cp "$host/etc/docker/daemon.json" "$host/etc/docker/mine.json"
	rm "$host/etc/docker/daemon.json"
	expect 0 '' rollback --root "$host" --yes "$id" --on-conflict keep
	harden status --root "$host"
	if [ $mine = gone ]; then
		ok 'it is undone' said 'In force: nothing; all was undone.'
	else
		ok 'it is left to them' said 'In force: all was undone, but for what was left'
	fi
done

# behind a link that somebody put in its place dockerd reads on what was applied
applied
mv "$host/etc/docker/daemon.json" "$host/etc/real.json"
ln -s ../real.json "$host/etc/docker/daemon.json"
expect 0 '' rollback --root "$host" --yes "$id" --on-conflict keep
json 0 status --root "$host"
ok 'what is read through the link is told' grep -qF '"json:/icc of /etc/docker/daemon.json"' "$work/out"
harden status --root "$host"
ok '... and not all is said to be undone' said 'In force: all was undone, but for what was left'
expect 0 '' rollback --root "$host" --yes --on-conflict before "$id"
ok 'then the file is as it was recorded' grep -q '"icc": true' "$host/etc/docker/daemon.json"
harden status --root "$host"
ok '... and all is undone' said 'In force: nothing; all was undone.'

# what an undone transaction left in force
applied
as false facts
expect 0 '' rollback --root "$host" --yes "$id" --only daemon.icc
ok 'it is not said to be undone in force' said 'written, not in force: docker:icc'
harden status --root "$host"
ok 'what waits is told' said 'Waits:    docker:icc'
expect 0 '' rollback --root "$host" --yes "$id"
harden status --root "$host"
ok '... also after the rest is undone' said 'Waits:    docker:icc'
ok '... and that not all is' said 'In force: all was undone, but for what waits.'
json 0 status --root "$host"
ok '... as JSON too' grep -q '"subject": "docker:icc"' "$work/out"
cp -p "$host/etc/docker/daemon.json" "$work/waits.json"
for value in false removed; do
	if [ "$value" = false ]; then
		sed -i 's/"icc": true/"icc": false/' "$host/etc/docker/daemon.json"
	else
		echo '{}' >"$host/etc/docker/daemon.json"
	fi
	harden status --root "$host"
	ok "what somebody changed since ($value) waits no more" silent 'Waits:'
	ok '... and is told' said 'Changed:  docker:icc'
	ok '... and that not all is undone' said 'but for what others changed since'
	json 0 status --root "$host"
	ok '... nor in JSON' silent '"subject": "docker:icc"'
done
cp -p "$work/waits.json" "$host/etc/docker/daemon.json"
harden status --root "$host"
ok 'set again, it waits again' said 'Waits:    docker:icc'
for word in --dry-run --yes; do
	expect 0 '' prune --root "$host" --keep 0 $word
	ok "prune leaves what waits ($word)" said "$id: what "
	ok '... and says why' said 'wrote is not in force yet'
	harden status --root "$host"
	ok '... and it is told still' said 'Waits:    docker:icc'
done
expect 5 'is not in force yet' prune --root "$host" "$id"
for line in 3 2; do
	last=$("$HARDEN" history --root "$host" | sed -n 's/^\([0-9][^ ]*\) .*/\1/p' | sed -n ${line}p)
	expect 0 '' rollback --root "$host" --yes "$last"
done
harden status --root "$host"
ok 'undoing both rollbacks ends the wait' silent 'Waits:'
ok '... and the apply is in force' said "In force: $id"
expect 1 "there is no transaction '19990101'" rollback --root "$host" 19990101
ok '... before anybody is asked to consent' test -z "$(grep -e --yes "$work/err")"

# one control of several: it is in force without that
unset HARDEN_PLANT
applied
expect 0 '' rollback --root "$host" --yes --only daemon.icc "$id"
part=$("$HARDEN" history --root "$host" | sed -n 's/^\([0-9][^ ]*\) .*/\1/p' | sed -n 2p)
harden status --root "$host"
ok 'what is in force is told' said "In force: $id"
ok '... and without what' said 'Without:  daemon.icc, undone by itself since'
json 0 status --root "$host"
ok '... as JSON' grep -q '"daemon.icc"' "$work/out"
expect 0 '' rollback --root "$host" --yes "$part"
harden status --root "$host"
ok '... until that is undone' silent 'Without:'

# what names nothing is told before anybody is asked to consent
expect 64 "--only 'nothing.here' names nothing that had a part in $id" rollback --root "$host" --only nothing.here "$id"
expect 64 "--only 'nothing.here' names nothing" rollback --root "$host" --only nothing.here
expect 1 "there is no plan '$work/none.plan'" apply --root "$host" "$work/none.plan"
expect 64 "'--yes' consents" rollback --root "$host" --only daemon.icc "$id"

# nothing is said to be undone above what is open
unset HARDEN_PLANT
for n in 1 2 3; do
	rm -rf "$host"
	make_root host
	code=0
	HARDEN_FAULT="fail $n 0" LD_PRELOAD=$FAULT "$HARDEN" apply --root "$host" --baseline "$b" --yes \
		>"$work/out" 2>"$work/err" </dev/null || code=$?
	[ "$code" -ne 4 ] || break
done
if [ "$code" -eq 4 ]; then
	harden status --root "$host"
	ok 'an open one is told' said 'Open: '
	ok '... and nothing is said to be undone' silent 'all was undone'
	ok '... but to be unknown' said 'In force: not known; a transaction is open.'
	harden show --root "$host" 19990101 --json
	ok 'the error is not the warning beside it' message_is "there is no transaction '19990101'"
	open=$("$HARDEN" status --root "$host" 2>/dev/null | sed -n 's/^Open: *\([^ ]*\).*/\1/p')
	# so that nothing but to set it aside is left
	printf '\377' | dd of="$host/var/lib/harden/txn/$open/journal" bs=1 seek=40 conv=notrunc status=none
	harden recover --root "$host" --set-aside "$open"
	harden status --root "$host"
	if grep -q "^Set aside: $open, by a person: what it had changed" "$work/out"; then
		ok 'what was set aside is not said to be undone' silent 'all was undone'
		ok '... but to stand' said 'In force: not known; a transaction was set aside.'
		json 0 status --root "$host"
		ok '... in JSON, too' grep -q '"controls"' "$work/out"
	else
		tell
		ok 'set aside is told' false
	fi
else
	skip 8 'nothing can be preloaded into this build'
fi

# what an apply would refuse both its previews refuse, of a new plan and of a saved one
HARDEN=$PLANTED
make_root ahead
as true calm
expect 0 '' plan --root "$work/ahead" --baseline "$b" --only daemon.icc -o "$work/ahead.plan"
for what in "--only daemon.icc" "$work/ahead.plan"; do
	for how in --yes --dry-run; do
		# shellcheck disable=SC2086  # words
		expect 5 'dockerd would have to be restarted for daemon.icc; --skip leaves them out' \
			apply --root "$work/ahead" --baseline "$b" --no-restart $how $what
		ok '... and shows it' said 'no    dockerd would have to be restarted for daemon.icc'
		# shellcheck disable=SC2086  # words
		expect 5 "'--confirm' does not go with '--root'" apply --root "$work/ahead" --baseline "$b" --confirm=5m $how $what
	done
	# shellcheck disable=SC2086  # words
	expect 0 '' apply --root "$work/ahead" --baseline "$b" --dry-run $what
done
HARDEN=$plain

# as `ip netns exec` leaves a shell: what is taken back there would be another network's
elsewhere='own=$(readlink /proc/self/ns/net) && first=$(readlink /proc/1/ns/net) && [ "$own" != "$first" ]'
if unshare -n sh -c "$elsewhere" 2>/dev/null; then
	code=0
	unshare -n "$HARDEN" rollback --dry-run >"$work/out" 2>"$work/err" </dev/null || code=$?
	ok 'in another network namespace a rollback is refused' test "$code" -eq 5
	ok '... and it is said why' grep -q "another network namespace than PID 1's" "$work/err"
	code=0
	unshare -n "$HARDEN" rollback --dry-run --root "$host" >"$work/out" 2>"$work/err" </dev/null || code=$?
	ok '... but not of another root' test "$code" -ne 5
else
	skip 3 'no network namespace can be made here'
fi

# an older one undone below a newer one on the same mode: what comes of it is of neither, and is said
part()
{
	cat >"$work/$1.yaml" <<-Y
		baseline: $1
		version: "1.0"
		title: $1
		controls:
		  - id: $1.mode
		    severity: medium
		    title: A mode
		    resources:
		      - file: { path: /etc/docker, mode: "$2" }
	Y
}
newest_id()
{
	"$HARDEN" history --root "$below" --json 2>/dev/null | tr -d ' ,"' | sed -n 's/^id://p' | tail -n 1
}
said()
{
	tr -s ' \n' ' ' <"$work/$1" | grep -qF -- "$2"
}
part older 0755
part newer 0750
make_root below
below=$work/below
chmod 0777 "$below/etc/docker"
harden apply --root "$below" --baseline "$work/older.yaml" --yes
older=$(newest_id)
harden apply --root "$below" --baseline "$work/newer.yaml" --yes
newer=$(newest_id)
harden status --root "$below"
ok 'status says nothing of what is as it was applied' sh -c '! grep -q "^Changed:" "$1"' - "$work/out"
expect 0 '' rollback --root "$below" --dry-run "$older"
warning="mode of '/etc/docker' becomes 0772, which is looser than the 0750 that newer.mode of transaction $newer made it"
ok 'a newer one that wants less is named' said out "$warning"
expect 0 '' rollback --root "$below" --yes "$older"
ok '... also where nobody is asked' said out "$warning"
harden status --root "$below"
ok 'status says what check says' said out 'Changed: not as it was applied any more: mode of /etc/docker.'
harden check --root "$below" --baseline "$work/newer.yaml"
ok '... which is that' said out 'harden applied it, and it is not so any more'
chmod 0711 "$below/etc/docker"
expect 5 '' rollback --root "$below" --dry-run "$newer"
ok 'a conflict shows what was applied' grep -qF 'before 0777, applied 0750, now 0711' "$work/out"
chmod 0772 "$below/etc/docker"
expect 0 '' rollback --root "$below" --yes "$newer"
ok 'all undone, it is the first again' test "$(stat -c %a "$below/etc/docker")" = 777
# the other way round nothing is looser
harden apply --root "$below" --baseline "$work/older.yaml" --yes
harden apply --root "$below" --baseline "$work/newer.yaml" --yes
harden rollback --root "$below" --yes
ok 'the newer one undone first is nothing to warn of' sh -c '! grep -q looser "$1"' - "$work/out"
harden status --root "$below"
ok '... and nothing is changed' sh -c '! grep -q "^Changed:" "$1"' - "$work/out"
finish
