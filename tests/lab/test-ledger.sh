#!/bin/bash
#
# The ledger beside the host's journal: journald is told of each decision, by ids that the catalog explains, and is
# not needed; the chain holds over all that a host does.

HARDEN_LAB_SUITES=${HARDEN_LAB_SUITES:-trixie} # what differs between the suites is not in it

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

CATALOG=/usr/lib/systemd/catalog/harden.catalog

# What is over in a second, and one more control.
PLAN=(--only file.daemon-json.mode --only daemon.live-restore --health-timeout 0)

latest() {
	h_harden history --json | jq -r '.transactions[-1].id'
}

# entries ID FIELD: of all entries of that transaction, a line each
entries() {
	h journalctl --sync
	h journalctl --quiet --output json HARDEN_TRANSACTION="$1" |
		jq -r --arg field "$2" '.[$field] | if type == "array" then sort | join(" ") else . end' | tr '\n' ' '
}

test_told() {
	local suite=$1 first id
	exits 0 "$suite: apply" h_harden apply --yes "${PLAN[@]}"
	first=$(latest)
	is "$(entries "$first" HARDEN_OUTCOME)" 'applied ' "$suite: journalctl HARDEN_TRANSACTION= shows the apply"
	is "$(entries "$first" HARDEN_CONTROL)" 'daemon.live-restore file.daemon-json.mode ' "$suite: ... with its controls"
	like "$(h journalctl --quiet --catalog HARDEN_TRANSACTION="$first")" "Subject: harden has applied a plan|-- Subject: harden has applied a plan" \
		"$suite: the catalog explains it"
	like "$(h journalctl --quiet --catalog HARDEN_TRANSACTION="$first")" "harden rollback $first" "$suite: ... with its id"
	like "$(h journalctl --quiet HARDEN_CONTROL=daemon.live-restore)" "transaction $first is applied" "$suite: it is found by a control, too"
	exits 0 "$suite: rollback" rollback
	id=$(latest)
	is "$(entries "$id" HARDEN_OUTCOME)" 'rolled_back ' "$suite: ... and the rollback"
	is "$(entries "$id" HARDEN_OF)" "$first " "$suite: ... of what"
	is "$(entries "$id" HARDEN_CONTROL)" 'daemon.live-restore file.daemon-json.mode ' "$suite: ... and its controls"
}

test_waits() {
	local suite=$1 id i
	exits 6 "$suite: apply --confirm" h_harden apply --yes --confirm=5m --no-wait "${PLAN[@]}"
	id=$(latest)
	exits 0 "$suite: confirm" h_harden confirm
	is "$(entries "$id" HARDEN_OUTCOME)" 'waiting confirmed ' "$suite: the wait and the confirm are told"
	exits 0 "$suite: rollback of that" rollback
	exits 6 "$suite: apply --confirm again" h_harden apply --yes --confirm=10s --no-wait "${PLAN[@]}"
	id=$(latest)
	for ((i = 0; i < 120; i++)); do
		[[ $(entries "$id" HARDEN_OUTCOME) != *recovered* ]] || break
		sleep 0.5
	done
	is "$(entries "$id" HARDEN_OUTCOME)" 'waiting recovered ' "$suite: that nobody confirmed it is told, by the unit that undid it"
}

test_by_whom() {
	local suite=$1 id
	# the kernel may refuse to set it within a container of systemd's: then there is nothing to see
	if h sh -c 'echo 4711 >/proc/self/loginuid && [ "$(cat /proc/self/loginuid)" = 4711 ]' 2>/dev/null; then
		exits 0 "$suite: apply by somebody" h sh -c 'echo 4711 >/proc/self/loginuid
			SUDO_USER=alice exec harden apply --yes --only file.daemon-json.mode --health-timeout 0 --lock-timeout 60s'
		id=$(latest)
		like "$(h_harden show "$id")" "by login uid 4711 \(sudo says 'alice'\)" "$suite: show tells who it was"
		exits 0 "$suite: rollback of that" rollback
	else
		diag 'the login uid cannot be set here'
	fi
}

test_without_journald() {
	local suite=$1
	h systemctl --quiet stop systemd-journald.socket systemd-journald-dev-log.socket systemd-journald-audit.socket systemd-journald.service 2>/dev/null || true
	h rm -f /run/systemd/journal/socket
	exits 0 "$suite: apply without journald" h_harden apply --yes "${PLAN[@]}"
	unlike "$OUTPUT" 'journald' "$suite: ... is no word worth"
	h systemctl --quiet restart systemd-journald.socket systemd-journald-dev-log.socket systemd-journald.service
	exits 0 "$suite: rollback once it is back" rollback
	is "$(entries "$(latest)" HARDEN_OUTCOME)" 'rolled_back ' "$suite: ... is told again"
}

for suite in "${SUITES[@]}"; do
	prepare_host "$suite"
	h mkdir -p "$(dirname $CATALOG)"
	h_write $CATALOG <"$LAB_DIR/../../packaging/harden.catalog"
	ok "$suite: the catalog is one" h journalctl --update-catalog
	test_told "$suite"
	if whole "$suite"; then
		test_waits "$suite"
		test_by_whom "$suite"
		test_without_journald "$suite"
	fi
	exits 0 "$suite: the chain holds" h_harden history --verify
	exits 0 "$suite: prune" h_harden prune --keep 1 --yes
	exits 0 "$suite: ... and still" h_harden history --verify
	like "$OUTPUT" 'gone, by the tombstones' "$suite: ... over what is gone"
	host_stop
done
