#!/bin/sh
# A rollback that leaves others' values, or one control's alone, puts dockerd's settings together anew: what does not go
# together is refused before anything is written, as it is on the way up.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

host=$work/host
file=$host/etc/docker/daemon.json
address='"gelf-address": "udp://127.0.0.1:12201"'

control()
{
	printf '  - id: %s\n    severity: low\n    title: %s\n    resources:\n' "$1" "$1"
	shift
	printf '      - docker-daemon: %s\n' "$@"
}

{
	printf 'baseline: mixed\nversion: "1"\ntitle: For tests\ncontrols:\n'
	control daemon.log '{ key: log-driver, value: gelf }' "{ key: log-opts, value: { $address } }"
	control daemon.level '{ key: log-level, value: warn }'
} >"$work/mixed.yaml"
{
	printf 'baseline: parts\nversion: "1"\ntitle: For tests\ncontrols:\n'
	control daemon.a-driver '{ key: log-driver, value: json-file }'
	control daemon.b-options '{ key: log-opts, value: { max-size: 10m, labels: site } }'
} >"$work/parts.yaml"

# applied BASELINE [FILE]: one apply on a fresh system, whose daemon.json says that; sets $id.
applied()
{
	rm -rf "$host"
	make_root host
	[ -z "${2-}" ] || echo "$2" >"$file"
	harden apply --root "$host" --baseline "$work/$1.yaml" --yes
	[ "$code" -eq 0 ] || tell
	id=$("$HARDEN" history --root "$host" | sed -n '1s/ .*//p')
}

# refused WHY [OPTION...]: and nothing is changed; nor by --dry-run, which shows the plan.
refused()
{
	why=$1
	shift
	cp "$file" "$work/was"
	expect 5 "this would leave dockerd with values that do not go together: $why" \
		rollback --root "$host" --yes "$@" "$id"
	ok '... and is among the checks' grep -qF "no    this would leave dockerd with values" "$work/out"
	ok '... and nothing is written' cmp -s "$work/was" "$file"
	expect 5 "$why" rollback --root "$host" --dry-run "$@" "$id"
	expect 5 "$why" rollback --root "$host" --dry-run --json "$@" "$id"
}

# one of two that belong together is others' by now
applied mixed
sed -i 's/"gelf",/"splunk",/' "$file"
ok 'the driver is theirs' grep -q '"splunk"' "$file"
refused "log driver 'splunk' needs the option 'splunk-url' of log-opts" --on-conflict keep
expect 0 '' rollback --root "$host" --yes --on-conflict before "$id"
ok 'as it was recorded there is nothing to ask' sh -c '! grep -q log- "$1"' - "$file"

applied mixed
sed -i 's/127.0.0.1/192.0.2.1/' "$file"
refused "log driver 'json-file' has no option 'gelf-address' of log-opts" --on-conflict keep
expect 0 '' rollback --root "$host" --yes --on-conflict keep --only daemon.level "$id"
ok 'what has nothing to do with it goes' sh -c '! grep -q log-level "$1"' - "$file"

applied mixed
expect 0 '' rollback --root "$host" --yes "$id"
ok 'where nobody changed anything it goes' sh -c '! grep -q log- "$1"' - "$file"

# one control of two
parts='{ "log-driver": "local", "log-opts": { "max-size": "10m" } }'
applied parts "$parts"
refused "log driver 'local' has no option 'labels' of log-opts" --only daemon.a-driver
expect 0 '' rollback --root "$host" --yes --only daemon.b-options "$id"
expect 0 '' rollback --root "$host" --yes "$id"
ok 'one after the other they go' sh -c '[ "$(cat "$1")" = "$2" ]' - "$file" "$parts"

# what was so before is no doing of the rollback's, and neither is what others have done by themselves
applied mixed '{ "log-driver": "splunk" }'
expect 0 '' rollback --root "$host" --yes "$id"
ok 'the driver of before is back, as bad as it was' grep -q '"splunk"' "$file"
for how in '--on-conflict stop' '--on-conflict keep' '--on-conflict before' '--only daemon.log'; do
	applied mixed '{ "log-driver": "splunk" }'
	sed -i 's/{/{ "debug": true,/' "$file"
	# shellcheck disable=SC2086 # an option and its value
	expect 0 '' rollback --root "$host" --yes $how "$id"
	ok "... beside what others added ($how)" grep -q '"debug": true.*"splunk"' "$file"
done
applied mixed
echo '{ "log-driver": "splunk", "log-level": "info" }' >"$file"
expect 0 '' rollback --root "$host" --yes --on-conflict keep "$id"
ok 'theirs stays, as bad as it is' grep -q '"splunk"' "$file"

finish
