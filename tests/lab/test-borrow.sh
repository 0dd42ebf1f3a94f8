#!/bin/bash
#
# A restart of dockerd where live-restore is off and stays off: it is borrowed, on the way there and
# back, so no container stops; daemon.json is byte by byte as it would be without; and whoever kills
# the run between has it taken off again by recovery. Where it cannot be borrowed, the plan names who
# stops, and waits for consent; so it is where live-restore itself goes by a restart. Beside that, on one suite: the
# words of an ExecStart= with "@", and what containerd's config imports.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

PLAN=(--only daemon.no-new-privileges --only daemon.live-restore --skip daemon.live-restore)

live() {
	h docker info --format '{{.LiveRestoreEnabled}}'
}

file_sum() {
	h sha256sum /etc/docker/daemon.json
}

# What is true after each step but the consented one: same processes, and nothing borrowed any more.
unharmed() {
	is "$(pids always once)" "$PIDS" "$1: every container has its process"
	is "$(live)" false "$1: live-restore is off again"
	unlike "$(h cat /etc/docker/daemon.json)" live-restore "$1: ... in daemon.json, too"
}

test_there_and_back() {
	local suite=$1 sum
	sum=$(file_sum)
	exits 0 "$suite: plan" h_harden plan "${PLAN[@]}"
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" 'live-restore is borrowed for the restart: its file has it' "$suite: ... says that it is borrowed"
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" '2 reloads, 1 restart of dockerd' "$suite: ... and counts its reloads"
	exits 0 "$suite: apply" apply "${PLAN[@]}"
	unharmed "$suite, applied"
	[[ $suite == bookworm ]] || # 20.10 does not tell
		like "$(h docker info --format '{{.SecurityOptions}}')" no-new-privileges "$suite: what was wanted is in force"
	is "$(h cat /etc/docker/daemon.json | jq -c .)" '{"debug":false,"no-new-privileges":true}' "$suite: ... and alone is written"
	exits 0 "$suite: a second plan is empty" h_harden plan "${PLAN[@]}" --detailed-exitcode
	exits 0 "$suite: nothing has drifted" h_harden check "${PLAN[@]}"
	exits 0 "$suite: rollback" rollback
	unharmed "$suite, rolled back"
	is "$(file_sum)" "$sum" "$suite: daemon.json is the file that it was"
	settled "$suite, rolled back"
}

# Every moment on one suite, and the worst of them on the others.
test_killed() {
	local suite=$1 moment moments=('1 restart of dockerd')
	! whole "$suite" || moments=('1 files' '1 reload of dockerd' '1 restart of dockerd' '2 reload of dockerd')
	for moment in "${moments[@]}"; do
		broken_off_after "$moment" apply --yes --health-timeout 20s "${PLAN[@]}"
		exits 0 "$suite, killed after $moment: recover" h_harden recover
		unharmed "$suite, killed after $moment"
		settled "$suite, killed after $moment"
		recovered "$suite, killed after $moment"
	done
	apply "${PLAN[@]}" >/dev/null
	broken_off_after '1 restart of dockerd' rollback --yes --health-timeout 20s
	exits 0 "$suite, rollback killed: recover" h_harden recover
	unharmed "$suite, rollback killed"
	exits 0 "$suite, rollback killed: once more" rollback
	settled "$suite, rollback killed"
}

# Undone by its timer, which nobody watches.
test_unconfirmed() {
	local suite=$1
	exits 6 "$suite, not confirmed: apply" apply --confirm=10s --no-wait "${PLAN[@]}"
	unharmed "$suite, not confirmed yet"
	for _ in {1..120}; do
		[[ $(newest 2>/dev/null) != rolled_back ]] || break
		sleep 1
	done
	is "$(newest)" rolled_back "$suite, not confirmed: it is undone in time"
	unharmed "$suite, not confirmed"
	settled "$suite, not confirmed"
}

# What only a reload can do cannot be lent where a reload is no way.
test_not_borrowed() {
	local suite=$1
	ship_lines 'ExecReload='
	remember_host
	exits 0 "$suite, no reload: plan" h_harden plan "${PLAN[@]}"
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" 'stops 2 containers: .*; live-restore cannot be borrowed: a reload is no way here' \
		"$suite, no reload: ... names who stops, and why"
	is "$(planned "${PLAN[@]}")" '' "$suite, no reload: it is held"
	is "$(held "${PLAN[@]}")" daemon.no-new-privileges "$suite, no reload: ... until it is acknowledged"
	! whole "$suite" || test_waits_and_stops "$suite, no reload"
	unship_lines
}

# Acknowledged, it waits to be confirmed: who undoes it before is asked for the same containers once more.
test_waits_and_stops() {
	local desc=$1 all=(--ack daemon.no-new-privileges "${PLAN[@]}")
	exits 6 "$desc: acknowledged, it waits" apply --confirm=10m --no-wait "${all[@]}"
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" "tells what, and '--ack daemon.no-new-privileges' consents to it" \
		"$desc: ... and says what its undo wants"
	h docker start once >/dev/null
	container_run late --stop-signal KILL -- /bin/sleep 10000
	exits 5 "$desc: rollback" rollback
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" 'stops 3 containers: .*once \(stays stopped' "$desc: ... names who stops"
	is "$(newest)" waiting "$desc: ... and changes nothing"
	exits 5 "$desc: its preview" h_harden rollback --dry-run
	exits 0 "$desc: ... acknowledged" rollback --ack daemon.no-new-privileges
	is "$(newest)" rolled_back "$desc: ... is one"
	# one that the apply knew nothing of is named before, and thereafter
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" 'containers that the restart may stop: .*late .*what --ack consents to: .*late' "$desc: ... and names who stops"
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" 'on the way back: the restart of dockerd stops 3 containers' "$desc: ... and says whom it stopped"
	like "$OUTPUT" 'docker start late' "$desc: ... and who does not come back"
	h docker rm --force late >/dev/null
}

# live-restore of ours in force, and since then others' "userland-proxy": true, with which dockerd refuses
# every reload: only a restart takes it away again, and that stops what runs.
test_given_up_by_a_restart() {
	local suite=$1 id what="$1, every reload refused" file=/etc/docker/daemon.json
	h docker start always once >/dev/null
	exits 0 "$what: live-restore is applied" apply --only daemon.live-restore
	id=$(h_harden history --json | jq -r '.transactions[-1].id')
	h_write "$file" <<<'{"debug": false, "live-restore": true, "userland-proxy": true}'
	h systemctl restart docker.service
	exits 5 "$what: rollback" rollback "$id"
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" 'stops 2 containers: .*once \(stays stopped.*refuses every reload with "userland-proxy"' \
		"$what: ... says who stops, and what keeps it from a reload"
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" "taken out of the file before.*'--ack daemon.live-restore' consents" "$what: ... and two ways"
	unlike "$OUTPUT" 'should keep running|harden apply' "$what: ... and nothing that is not so"
	is "$(live)" true "$what: ... and changes nothing"
	exits 0 "$what: ... acknowledged" rollback "$id" --ack daemon.live-restore
	is "$(live)" false "$what: ... takes it away"
	is "$(h cat "$file" | jq -c .)" '{"debug":false,"userland-proxy":true}' "$what: ... in the file, too, and what others wrote stays"
	is "$(h docker inspect -f '{{.State.Running}}' always once | tr '\n' ' ')" 'true false ' "$what: ... and stops whom it named"
}

# "@" in front of the program: the next word is what it is to call itself, and no argument.
test_named() {
	local suite=$1
	h systemctl stop docker.service docker.socket
	h_write /etc/docker/daemon.json <<<'{"debug": false}'
	h mkdir -p /etc/systemd/system/docker.service.d
	h_write /etc/systemd/system/docker.service.d/named.conf <<-'EOF'
		[Service]
		ExecStart=
		ExecStart=@/usr/sbin/dockerd dockerd -H fd:// --no-new-privileges=false
	EOF
	h systemctl daemon-reload
	h systemctl start docker.service
	exits 0 "$suite, a name of its own: apply" apply --only daemon.live-restore,daemon.no-new-privileges
	like "$(h docker info --format '{{.SecurityOptions}}')" no-new-privileges "$suite, a name of its own: it is in force"
	exits 0 "$suite, a name of its own: rollback" rollback
	like "$(h systemctl cat docker.service)" '@/usr/sbin/dockerd dockerd -H fd:// --no-new-privileges=false' \
		"$suite, a name of its own: the line is what it was"
}

# What containerd is told by a file of somebody's, in force or not.
test_imports() {
	local suite=$1
	h useradd -m alice
	h mkdir -p /etc/containerd
	h sh -c 'd=/home/alice/d; install -d -o alice $d && echo "version = 2" >$d/x.toml && chown alice $d/x.toml
		printf "version = 2\nimports = [\"%s/x.toml\"]\n" $d >/etc/containerd/config.toml'
	exits 2 "$suite, containerd's imports: check" h_harden check --only file.engine-files
	like "$(tr -s '\n ' ' ' <<<"$OUTPUT")" "'/home/alice' can be written by alice, who can put something else at '/home/alice/d/x.toml'" \
		"$suite, containerd's imports: ... names whose they are"
}

for suite in "${SUITES[@]}"; do
	prepare_host "$suite"
	test_there_and_back "$suite"
	if whole "$suite"; then
		test_killed "$suite"
		test_unconfirmed "$suite"
	fi
	test_not_borrowed "$suite"
	if whole "$suite"; then
		test_given_up_by_a_restart "$suite"
		test_named "$suite"
		test_imports "$suite"
	fi
	host_stop
done
