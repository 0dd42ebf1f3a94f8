#!/bin/bash
#
# apply --bisect beside a real dockerd: the control with which a container's health check fails is named, the
# rest is kept, and every container has its process. On a kill in the middle all of it is put back.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

# What is looked at hangs on no version of Docker's; HARDEN_LAB_SUITES names others.
[[ -n ${HARDEN_LAB_SUITES:-} ]] || SUITES=(trixie)

# Two of which one restarts dockerd; the longer search is one that any release has.
SHORT=(--only daemon.no-new-privileges --only file.daemon-json.mode)
LONG=(--only daemon.live-restore --only daemon.icc "${SHORT[@]}")

flat() {
	tr -s ' \n' ' ' <<<"$OUTPUT"
}

start_host() {
	host_start "$1"
	image_import
	h mkdir -p /etc/docker /run/probe
	h_write /etc/docker/daemon.json 666 <<<'{"debug": false}'
	h systemctl restart docker.service
	container_run web --volume /run/probe:/probe --health-interval 1s --health-retries 1 \
		--health-cmd '! test -e /probe/ill' --network none -- /bin/sleep 100000
	container_run plain --network none -- /bin/sleep 100000
	h timeout 60 sh -c 'until [ "$(docker inspect -f "{{.State.Health.Status}}" web)" = healthy ]; do sleep 0.2; done'
}

# ill_with WORD...: a dockerd whose start on a file with all these words makes the container ill, and well otherwise.
ill_with() {
	h_write /usr/local/sbin/ill 755 <<'END'
#!/bin/sh
rm -f /run/probe/ill
for word; do
	grep -q "$word" /etc/docker/daemon.json || exit 0
done
: >/run/probe/ill
END
	ship_lines "ExecStartPost=/usr/local/sbin/ill $*"
	remember_host
	PIDS=$(pids web plain)
}

bisect() {
	h systemctl reset-failed docker.service docker.socket
	apply --bisect "$@"
}

test_one() {
	local suite=$1
	ill_with no-new-privileges
	exits 2 "$suite: what breaks it is left out" bisect "${SHORT[@]}"
	like "$(flat)" "Because of: daemon.no-new-privileges . with it: the container 'web' was healthy, and its health check fails since" \
		"$suite: ... and named, with what was not well"
	like "$(flat)" 'Left out: daemon.no-new-privileges In force: 1 of 2 controls' "$suite: ... the rest is in force"
	is "$(pids web plain)" "$PIDS" "$suite: ... every container has its process"
	is "$(planned "${SHORT[@]}")" daemon.no-new-privileges "$suite: ... nothing else is to be done"
	is "$(h_harden history --json | jq -r '[.transactions[] | select(.state == "committed")] | length')" 1 "$suite: ... by one transaction"
	exits 0 "$suite: ... which is rolled back" rollback
	as_before "$suite: ... files as before"
	unship_lines
}

test_pair() {
	local suite=$1
	ill_with icc no-new-privileges
	exits 2 "$suite: two that break it together" bisect "${LONG[@]}" --json
	is "$(jq -c '.bisect.culprits | map([.controls, .exact])' <<<"$OUTPUT")" '[[["daemon.icc","daemon.no-new-privileges"],true]]' \
		"$suite: ... are named as such"
	is "$(jq '.bisect.kept | length' <<<"$OUTPUT")" 3 "$suite: ... and one of them is left out"
	is "$(pids web plain)" "$PIDS" "$suite: ... every container has its process"
	exits 0 "$suite: ... and is rolled back" rollback
	unship_lines
}

test_killed() {
	local suite=$1 before
	ill_with no-new-privileges
	h systemctl reset-failed docker.service docker.socket
	before=$(h sh -c 'ls /var/lib/harden/txn | wc -l')
	start_run apply --yes --health-timeout "$GATE" --bisect "${SHORT[@]}"
	h timeout 240 sh -c 'until [ "$(ls /var/lib/harden/txn | wc -l)" -ge $(($1 + 2)) ] &&
		[ -e "/var/lib/harden/txn/$(ls /var/lib/harden/txn | tail -n 1)/journal" ] || [ -e /run/run.code ]; do sleep 0.05; done' sh "$before"
	send KILL
	run_code >/dev/null
	like "$(h_harden status)" '\(bisect of [0-9a-f-]*\)' "$suite: killed: status says what it was at"
	exits 0 "$suite: ... and recover puts it back" h_harden recover
	as_before "$suite: ... files as before"
	is "$(pids web plain)" "$PIDS" "$suite: ... every container has its process"
	is "$(count_open)" 0 "$suite: ... and nothing goes on"
	unship_lines
}

need_lab
for suite in "${SUITES[@]}"; do
	# 20.10 takes no health check up again after a restart that a container lived through
	if [[ $suite == bookworm ]] || ! whole "$suite"; then continue; fi
	start_host "$suite"
	test_one "$suite"
	test_killed "$suite"
	if [[ -n ${HARDEN_LAB_WHOLE:-} ]]; then
		test_pair "$suite"
	fi
	host_stop
done
