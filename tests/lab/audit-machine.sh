#!/bin/bash
#
# The part of test-audit.sh that runs on this machine itself, in a mount namespace of its own
# (`unshare --mount`), so that neither its rule files nor its harden state are touched. The
# kernel's rules are real and belong to all: it uses a key of its own and leaves what it found.
#
# usage: audit-machine.sh HARDEN DIRECTORY (an empty one)

set -euo pipefail

HARDEN=$1 WORK=$2
KEY=harden-lab-$$
mkdir -p "$WORK/watched"
# shellcheck source=audit-view.sh
. "$(dirname "$0")/audit-view.sh"

cat >"$WORK/audit.yaml" <<EOF
baseline: lab
version: "1"
title: Watches of the lab
controls:
  - id: lab.tree
    severity: medium
    title: A tree is watched
    resources:
      - audit-rules: { watch: $WORK/watched, perm: wa, tree: true, key: $KEY }
  - id: lab.file
    severity: medium
    title: A file is watched
    resources:
      - audit-rules: { watch: /etc/hostname, perm: rwa, key: $KEY }
  - id: lab.socket
    severity: medium
    title: Connections to a socket are logged
    resources:
      - audit-rules: { watch: $WORK/socket, key: $KEY, connect: true }
EOF
chmod 600 "$WORK/audit.yaml"

python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
time.sleep(300)' "$WORK/socket" &
listener=$!
until [[ -S $WORK/socket ]]; do sleep 0.05; done

enabled=$(auditctl -s | sed -n 's/^enabled //p')
auditctl -l >"$WORK/rules.before"
auditd -n >"$WORK/auditd.out" 2>&1 &
auditd=$!
trap 'kill $listener $auditd; wait $auditd; auditctl -e "$enabled" >/dev/null' EXIT
until auditctl -s | grep -q "^pid $auditd$"; do sleep 0.05; done

harden() {
	"$HARDEN" "$@" --baseline "$WORK/audit.yaml"
}

# found KEY TEXT COMMAND...: what the command does is in the log. The kernel drops records when it has too
# many of them, whoever else makes them, so it is done more than once.
found() {
	local key=$1 text=$2 i
	shift 2
	for ((i = 0; i < 100; i++)); do
		((i % 20)) || "$@"
		ausearch --input-logs -k "$key" >"$WORK/events" 2>/dev/null || true
		! grep -qF "$text" "$WORK/events" || return 0
		sleep 0.1
	done
	return 1
}

make_event() {
	echo event >"$WORK/watched/new"
}

connect() {
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$WORK/socket"
}

harden plan --detailed-exitcode >"$WORK/plan" || (($? == 2))
harden apply --yes --health-timeout 1s >"$WORK/apply"
auditctl -l >"$WORK/rules.applied"
found "$KEY" "$WORK/watched/new" make_event && echo found >"$WORK/event"
found "$KEY-api" 'type=SYSCALL' connect && echo found >"$WORK/connect"
harden plan --detailed-exitcode >"$WORK/plan.again" && echo 0 >"$WORK/plan.code"
"$HARDEN" rollback --yes --health-timeout 1s >"$WORK/rollback"
auditctl -l >"$WORK/rules.after"
ls -A /etc/audit/rules.d >"$WORK/files.after"

# Killed at each record of the journal, before it is written and before it is synced. Of the last,
# COMMIT, the one that was written is kept: that is rolled back.
kill_at() {
	strace -qq -o "$WORK/trace" -e trace="$1" -e inject="$1:signal=KILL:when=$2" \
		"$HARDEN" apply --yes --health-timeout 0 --baseline "$WORK/audit.yaml" >"$WORK/killed.out" 2>&1
}

for call in pwrite64 syncfs fdatasync; do
	for ((n = 1; n < 20; n++)); do
		! kill_at "$call" "$n" || break
		grep -q '^Transaction' "$WORK/killed.out" && break # killed when all was said and done
		echo "$call $n: $(auditctl -l | grep -c -- "$KEY")" >>"$WORK/killed"
		"$HARDEN" recover >>"$WORK/recovered"
		! grep -q 'was decided (committed)' "$WORK/recovered" || break
		auditctl -l >"$WORK/rules.recovered"
		diff "$WORK/rules.before" "$WORK/rules.recovered" >>"$WORK/rules.differences" || true
		ls -A /etc/audit/rules.d >>"$WORK/files.recovered"
	done
	"$HARDEN" rollback --yes --health-timeout 0 >>"$WORK/rollback"
	rm -f "$WORK/recovered"
done
