#!/bin/sh
# apply, rollback, recover and the ledger over made-up systems, and their exit codes.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$work/baseline.yaml
make_root host
host=$work/host

picture "$host" >"$work/before"

expect 64 "'--yes' consents" apply --root "$host" --baseline "$b"
expect 64 "'--yes' consents" apply --root "$host" --baseline "$b" --json
golden dry-run 0 apply --root "$host" --baseline "$b" --noop
golden history-empty 0 history --root "$host"
golden status-empty 0 status --root "$host"
golden recover-empty 0 recover --root "$host"
expect 1 'there is no transaction to undo' rollback --root "$host" --dry-run
picture "$host" >"$work/now"
ok 'nothing of that wrote' cmp -s "$work/before" "$work/now"

golden apply 0 apply --root "$host" --baseline "$b" --yes
picture "$host" >"$work/applied"
ok 'the system changed' sh -c '! cmp -s "$1" "$2"' - "$work/before" "$work/applied"
golden apply-again 0 fix --root "$host" --baseline "$b" -y
golden check-after 0 check --root "$host" --baseline "$b" --allow-unmeasured
golden history 0 history --root "$host"
golden status 0 status --root "$host"
id=$("$HARDEN" history --root "$host" | sed -n '1s/ .*//p')
golden show 0 show --root "$host" "$id"
json 0 show --root "$host" "$id"
json 0 history --root "$host"
json 0 status --root "$host"
expect 1 '' show --root "$host" 19990101-000000-000000

# drift since the apply
chmod 604 "$host/etc/docker/daemon.json"
golden check-drift 2 check --root "$host" --baseline "$b"
json 2 check --root "$host" --baseline "$b"
expect 2 '' check --root "$host" --baseline "$b" --fail-on critical # drift counts, however light
expect 0 '' status --root "$host"
ok 'status tells it' grep -q '^Changed:  .*mode of /etc/docker/daemon.json' "$work/out"
json 0 status --root "$host"
ok '... in JSON' sh -c 'jq -e ".changed == [\"mode of /etc/docker/daemon.json\"]" "$1" >/dev/null' - "$work/out"
chmod 644 "$host/etc/docker/daemon.json"
expect 0 '' check --root "$host" --baseline "$b" --fail-on critical
# what an apply before the newest left is in force as well
make_root both
sed -i 's/{/{ "log-level": "warn",/' "$work/both/etc/docker/daemon.json"
for wish in '--level 2 --only daemon.log-level' '--only audit.etc-docker' '--only file.daemon-json'; do
	# shellcheck disable=SC2086  # words
	expect 0 '' apply --root "$work/both" --baseline "$b" --yes $wish
	made="${made-} $(sed -n 's/^Transaction \([^ ]*\) kept.*/\1/p' "$work/out")"
done
oldest=$(echo $made | cut -d ' ' -f 1)
only='--only audit.etc-docker,file.daemon-json'
# shellcheck disable=SC2086  # words
expect 0 '' check --root "$work/both" --baseline "$b" $only
cp -a "$work/both" "$work/drifted"
sed -i 's/"log-level": "info"/"log-level": "debug"/' "$work/drifted/etc/docker/daemon.json"
chmod 666 "$work/drifted/etc/docker/daemon.json"
expect 2 '' check --root "$work/drifted" --baseline "$b"
ok 'the mode that the newest set is drift' grep -q 'daemon.json mode: applied 0644, now 0666' "$work/out"
ok '... and so is what the oldest set, of a level that is not asked for' \
	grep -q 'daemon.json json:/log-level: applied "info", now "debug"' "$work/out"
ok '... by the transaction that set it' grep -q "Changed since the apply of transaction $oldest" "$work/out"
json 2 check --root "$work/drifted" --baseline "$b"
ok '... in JSON too' sh -c 'jq -e --arg id "$2" "[.drift.changed[] | select(.transaction == \$id) | .control] == [\"daemon.log-level\"]" "$1" >/dev/null' \
	- "$work/out" "$oldest"
expect 2 '' check --root "$work/drifted" --baseline "$b" --skip daemon.log-level
ok 'what is skipped is not compared' sh -c '! grep -q log-level: "$1"' - "$work/out"
expect 0 '' rollback --root "$work/both" --yes "$oldest"
sed -i 's/"warn"/"error"/' "$work/both/etc/docker/daemon.json"
# shellcheck disable=SC2086  # words
expect 0 '' check --root "$work/both" --baseline "$b" $only
# one that cannot be read may be in force
truncate -s 100 "$work/drifted/var/lib/harden/txn/$oldest/journal"
expect 2 "not compared with an earlier apply: transaction $oldest, which may be in force, cannot be read" \
	check --root "$work/drifted" --baseline "$b"
ok '... and the others are compared' grep -q 'daemon.json mode: applied 0644, now 0666' "$work/out"

sed -i 's/"icc": false/"icc": null/' "$host/etc/docker/daemon.json"
golden rollback-conflict 5 rollback --root "$host" --yes
ok 'a conflict says how to decide' grep -q -- '--on-conflict keep' "$work/err"
sed -i 's/"icc": null/"icc": false/' "$host/etc/docker/daemon.json"

golden rollback-dry 0 rollback --root "$host" --dry-run --only daemon.icc
json 0 rollback --root "$host" --dry-run
golden rollback 0 rollback --root "$host" --yes
picture "$host" >"$work/now"
ok 'everything is as before' cmp -s "$work/before" "$work/now"
golden status-undone 0 status --root "$host"
json 0 apply --root "$host" --baseline "$b" --yes
json 0 rollback --root "$host" --yes
json 0 recover --root "$host"

# a saved plan
make_root one
make_root other ffffffffffffffffffffffffffffffff
expect 0 '' plan --root "$work/one" --baseline "$b" -o "$work/plan"
ok 'what comes next is about the same image' \
	grep -qF "(for this image only).  Next:  sudo harden apply --root $work/one $work/plan" "$work/out"
expect 5 'made for another host' apply --root "$work/other" --baseline "$b" --yes "$work/plan"
expect 5 'give the same --baseline' apply --root "$work/one" --yes "$work/plan"
expect 5 'give the same --baseline' apply --root "$work/one" --dry-run "$work/plan"
expect 5 'made for another host' apply --root "$work/other" --baseline "$b" --dry-run "$work/plan"
golden apply-saved-dry 0 apply --root "$work/one" --baseline "$b" --dry-run "$work/plan"
chmod 600 "$work/one/etc/docker/daemon.json"
planned=$(jq -r '[.findings[] | select(.state == "planned") | .control] | join(",")' "$work/plan")
expect 5 "changed since the plan: mode; 'harden plan --root $work/one --baseline $b --only $planned --force -o $work/plan' makes it anew" \
	apply --root "$work/one" --baseline "$b" --yes "$work/plan"
expect 5 'changed since the plan: mode' apply --root "$work/one" --baseline "$b" --dry-run "$work/plan"
chmod 666 "$work/one/etc/docker/daemon.json"
expect 0 '' apply --root "$work/one" --baseline "$b" --yes "$work/plan"
expect 5 'changed since the plan' apply --root "$work/one" --baseline "$b" --yes "$work/plan"
sed 's/0644/0777/' "$work/plan" >"$work/forged"
expect 1 '' apply --root "$work/one" --baseline "$b" --yes "$work/forged"
chmod 622 "$work/plan"
expect 5 'others could change it' apply --root "$work/one" --baseline "$b" --yes "$work/plan"
chmod 600 "$work/plan"
chown 1234 "$work/plan"
expect 5 'belongs to user 1234' apply --root "$work/one" --baseline "$b" --yes "$work/plan"

# between a plan and its first write somebody makes a container: what it would break is not silent
make_root later
harden plan --root "$work/later" --baseline "$b" -o "$work/early"
ok 'with nothing on the disk nothing is held' grep -q '"daemon.icc"' "$work/early"
plant_container "$work/later/var/lib/docker" newcomer
picture "$work/later" >"$work/before"
expect 5 "what speaks against 'daemon.icc' is not what the plan said: containers cannot be seen in an image" \
	apply --root "$work/later" --baseline "$b" --yes "$work/early"
ok '... and names it' grep -qF 'newcomer' "$work/err"
expect 5 "what speaks against 'daemon.icc' is not what the plan said: containers cannot be seen in an image" \
	apply --root "$work/later" --baseline "$b" --dry-run "$work/early"
ok '... which a look at it says as well' grep -qF 'newcomer' "$work/err"
picture "$work/later" >"$work/now"
ok '... and nothing was written' cmp -s "$work/before" "$work/now"
expect 0 '' plan --root "$work/later" --baseline "$b"
ok 'a plan of then holds it back' sh -c 'sed -n "/^Held back/,/^By hand/p" "$1" | grep -A 1 "daemon.icc " | grep -q "held back: containers cannot be seen"' - "$work/out"
harden plan --root "$work/later" --baseline "$b" --ack daemon.icc -o "$work/late"
plant_container "$work/later/var/lib/docker/100000.100000" second
expect 5 'newcomer, second' apply --root "$work/later" --baseline "$b" --yes "$work/late"
rm -r "$work/later/var/lib/docker/100000.100000"
expect 0 '' apply --root "$work/later" --baseline "$b" --yes "$work/late"

# the question
if command -v script >/dev/null; then
	make_root asked
	picture "$work/asked" >"$work/before"
	# script(1) gives the program a terminal; the answer is what it reads
	answer()
	{
		(sleep 1; echo "$1") | script -qec "\"$HARDEN\" apply --root \"$work/asked\" \
			--baseline \"$b\"" /dev/null >"$work/out" 2>&1
		code=$?
	}
	answer n
	picture "$work/asked" >"$work/now"
	ok 'no ends with 1' test $code -eq 1
	ok 'and changes nothing' cmp -s "$work/before" "$work/now"
	ok 'the question was put' grep -qF 'Apply? [y/N]' "$work/out"
	answer y
	ok 'yes ends with 0' test $code -eq 0
	ok 'and applies' grep -q 'kept' "$work/out"
else
	skip 5 'no script(1)'
fi

# the lock
if command -v flock >/dev/null; then
	flock "$host/var/lib/harden/lock" "$HARDEN" apply --root "$host" --baseline "$b" --yes \
		>"$work/out" 2>"$work/err" </dev/null
	code=$?
	ok 'a held lock ends with 75' test $code -eq 75
	flock "$host/var/lib/harden/lock" "$HARDEN" rollback --root "$host" --yes --lock-timeout 50ms \
		>"$work/out" 2>"$work/err" </dev/null
	code=$?
	ok 'also after waiting' test $code -eq 75
else
	skip 2 'no flock(1)'
fi

# rights
chmod 755 "$work"
if command -v setpriv >/dev/null && setpriv --reuid=65534 --clear-groups "$HARDEN" version >/dev/null 2>&1; then
	for command in apply rollback recover; do
		setpriv --reuid=65534 --clear-groups "$HARDEN" $command $(test $command = recover || echo --yes) \
			>"$work/out" 2>"$work/err" </dev/null
		code=$?
		ok "$command without root ends with 77" test $code -eq 77
	done
	setpriv --reuid=65534 --clear-groups "$HARDEN" rollback --root "$host" --yes >"$work/out" 2>"$work/err"
	code=$?
	ok 'also for a --root that belongs to root' test $code -eq 77
	install -d -o 65534 "$work/theirs"
	setpriv --reuid=65534 --clear-groups "$HARDEN" plan --baseline "$b" -o "$work/theirs/x" >"$work/out" 2>"$work/err"
	ok "a user's plan is not one to apply" grep -qE 'Next:  sudo harden plan .*--force -o ' "$work/out"
else
	skip 5 'cannot run the program as another user'
fi

finish
