#!/bin/bash
#
# Hosts where something is missing: no Docker, no systemd, no root. What was not read is said to
# be not measured, and is never a pass.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

verdicts() {
	jq -r '.plan.findings[] | "\(.control) \(.verdict)"'
}

test_no_systemd() {
	local suite=$1 out
	root_start "$suite" --bind "$HARDEN:/usr/local/bin/harden"
	out=$("$LAB" chroot "$HOST" harden plan --json)
	is "$(verdicts <<<"$out" | grep '^daemon\.' | grep -c ' pass$' || true)" 0 \
		"$suite, no systemd: no daemon setting passes unseen"
	like "$("$LAB" chroot "$HOST" harden plan)" 'systemd' "$suite, no systemd: the plan says why"
	host_stop
}

test_no_docker() {
	local out
	root_start bookworm --minbase
	cp "$HARDEN" "$("$LAB" path "$HOST")/usr/local/bin/harden"
	"$LAB" chroot "$HOST" sh -c 'apt-get update && apt-get install -y --no-install-recommends libyaml-0-2 libjansson4 libaudit1 libacl1 libsystemd0 libssl3' >/dev/null 2>&1
	out=$("$LAB" chroot "$HOST" harden plan --json)
	# the host's own settings can be measured all the same
	is "$(verdicts <<<"$out" | grep -Ev '^(host|kernel|network)\.' | grep -E ' (pass|fail)$' || true)" '' \
		"no Docker: nothing of Docker passes, nothing fails"
	exits 0 "no Docker: there is nothing to change" "$LAB" chroot "$HOST" harden plan --detailed-exitcode
	host_stop
}

test_stopped_docker() {
	local suite=$1
	host_start "$suite" --no-docker
	h systemctl start docker.socket
	h_harden plan >/dev/null
	is "$(h systemctl is-active docker.service)" inactive "$suite: plan does not wake Docker through its socket"
	is "$(h_harden plan --json | verdicts | grep -c '^daemon\.\(icc\|live-restore\) pass' || true)" 0 \
		"$suite, Docker stopped: its settings do not pass"
	host_stop
}

test_ordinary_user() {
	local suite=$1 out
	host_start "$suite"
	h useradd --create-home worker
	out=$(h setpriv --reuid=worker --regid=worker --clear-groups harden plan --json)
	is "$(verdicts <<<"$out" | grep -Ec '^(daemon|audit)\.[^ ]* pass$' || true)" 0 \
		"$suite, ordinary user: no daemon setting and no audit rule passes unseen"
	is "$(verdicts <<<"$out" | grep -Ec '^audit\.[^ ]* not_measured$')" \
		"$(verdicts <<<"$out" | grep -Ec '^audit\.')" \
		"$suite, ordinary user: audit rules are not measured"
	exits 77 "$suite, ordinary user: apply needs root" \
		h setpriv --reuid=worker --regid=worker --clear-groups harden apply --yes
	exits 2 "$suite, ordinary user: check does not end as if all were well" \
		h setpriv --reuid=worker --regid=worker --clear-groups harden check
	host_stop
}

test_no_docker
for suite in "${SUITES[@]}"; do
	test_no_systemd "$suite"
	test_stopped_docker "$suite"
	test_ordinary_user "$suite"
done
