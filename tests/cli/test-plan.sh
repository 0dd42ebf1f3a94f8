#!/bin/sh
# plan and check over made-up systems.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$work/baseline.yaml
make_root host
host=$work/host

golden plan 0 plan --root "$host" --baseline "$b"
cp "$work/out" "$work/first"
harden plan --root "$host" --baseline "$b"
ok 'a second plan has the same bytes' cmp -s "$work/first" "$work/out"
golden plan-level2-ack 0 plan --root "$host" --baseline "$b" --level 2 --ack 2.3 --skip 'audit.*'
golden plan-only 0 plan --root "$host" --baseline "$b" --only 3.1@bench
golden plan-quiet 0 plan --root "$host" --baseline "$b" -q
expect 2 '' plan --root "$host" --baseline "$b" --detailed-exitcode
json 0 plan --root "$host" --baseline "$b"
ok 'modes in JSON are octal strings' grep -q '"mode": "0666"' "$work/out"

# what is read as JSON: however many ask, each text is parsed once, daemon.json and its images too
if LD_PRELOAD=$FAULT "$HARDEN" version >/dev/null 2>"$work/err" && [ ! -s "$work/err" ]; then
	HARDEN_FAULT='parsed 0 0' LD_PRELOAD=$FAULT "$HARDEN" plan --root "$host" --baseline "$b" --level 2 \
		--ack daemon.icc >"$work/out" 2>"$work/err" </dev/null
	ok 'several texts are parsed' test "$(grep -c '^parsed' "$work/err")" -ge 3
	ok 'daemon.json is one of them' grep -q "^parsed $(stat -c %s "$host/etc/docker/daemon.json") " "$work/err"
	ok 'none twice' test -z "$(grep '^parsed' "$work/err" | sort | uniq -d)"
else
	skip 3 'nothing can be preloaded into this build'
fi

# colours
harden plan --root "$host" --baseline "$b" --color=always
ok '--color=always colours' grep -q "$(printf '\033')" "$work/out"
CLICOLOR_FORCE=1 harden plan --root "$host" --baseline "$b"
ok 'CLICOLOR_FORCE colours' grep -q "$(printf '\033')" "$work/out"
NO_COLOR=1 CLICOLOR_FORCE=1 harden plan --root "$host" --baseline "$b"
ok 'NO_COLOR is stronger' sh -c '! grep -q "$(printf "\033")" "$1"' - "$work/out"
CLICOLOR_FORCE=1 harden plan --root "$host" --baseline "$b" --color=never
ok '--color=never is strongest' cmp -s "$work/first" "$work/out"

# -o
expect 0 '' plan --root "$host" --baseline "$b" -o "$work/saved"
ok 'says where it is' grep -q "^Saved to $work/saved (for this image only)" "$work/out"
ok 'the plan is 0600' test "$(stat -c %a "$work/saved")" = 600
cp "$work/saved" "$work/saved.copy"
expect 1 'is there already; --force replaces it' plan --root "$host" --baseline "$b" -o "$work/saved"
ok 'and stays as it was' cmp -s "$work/saved" "$work/saved.copy"
expect 0 '' plan --root "$host" --baseline "$b" --only daemon.icc -o "$work/saved" --force
ok 'with --force it is another' sh -c '! cmp -s "$1" "$1.copy"' - "$work/saved"
ln -s "$work/elsewhere" "$work/link"
expect 1 'no regular file' plan --root "$host" --baseline "$b" -o "$work/link" --force
expect 1 'cannot write' plan --root "$host" --baseline "$b" -o "$work/missing/plan"
expect 1 'cannot open' plan --root "$host" --baseline "$work/missing.yaml" -o "$work/none"
ok 'a plan that fails leaves no file' test ! -e "$work/none"
golden show-plan 0 show "$work/saved.copy"
json 0 show "$work/saved.copy"

# check
golden check 2 check --root "$host" --baseline "$b"
golden check-verbose 2 audit --root "$host" --baseline "$b" -v --only 'host.*,daemon.*'
expect 0 '' check --root "$host" --baseline "$b" --only 'host.*'
expect 2 '' check --root "$host" --baseline "$b" --only 'host.*' --strict
expect 0 '' check --root "$host" --baseline "$b" --only daemon.ulimits
expect 2 '' check --root "$host" --baseline "$b" --only daemon.ulimits --strict
json 2 check --root "$host" --baseline "$b"

# how bad: the worst first, and what counts
sed 's/severity: medium/severity: low/' "$b" >"$work/low.yaml"
awk '/- id:/ { id = $3 } id == "daemon.icc" { sub("severity: low", "severity: high") } 1' \
	"$work/low.yaml" >"$work/severities.yaml"
harden check --root "$host" --baseline "$work/severities.yaml"
ok 'the worst comes first' sh -c 'grep -E "^(fail|held)" "$1" | head -n 1 | grep -q "^fail *high *daemon.icc "' - "$work/out"
ok 'and is counted by itself' grep -q 'fail (1 high)' "$work/out"
expect 2 '' check --root "$host" --baseline "$work/severities.yaml" --fail-on high
expect 0 '' check --root "$host" --baseline "$work/severities.yaml" --fail-on critical
expect 0 '' check --root "$host" --baseline "$work/severities.yaml" --fail-on medium --skip daemon.icc
expect 2 '' check --root "$host" --baseline "$work/severities.yaml" --fail-on low --skip daemon.icc
expect 64 "option '--fail-on' wants" check --fail-on urgent
# an opt-in control of some weight is not an option
sed 's/severity: medium/severity: high/' "$b" >"$work/high.yaml"
expect 2 '' check --root "$host" --baseline "$work/high.yaml" --only daemon.ulimits
# a control that is judged with others is judged as if it were alone
harden check --root "$host" --baseline "$b" --json
jq -c '.controls | sort_by(.id)[] | del(.differs)' "$work/out" >"$work/all"
for id in $(jq -r '.controls | sort_by(.id)[].id' "$work/out"); do
	harden check --root "$host" --baseline "$b" --json --only "$id"
	jq -c '.controls[] | del(.differs)' "$work/out"
done >"$work/alone"
ok 'a verdict does not depend on what else is selected' cmp "$work/all" "$work/alone"
ok 'there are some' test "$(wc -l <"$work/all")" -gt 3

# what was asked for by name and is not done is not a success, but for what is so already
cat >"$work/ack.yaml" <<'END'
baseline: ack
version: "1"
title: What may be acknowledged
controls:
  - id: file.absent
    severity: medium
    title: Not applicable
    resources: [file: { path: /etc/nowhere/key, mode: "0600" }]
  - id: unit.absent
    severity: medium
    title: Only looked at, and not applicable
    class: check
    resources: [file: { path: /etc/nowhere/cert, mode: "0600" }]
  - id: kernel.unread
    severity: medium
    title: Not measured
    class: check
    resources: [kernel-feature: { feature: seccomp }]
  - id: file.there
    severity: medium
    title: It is so already
    resources: [file: { path: /etc, mode: "0777" }]
END
expect 5 "refused: '--ack host.partition': only a person can do it; 'harden explain host.partition' tells what" plan --root "$host" --baseline "$b" --ack host.partition
expect 5 "refused: '--ack host.partition'" apply --root "$host" --baseline "$b" --yes --ack host.partition
expect 5 "refused: '--ack kernel.unread'" plan --root "$host" --baseline "$work/ack.yaml" --ack kernel.unread
expect 5 "refused: '--ack kernel.unread'" apply --root "$host" --baseline "$work/ack.yaml" --yes --ack kernel.unread
for id in file.absent unit.absent; do
	expect 0 "'--ack $id' changes nothing here" plan --root "$host" --baseline "$work/ack.yaml" --ack "$id"
	expect 0 "'--ack $id' changes nothing here" apply --root "$host" --baseline "$work/ack.yaml" --yes --ack "$id"
done
expect 0 '' plan --root "$host" --baseline "$work/ack.yaml" --ack file.there

# what the host says does not drive the terminal
printf 'web\033[2J\n' >"$host/etc/hostname"
harden plan --root "$host" --baseline "$b"
ok 'a hostile host name is escaped' grep -qF 'host web\x1b[2J' "$work/out"
printf '{"icc": true, "\\u001b]0;x": 1, "log-level": "\\u202e"}\n' >"$host/etc/docker/daemon.json"
harden plan --root "$host" --baseline "$b" --level 2
ok 'so are keys and values' sh -c '! LC_ALL=C grep -q "[[:cntrl:]]" "$1"' - "$work/out"
json 5 plan --root "$host" --baseline "$b" --level 2

expect 1 '' plan --root "$work/nowhere"
json 0 facts --root "$host"
json 0 facts

# a config file that dockerd does not take fails with its place, and nothing is applied beside it
printf '{\n  "icc": true,\n  // why\n}\n' >"$host/etc/docker/daemon.json"
harden check --root "$host" --only daemon.config
ok 'a config file that does not parse is a failing control' \
	grep -q "^fail *high *daemon.config .*would not start with" "$work/out"
ok 'with line and column' grep -q 'line 3, column' "$work/out"
expect 2 '' plan --root "$host" --detailed-exitcode --only daemon.config
expect 5 'line 3, column' apply --root "$host" --yes --only 'daemon.*'
expect 2 '' plan --root "$host" --baseline "$b" --detailed-exitcode --only daemon.icc
expect 5 'line 3, column' apply --root "$host" --baseline "$b" --yes --only daemon.icc
harden plan --root "$host" --baseline "$b" --only daemon.icc
ok 'no changes are not said where something was not measured' \
	grep -q '^No changes known; 1 not measured; ' "$work/out"
expect 0 '' apply --root "$host" --baseline "$b" --yes --only file.daemon-json

# nor one that cannot be read at all, whatever the reason: a link to itself, more than a configuration file
for odd in loop large directory; do
	rm -rf "$host/etc/docker/daemon.json"
	case $odd in
	loop) ln -s daemon.json "$host/etc/docker/daemon.json" ;;
	large) truncate -s 3G "$host/etc/docker/daemon.json" ;;
	directory) mkdir "$host/etc/docker/daemon.json" ;;
	esac
	for id in daemon.icc daemon.log-limits; do
		expect 2 '' plan --root "$host" --detailed-exitcode --only $id
		expect 5 'daemon.json' apply --root "$host" --yes --only $id
	done
done

# but one that harden alone does not follow is none of these: dockerd does. What needs it is left out, with the
# reason; the rest is applied
for owner in link directory; do
	rm -rf "$host/etc/docker" "$host/srv"
	mkdir "$host/etc/docker" "$host/srv"
	printf '{ "icc": true }\n' >"$host/srv/daemon.json"
	ln -s /srv/daemon.json "$host/etc/docker/daemon.json"
	case $owner in
	link) chown -h 1000 "$host/etc/docker/daemon.json" ;;
	directory) chmod 777 "$host/etc/docker" ;;
	esac
	chmod 666 "$host/usr/lib/systemd/system/docker.service"
	harden check --root "$host" --only 'daemon.config,daemon.icc,file.daemon-json.mode'
	ok 'a file behind a link of others is not said to be refused by dockerd' \
		sh -c '! grep -q "would not start with" "$1"' - "$work/out"
	ok 'that it is not known what is in it is told' \
		sh -c 'test "$(grep -c "^not measured" "$1")" = 2' - "$work/out"
	ok 'and the link, as a failure' grep -q '^fail .*file.daemon-json.mode' "$work/out"
	expect 0 '' apply --root "$host" --yes --only 'daemon.*,file.docker-service.mode'
	ok '... which names the link' sh -c 'tr -s "\n " " " <"$1" | grep -q "is a link"' - "$work/out"
	ok 'what does not need it is applied' \
		test "$(stat -c %a "$host/usr/lib/systemd/system/docker.service")" = 644
	ok 'and the file stays' grep -q '{ "icc": true }' "$host/srv/daemon.json"
done

finish
