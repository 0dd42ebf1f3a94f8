#!/bin/sh
# apply --bisect: the control that breaks a host is named, whichever it is, and the rest is kept.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

host=$work/host
daemon=etc/docker/daemon.json

# Controls whose files tell them apart: each has a key, a file or a rule of its own.
cat >"$work/many.yaml" <<'END'
baseline: many
version: "1"
title: Many controls
controls:
  - id: audit.etc-docker
    severity: low
    title: Audit /etc/docker
    resources:
      - audit-rules: { watch: /etc/docker, perm: wa, key: docker }
  - id: daemon.icc
    severity: high
    title: No traffic between containers
    resources:
      - docker-daemon: { key: icc, value: false }
  - id: daemon.log-level
    severity: low
    title: The daemon logs at level warn
    resources:
      - docker-daemon: { key: log-level, value: warn }
  - id: daemon.live-restore
    severity: medium
    title: Containers live on
    resources:
      - docker-daemon: { key: live-restore, value: true }
  - id: daemon.no-new-privileges
    severity: medium
    title: No new privileges
    resources:
      - docker-daemon: { key: no-new-privileges, value: true }
  - id: file.daemon-json
    severity: medium
    title: Nobody but root writes the config file
    resources:
      - file: { path: /etc/docker/daemon.json, mode: "0644", owner: root, group: root }
  - id: host.martians
    severity: low
    title: Martians are logged
    resources:
      - sysctl: { key: net.ipv4.conf.all.log_martians, value: "1" }
END

# unwell BREAKS ARG...: an apply of it on a fresh system that BREAKS makes unwell.
unwell()
{
	breaks=$1
	shift
	rm -rf "$host"
	make_root host
	printf '{ "icc":true }\n' >"$host/$daemon" # in a form in which a word of one rule is the new value
	picture "$host" >"$work/before"
	code=0
	HARDEN_UNWELL=$breaks "$UNWELL" apply --root "$host" --baseline "$work/many.yaml" --yes "$@" \
		>"$work/out" 2>"$work/err" </dev/null || code=$?
	picture "$host" >"$work/after"
}

same()
{
	cmp -s "$work/before" "$work/after"
}

flat()
{
	tr -s ' \n' ' ' <"$work/out" | grep -qF -- "$1"
}

# ended CODE TEXT: it did so.
ended()
{
	ok "$2: it ends with $1 (and did with $code)" test "$code" -eq "$1"
	[ "$code" -eq "$1" ] || tell
}

# what TEXT FILTER: the answer in JSON fits the schema, and jq has that of its bisect.
what()
{
	"$JSON_CHECK" "$SOURCE/packaging/harden-output.schema.json" <"$work/out" >"$work/mistake" 2>&1
	fits=$?
	ok "$1: the answer fits the schema $(head -n 1 "$work/mistake")" test $fits -eq 0
	if jq -e ".bisect | $2" "$work/out" >/dev/null 2>"$work/mistake"; then
		say ok "$1: it says so"
	else
		say 'not ok' "$1: it says so: $2"
		{ jq .bisect "$work/out"; cat "$work/mistake" "$work/err"; } | sed 's/^/# /' | head -80
	fi
}

expect 64 'does not go with a saved plan' apply --bisect --root "$work" "$work/none.plan" --yes
expect 64 "takes no option '--bisect'" plan --bisect

# whichever of them it is
for row in audit.etc-docker:etc/audit/rules.d/60-harden-docker.rules=docker daemon.log-level:$daemon=log-level \
	daemon.icc:$daemon=:false host.martians:etc/sysctl.d/60-harden.conf=martians; do
	control=${row%%:*}
	unwell "${row#*:}" --bisect --json
	ended 2 "$control"
	what "$control" ".end == \"found\" and .left_out == [\"$control\"] and (.culprits | length) == 1
		and .culprits[0].exact and .culprits[0].controls == [\"$control\"]
		and (.culprits[0].failure | startswith(\"the container 'web'\"))
		and (.kept | length) == 6 and (.tries | length) <= .most_tries and .tries[-1].result == \"well\""
	ok "$control: the last one is kept" jq -e '.transaction.state == "committed" and .transaction.id == .bisect.tries[-1].id' "$work/out"
done

# a single one, as a person reads it
unwell "$daemon=log-level" --bisect
ended 2 'for people'
ok '... how many tries there may be is said beforehand' flat 'at most 12 tries, without a restart of dockerd'
ok '... what was not well' flat "Not well: the container 'web' is not well"
ok '... whose doing it is' grep -q '^Because of: daemon.log-level$' "$work/out"
ok '... what is left out' grep -q '^Left out: daemon.log-level$' "$work/out"
ok '... what is in force' grep -q '^In force: 6 of 7 controls.$' "$work/out"
ok '... what to do next' grep -q -- '--skip daemon.log-level$' "$work/out"
ok '... on stderr too' grep -q 'not all was applied; left out: daemon.log-level' "$work/err"
ok '... the host has the rest' grep -q '"live-restore": *true' "$host/$daemon"
ok '... and not that' sh -c '! grep -q log-level "$1"' - "$host/$daemon"
harden history --root "$host"
first=$(sed -n '1s/ .*//p' "$work/out")
ok 'the ledger says what it was for' sh -c 'test "$(grep -c "(bisect of $2)" "$1")" -eq "$(($(grep -c "^[0-9]" "$1") - 1))"' - "$work/out" "$first"
ok '... and that what was well was not to be kept' flat 'the host was well with it: tried for the cause of a failure, and not to be kept'
json 0 history --root "$host"
ok '... in JSON' sh -c 'jq -e ".transactions[0].bisect == null and ([.transactions[1:][].bisect] | unique) == [\"$2\"]" "$1"' - "$work/out" "$first"
expect 0 '' rollback --root "$host" --yes
picture "$host" >"$work/after"
ok 'one rollback takes all of it back' same

# one that the failure speaks of is tried first
unwell "says $daemon=log-level" --bisect --json
ended 2 'suspected'
what 'suspected' '.tries[0].controls == ["daemon.log-level"] and (.tries | length) == 2 and .culprits[0].exact'

# two that break it only together
unwell "$daemon=log-level $daemon=live-restore" --bisect --json
ended 2 'a pair'
what 'a pair' '.culprits[0].controls == ["daemon.live-restore", "daemon.log-level"] and .culprits[0].exact
	and .left_out == ["daemon.log-level"] and (.kept | length) == 6'
unwell "$daemon=log-level $daemon=live-restore" --bisect
ok '... for people' grep -q '^Because of: daemon.live-restore and daemon.log-level, only together$' "$work/out"

# two that break it each by itself
unwell "$daemon=log-level
$daemon=live-restore" --bisect --json
ended 2 'two of them'
what 'two of them' '([.culprits[].controls[0]] | sort) == ["daemon.live-restore", "daemon.log-level"] and (.kept | length) == 5'

# one that another needs goes with it, and one that needs another goes alone: no baseline says so
cp "$work/many.yaml" "$work/all.yaml"
sed -i 's/log-level, value: warn/log-driver, value: syslog/' "$work/many.yaml"
cat >>"$work/many.yaml" <<'END'
  - id: daemon.log-opts
    severity: low
    title: Log options
    resources:
      - docker-daemon: { key: log-opts, value: { syslog-facility: daemon } }
END
unwell "$daemon=syslog-facility" --bisect --json
ended 2 'one that needs another'
what 'one that needs another' '.left_out == ["daemon.log-opts"] and .culprits[0].controls == ["daemon.log-opts"] and (.kept | length) == 7'
unwell "$daemon=log-driver" --bisect --json
ended 2 'one that another needs'
what 'one that another needs' '.culprits[0].controls == ["daemon.log-level"] and .left_out == ["daemon.log-level", "daemon.log-opts"] and (.kept | length) == 6'
mv "$work/all.yaml" "$work/many.yaml"

# of one there is no rest
unwell "$daemon=log-level" --bisect --only daemon.log-level
ended 3 'one control'
ok '... is named' grep -q '^Because of: daemon.log-level$' "$work/out"
ok '... and nothing is kept' same

# all of them
unwell "$daemon=log-level
$daemon=live-restore" --bisect --only daemon.log-level,daemon.live-restore --json
ended 3 'all of them'
what 'all of them' '.end == "found" and (.culprits | length) == 2 and .kept == []'
ok '... nothing is kept' same

# it failed once, and then no more
unwell 'look 1' --bisect --json
ended 3 'by chance'
what 'by chance' '.end == "not_the_change" and .culprits == [] and .kept == []'
ok '... nothing is kept' same
unwell 'look 1' --bisect
ok '... for people' flat 'Not the change: the same controls were tried twice, and the host was well with them the second time'

# it is not well without any of it, either: behind the undo, whose own look was the second
unwell "look 1
look 3" --bisect --json
ended 3 'without the change'
what 'without the change' ".end == \"not_the_change\" and .tries == [] and .why == \"the container 'web' is not well\""
ok '... nothing is kept' same

# nothing is left of a try that is interrupted, nor does anything go on
unwell "stop 4
$daemon=log-level" --bisect --json
ended 130 'interrupted'
what 'interrupted' '.end == "stopped" and .kept == []'
ok '... all is put back' same
harden status --root "$host"
ok '... nothing is open' sh -c '! grep -q "^Open: " "$1"' - "$work/out"

# one that cannot be put back is told as such, and not as the one before it was
unwell "look 5
$daemon=log-level" --bisect --json
ended 4 'a try that is stuck'
what 'a try that is stuck' '.end == "stopped" and .kept == []'
ok '... it is the one that is told of' jq -e '.transaction.state == "stuck" and .transaction.id == .bisect.tries[-1].id' "$work/out"
unwell "look 5
$daemon=log-level" --bisect
ok '... for people' flat 'Not everything could be put back: a person is needed'
ok '... and nothing else' sh -c '! grep -q "the host is as it was\|nothing of it is kept" "$1"' - "$work/out"

# what was asked for is so in the command that leaves it out for good
unwell "$daemon=log-level" --bisect --skip daemon.icc,daemon.live-restore
ok 'what was skipped is skipped' grep -q -- '--skip daemon.icc --skip daemon.live-restore --skip daemon.log-level$' "$work/out"
unwell "$daemon=log-level" --bisect --only daemon.log-level,file.daemon-json
ok 'what was chosen is chosen' grep -q -- '--only daemon.log-level --only file.daemon-json --skip daemon.log-level$' "$work/out"

# somebody does one of them himself between two tries: no try tells of that one any more
rm -f "$work/go"
( while [ ! -e "$work/go.at" ]; do sleep 0.1; done
	mkdir -p "$host/etc/sysctl.d" && echo 'net.ipv4.conf.all.log_martians = 1' >"$host/etc/sysctl.d/60-harden.conf"
	: >"$work/go" ) &
unwell "$daemon=log-level
pause $work/go" --bisect --json
wait
ended 3 'one that is so by now'
what 'one that is so by now' '.end == "stopped" and .kept == [] and (.why | test("is not planned any more|was planned, and is not now|no part of the plan"))'

# of what dockerd refuses there is no transaction: each of the search says all the same what it was for
unwell 'start daemon.log-level' --bisect --json
ended 2 'refused by dockerd'
what 'refused by dockerd' '.end == "found" and .of == null and .left_out == ["daemon.log-level"] and (.kept | length) == 6'
json 0 history --root "$host"
ok '... the ledger says what the one that was kept was for' sh -c 'jq -e "[.transactions[].bisect] == [\"trial\"]" "$1"' - "$work/out"
unwell "start daemon.log-level
$daemon=live-restore" --bisect --json
ended 2 'refused, and not well'
what 'refused, and not well' '.left_out == ["daemon.live-restore", "daemon.log-level"] and (.kept | length) == 5'
cp "$work/out" "$work/answer"
json 0 history --root "$host"
ok '... the ledger has each try, and says so of each' sh -c 'test "$(jq "[.transactions[] | select(.bisect == \"trial\")] | length" "$1")" -eq "$(jq "[.bisect.tries[] | select(.id)] | length" "$2")" &&
	jq -e "[.transactions[].bisect] | unique == [\"trial\"] and length > 1" "$1"' - "$work/out" "$work/answer"
harden history --root "$host"
ok '... for people' sh -c 'test "$(grep -c "(bisect of what dockerd would not start with)" "$1")" -eq "$(grep -c "^[0-9]" "$1")"' - "$work/out"
harden show --root "$host" "$(sed -n '1s/ .*//p' "$work/out")"
ok '... each by itself' grep -q '(bisect of what dockerd would not start with)' "$work/out"

# an apply that is well seeks nothing
unwell '' --bisect --json
ended 0 'well'
what 'well' '. == null'

# without it, a failure says how to find out, and a look at it beforehand says how often
unwell "$daemon=log-level"
ended 3 'without --bisect'
ok '... the way to the cause is told' flat "To find the cause, and keep the rest: harden apply --root $host --baseline $work/many.yaml --bisect"
expect 0 '' apply --bisect --dry-run --root "$host" --baseline "$work/many.yaml"
ok 'beforehand, too' flat 'Bisect where the host is not well with it, it is put back, and parts of it are tried'

finish
