#!/bin/bash
#
# What is applied and waits to be confirmed: kept by a word from another session, and undone in time by a
# timer of systemd's whatever becomes of the run, its terminal and the host. Containers keep their processes.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

# A reload, a restart, a new file and a mode.
PLAN=(--only daemon.live-restore --only daemon.log-limits --only file.daemon-json.mode --only audit.dockerd)

# What is over in a second, where it is about the time.
SHORT=(--only file.daemon-json.mode --health-timeout 0)

# wait_short DUR: such a one that waits; sets ID.
wait_short() {
	h_harden apply --yes --confirm="$1" --no-wait "${SHORT[@]}" >/dev/null || (($? == 6))
	ID=$(h_harden history --json | jq -r '.transactions[-1].id')
}

# until_waits: until the run of start_run does, or has ended; sets ID.
until_waits() {
	h timeout 240 sh -c 'until grep -q "is applied, and undone in" /run/run.out || [ -s /run/run.code ]; do sleep 0.05; done'
	ID=$(h_harden history --json | jq -r '.transactions[-1].id')
}

timers() {
	h systemctl list-units --all --no-legend --plain 'harden-confirm-*.timer' | awk '{ print $1 }' | sed "s/${1:-nothing}/ID/" | tr '\n' ' '
}

# undone_in_time DESC SECONDS: by nobody but the timer, at most so long from now.
undone_in_time() {
	local desc=$1
	ok "$desc: it is undone in time" until_newest rolled_back "$2"
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	like "$(h_harden history | tail -n 1)" 'it was not confirmed in time' "$desc: history says why"
	settled "$desc"
}

no_timer_left() {
	h timeout 10 sh -c 'while systemctl list-units --all --no-legend "harden-confirm-*" | grep -q .; do sleep 0.2; done' ||
		h systemctl list-units --all 'harden-confirm-*'
	is "$(timers)" '' "$1: no timer is left"
}

# --- kept --------------------------------------------------------------------------------------

test_confirmed() {
	local suite=$1 desc="$1, confirmed from elsewhere" look
	start_run apply --yes --health-timeout "$GATE" --confirm=2m "${PLAN[@]}"
	until_waits
	is "$(newest)" waiting "$desc: it waits"
	is "$(timers "$ID")" 'harden-confirm-ID.timer ' "$desc: its timer is there"
	is "$(h systemctl is-active "harden-confirm-$ID.timer")" active "$desc: ... and runs"
	for look in status plan check; do
		like "$(h_harden "$look" 2>&1 || true)" "transaction $ID waits to be confirmed, (2 min|1 min [0-9]+ s) left" \
			"$desc: $look names it"
	done
	exits 5 "$desc: another apply" h_harden apply --yes --only daemon.icc
	like "$OUTPUT" "transaction $ID waits to be confirmed" "$desc: ... is refused by its name"
	exits 0 "$desc: confirm" h_harden confirm
	is "$(run_code)" 0 "$desc: the run ends well"
	like "$(h cat /run/run.out)" "Transaction $ID kept" "$desc: ... and says so"
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	exits 0 "$desc: it is as planned" h_harden plan "${PLAN[@]}" --detailed-exitcode
	no_timer_left "$desc"
	exits 0 "$desc: rollback" rollback
	settled "$desc, rolled back"
}

# counted_down UNIT: the seconds that it still has.
counted_down() {
	h sh -c 'due=$(busctl get-property org.freedesktop.systemd1 "$1" \
			org.freedesktop.systemd1.Timer NextElapseUSecMonotonic | cut -d" " -f2)
		echo $((due / 1000000 - $(cut -d. -f1 /proc/uptime)))' sh \
		"/org/freedesktop/systemd1/unit/$(sed 's/-/_2d/g; s/\./_2e/g' <<<"$1")"
}

test_extended() {
	local suite=$1 desc="$1, more time"
	exits 6 "$desc: it waits" h_harden apply --yes --confirm=20s --no-wait "${SHORT[@]}"
	ID=$(h_harden history --json | jq -r '.transactions[-1].id')
	# as one leaves it that was killed before it noted how much time it gave
	h systemd-run --quiet --unit="harden-confirm-$ID-2" --on-active=1h harden recover
	exits 0 "$desc: it is given" h_harden confirm "$ID" --extend 1m
	is "$(timers "$ID")" 'harden-confirm-ID-2.timer ' "$desc: the later timer stands for it alone"
	ok "$desc: ... and is not one of somebody's that comes later" \
		test "$(counted_down "harden-confirm-$ID-2.timer")" -lt 90
	sleep 21
	is "$(newest)" waiting "$desc: it waits on after its first time"
	exits 0 "$desc: two at once" h sh -c '
		harden confirm --lock-timeout 10s "$1" & first=$!
		harden confirm --lock-timeout 10s "$1" || exit; wait $first' sh "$ID"
	is "$(newest)" committed "$desc: it is kept"
	no_timer_left "$desc"
	exits 0 "$desc: rollback" rollback
	settled "$desc, rolled back"
}

# on_terminal WORD CODE: that word is typed once it waits; the run's own pty, and not that of the test.
on_terminal() {
	local suite=$1 word=$2 code=$3 desc="$1, '$2' is typed"
	h sh -c 'rm -f /run/run.out; : >/run/run.out
		(until grep -q "is applied, and undone in" /run/run.out; do sleep 0.1; done; sleep 1; echo "$1"; sleep 30) |
			timeout 60 script -qefc "harden apply --yes --confirm=5m $2" /run/run.out >/dev/null 2>&1
		echo $? >/run/run.code' sh "$word" "${SHORT[*]}"
	is "$(h cat /run/run.code)" "$code" "$desc: exit code"
	like "$(h cat /run/run.out)" 'waiting to be confirmed, .* yes keeps it, no undoes it now' "$desc: it counts down"
}

test_typed() {
	local suite=$1
	on_terminal "$suite" yes 0
	is "$(newest)" committed "$suite, 'yes' is typed: it is kept"
	exits 0 "$suite, 'yes' is typed: rollback" rollback
	on_terminal "$suite" no 3
	settled "$suite, 'no' is typed"
	no_timer_left "$suite, typed"
}

# --- undone ------------------------------------------------------------------------------------

test_not_confirmed() {
	local suite=$1 desc="$1, nobody confirms"
	start_run apply --yes --health-timeout "$GATE" --confirm=10s "${PLAN[@]}"
	until_waits
	is "$(run_code)" 3 "$desc: exit code"
	like "$(h cat /run/run.out)" 'Failed: it was not confirmed in time' "$desc: it says why"
	like "$(h cat /run/run.out)" 'Put back: the host is as it was' "$desc: ... and what became of it"
	exits 3 "$desc: confirm comes too late" h_harden confirm
	undone_in_time "$desc" 1
	no_timer_left "$desc"
}

test_killed() {
	local suite=$1 desc="$1, killed while it waits"
	start_run apply --yes --health-timeout "$GATE" --confirm=10s "${PLAN[@]}"
	until_waits
	send KILL
	undone_in_time "$desc" 30
	like "$(h journalctl --quiet --boot --unit "harden-confirm-$ID.service")" 'was not confirmed in time; put back' \
		"$desc: the journal tells it"
	no_timer_left "$desc"

	desc="$suite, killed before it waits"
	broken_off_after '1 files' apply --yes --health-timeout "$GATE" --confirm=10s "${PLAN[@]}"
	ok "$desc: it is undone in time" until_newest rolled_back 40
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	settled "$desc"
}

# A dockerd that is frozen at the deadline tells nothing: the undo fails then, and not half a minute later.
test_tried_again() {
	local suite=$1 desc="$1, dockerd is frozen at the deadline" pid
	whole "$suite" || return 0
	exits 6 "$desc: it waits" h_harden apply --yes --health-timeout 1s --confirm=10s --no-wait --only daemon.live-restore
	ID=$(h_harden history --json | jq -r '.transactions[-1].id')
	pid=$(dockerd_pid)
	h kill -s STOP "$pid"
	ok "$desc: it cannot be undone" until_newest stuck 60
	h kill -s CONT "$pid"
	undone_in_time "$desc, thawed" 60
	no_timer_left "$desc, thawed"
}

# A new version of the program is installed in the middle of the run: the timer starts that one.
test_upgraded() {
	local suite=$1 desc="$1, the program is replaced amid the run"
	h cp /usr/local/bin/harden /root/harden
	exits 6 "$desc: it waits" h sh -c '
		/root/harden apply --yes --confirm=10s --no-wait --only file.daemon-json.mode --health-timeout 3s >/run/run.out &
		run=$!
		until grep -q "^  files" /run/run.out; do sleep 0.05; done
		cp /root/harden /root/harden.new
		mv /root/harden.new /root/harden
		wait "$run"'
	undone_in_time "$desc" 30
	h rm /root/harden
}

test_interrupted() {
	local suite=$1 signal desc
	desc="$suite, interrupted while it waits"
	start_run apply --yes --confirm=5m "${SHORT[@]}"
	until_waits
	send INT
	is "$(run_code)" 130 "$desc: exit code"
	settled "$desc"
	for signal in HUP TERM; do
		desc="$suite, SIG$signal while it waits"
		start_run apply --yes --confirm=10s "${SHORT[@]}"
		until_waits
		send "$signal"
		is "$(run_code)" 6 "$desc: exit code"
		is "$(newest)" waiting "$desc: it waits on"
		undone_in_time "$desc" 30
	done
}

# The terminal goes, and what ran on it.
test_terminal_dies() {
	local suite=$1 desc="$1, the terminal dies"
	h sh -c 'rm -f /run/run.code; : >/run/run.out'
	h setsid -f script -qefc "harden apply --yes --confirm=25s ${SHORT[*]}" /run/run.out </dev/null >/dev/null 2>&1
	until_waits
	h pkill -KILL -x script
	h timeout 20 sh -c 'while pgrep -x harden >/dev/null; do sleep 0.2; done' || true
	is "$(h pgrep -x harden || true)" '' "$desc: the run is gone"
	is "$(newest)" waiting "$desc: it waits on"
	undone_in_time "$desc" 40
}

# The word and the deadline meet: one of them counts, whole.
test_at_deadline() {
	local suite=$1 desc trial code
	for trial in 9.6 9.9 10.0 10.1; do
		desc="$suite, confirmed $trial s after a wait of 10 s"
		wait_short 10s
		code=0
		h sh -c 'sleep "$1"; exec harden confirm --lock-timeout 30s "$2"' sh \
			"$(awk -v t="$trial" 'BEGIN { print t - 0.6 }')" "$ID" >/dev/null 2>&1 || code=$?
		until_newest committed 1 || until_newest rolled_back 20 || true
		like "$code $(newest)" '^(0 committed|3 rolled_back)$' "$desc: $code"
		# shellcheck disable=SC2119  # it takes arguments elsewhere
		[[ $code != 0 ]] || rollback >/dev/null
		settled "$desc"
	done
}

test_foreign() {
	local suite=$1 desc="$1, somebody writes while it waits"
	h_harden apply --yes --health-timeout "$GATE" --confirm=10s --no-wait "${PLAN[@]}" >/dev/null || (($? == 6))
	h sed -i 's/{/{"dns": ["192.0.2.1"], /' /etc/docker/daemon.json
	ok "$desc: it is undone in time" until_newest rolled_back 30
	like "$(h cat /etc/docker/daemon.json)" '192\.0\.2\.1' "$desc: their line stays"
	like "$(h_harden history | tail -n 8 | tr -s '\n ' ' ')" "'/etc/docker/daemon.json'.*changed by somebody else" "$desc: ... and is named"
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	h_write /etc/docker/daemon.json 666 <<<'{"debug": false}'
	h systemctl restart docker.service
	h docker start once >/dev/null
	h rm -rf /var/lib/harden
	PIDS=$(pids always once)
	remember_host
}

# Who stopped dockerd cleanly wants it stopped: no way back starts it. Containers run on without it, so that its file
# keeps live-restore for whoever starts it; recover does the rest then.
test_stopped() {
	local suite=$1 desc="$1, dockerd is stopped while it waits" way
	h_harden apply --yes --health-timeout "$GATE" --confirm=10s --no-wait "${PLAN[@]}" >/dev/null || (($? == 6))
	h systemctl stop docker.service docker.socket
	ok "$desc: its time is over" until_newest stuck 40
	is "$(h systemctl is-active docker.service || true)" inactive "$desc: it stays stopped at the deadline"
	exits 4 "$desc: recover leaves it so" h_harden recover
	is "$(h systemctl is-active docker.service || true)" inactive "$desc: ... stopped"
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" 'keeps live-restore: dockerd does not run, and containers do' "$desc: ... and says so"
	h systemctl start docker.socket docker.service
	exits 0 "$desc, started again: recover" h_harden recover
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	settled "$desc"
	for way in undo recover; do
		"stopped_in_$way" "$suite, dockerd is stopped in the gate, $way"
	done
}

# Without live-restore the containers end by that stop, and nothing is to be kept for them.
stopped_in_gate() {
	start_run apply --yes --health-timeout 20s --only daemon.log-limits
	wait_for_phase '1 restart of dockerd'
	h sleep 2
	[[ $1 != recover ]] || send KILL
	h systemctl stop docker.service docker.socket
}

stopped_after() {
	is "$(h systemctl is-active docker.service || true)" inactive "$1: it stays stopped"
	like "$2" "'docker.service' (was stopped by somebody|does not run)" "$1: ... which is said"
	h systemctl start docker.socket docker.service
	h docker start once >/dev/null
	PIDS=$(pids always once)
	settled "$1"
}

stopped_in_undo() {
	stopped_in_gate undo
	is "$(run_code)" 3 "$1: exit code"
	stopped_after "$1" "$(h cat /run/run.out | tr -s ' \n' ' ')"
}

stopped_in_recover() {
	stopped_in_gate recover
	exits 0 "$1: recover" h_harden recover
	stopped_after "$1" "$(tr -s ' \n' ' ' <<<"$OUTPUT")"
}

# Others' daemon.json: with consent dockerd takes what it says; where nobody was asked, what is in force still is told.
test_beside() {
	local suite=$1 desc="$1, another daemon.json, and consent" file=/etc/docker/daemon.json
	wait_for_restart 10m daemon.no-new-privileges --only daemon.live-restore
	h_write "$file" 666 <<<'{"live-restore": true, "dns": ["192.0.2.1"]}'
	exits 5 "$desc: it is asked for" rollback
	like "$OUTPUT" 'dns.*--ack daemon' "$desc: ... by what comes along"
	exits 4 "$desc: and done, but for what their file has" rollback --ack daemon.no-new-privileges --ack daemon.live-restore
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" 'reload of dockerd: left out' "$desc: ... which is named"
	unlike "$(h docker info --format '{{.SecurityOptions}}')" no-new-privileges "$desc: it is out of force"
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"

	desc="$suite, another daemon.json, and nobody"
	wait_for_restart 10s daemon.no-new-privileges
	h_write "$file" 666 <<<'{"live-restore": true, "dns": ["192.0.2.2"]}'
	ok "$desc: it is undone in time" until_newest rolled_back 40
	like "$(h docker info --format '{{.SecurityOptions}}')" no-new-privileges "$desc: dockerd was left alone"
	# live-restore of the one before is in their file, too
	like "$(h_harden status --json | jq -c .left)" '"docker:no-new-privileges"' "$desc: status says so"
	like "$(h_harden status | tr -s ' \n' ' ')" 'is in force still.*ends with its next restart' "$desc: ... and what ends it"
	like "$(h_harden check --only daemon.icc 2>&1 | tr -s ' \n' ' ' || true)" 'in force still: docker:no-new-privileges' "$desc: check as well"
	like "$(h_harden prune --keep 0 --dry-run)" "kept .*: in force" "$desc: prune keeps it"
	exits 0 "$desc: rollback finds it" rollback --ack daemon.no-new-privileges
	unlike "$(h docker info --format '{{.SecurityOptions}}')" no-new-privileges "$desc: ... and puts it out of force"
	unlike "$(h_harden status --json | jq -c .left)" 'docker:' "$desc: nothing is left in force"
	h_write "$file" 666 <<<'{"debug": false}'
	h systemctl restart docker.service
	h docker start once >/dev/null
	h rm -rf /var/lib/harden
	PIDS=$(pids always once)
	remember_host
}

# --- reboots -----------------------------------------------------------------------------------

test_reboots() {
	local suite=$1 desc="$1, a reboot before the deadline"
	# without live-restore, beside which a container that knows no TERM holds up the shutdown for a minute and a half
	wait_short 3m
	"$LAB" reboot "$HOST"
	is "$(newest)" waiting "$desc: it waits on"
	is "$(timers "$ID")" 'harden-confirm-ID-2.timer ' "$desc: a timer of this boot stands for it"
	is "$(h stat -c %a /etc/docker/daemon.json)" 644 "$desc: all is as it was applied"
	exits 0 "$desc: confirm" h_harden confirm
	no_timer_left "$desc"
	exits 0 "$desc: rollback" rollback
	h docker start once >/dev/null
	settled "$desc, rolled back"

	desc="$suite, a power cut, and the deadline in the next boot"
	h_harden apply --yes --health-timeout "$GATE" --confirm=60s --no-wait "${PLAN[@]}" >/dev/null || (($? == 6))
	"$LAB" reboot "$HOST" --cut
	is "$(newest)" waiting "$desc: it waits on"
	is "$(h docker info --format '{{.LiveRestoreEnabled}}')" true "$desc: dockerd runs as it was applied"
	h docker start once >/dev/null
	PIDS=$(pids always once)
	undone_in_time "$desc" 90

	desc="$suite, a power cut that lasts beyond the deadline"
	h_harden apply --yes --health-timeout "$GATE" --confirm=10s --no-wait "${PLAN[@]}" >/dev/null || (($? == 6))
	h systemctl stop 'harden-confirm-*.timer'
	sleep 11
	"$LAB" reboot "$HOST" --cut
	is "$(newest)" rolled_back "$desc: the boot undid it"
	like "$(h journalctl --boot --quiet --unit harden-recover.service)" 'was not confirmed in time; put back' "$desc: ... and says so"
	ok "$desc: ... before dockerd came" h sh -c '[ "$(systemctl show -P ExecMainExitTimestampMonotonic harden-recover.service)" -lt \
		"$(systemctl show -P ExecMainStartTimestampMonotonic docker.service)" ]'
	h docker start once >/dev/null
	settled "$desc"
}

# Who changes to another target has not confirmed anything: the timer counts on.
test_isolated() {
	local suite=$1 desc="$1, another target meanwhile"
	wait_short 40s
	h systemctl isolate multi-user.target
	is "$(timers "$ID")" 'harden-confirm-ID.timer ' "$desc: its timer is there still"
	undone_in_time "$desc" 60
	no_timer_left "$desc"
}

test_refused() {
	local suite=$1 desc="$1, boot recovery is off"
	h systemctl --quiet disable harden-recover.service
	exits 5 "$desc: it is refused" h_harden apply --yes --confirm "${SHORT[@]}"
	like "$OUTPUT" 'systemctl enable harden-recover.service' "$desc: ... with the command"
	h systemctl --quiet enable harden-recover.service
	settled "$desc"
}

# held_back DESC WORDS: its time goes by, and nothing is begun. What ran runs.
held_back() {
	local desc=$1 words=$2 pids
	pids=$(pids always once)
	ok "$desc: it is left to a person" until_newest stuck 60
	# journald takes the words of a program in when it comes to them, which may be after systemd's
	h timeout 10 sh -c 'until journalctl --quiet --unit "$1" | grep -q "needs a person:"; do sleep 0.2; done' sh \
		"harden-confirm-$ID.service" || true
	like "$(h journalctl --quiet --unit "harden-confirm-$ID.service")" "$words" "$desc: ... who is told why"
	is "$(pids always once)" "$pids" "$desc: every container has its process"
	is "$(h docker inspect --format '{{.State.Running}}' always)" true "$desc: ... and dockerd has them"
}

# What came while it waits, and the restart on the way back would bring about: nobody has consented to it.
test_came_since() {
	local suite=$1 desc
	desc="$suite, dockerd's flags changed meanwhile"
	wait_for_restart 20s daemon.no-new-privileges
	h sh -c 'cp -a /etc/default/docker /root/ && echo "DOCKER_OPTS=\"-H tcp://0.0.0.0:2375\"" >>/etc/default/docker'
	held_back "$desc" "/etc/default/docker"
	is "$(h ss -Hltn 'sport = 2375')" '' "$desc: nobody listens"
	h cp -a /root/docker /etc/default/docker
	exits 0 "$desc: recover, once it is taken out" h_harden recover
	settled "$desc"

	desc="$suite, a swarm was made meanwhile"
	wait_for_restart 20s daemon.no-new-privileges
	h docker swarm init --advertise-addr 127.0.0.1 >/dev/null
	held_back "$desc" 'this host is in a swarm by now'
	is "$(h grep -c live-restore /etc/docker/daemon.json)" 0 "$desc: dockerd could start again"
	h docker swarm leave --force >/dev/null
	h docker network rm docker_gwbridge >/dev/null
	exits 0 "$desc: recover, once it has left it" h_harden recover
	settled "$desc"

	desc="$suite, containers under other users came meanwhile"
	h docker rm --force always once >/dev/null
	wait_for_restart 40s daemon.userns-remap --level 2 --ack daemon.userns-remap
	image_import
	container_run always --stop-signal KILL --restart always -- /bin/sleep 10000
	container_run once --stop-signal KILL -- /bin/sleep 10000
	held_back "$desc" 'userns-remap is put back: (always, once|once, always)'
	"$LAB" reboot "$HOST" --cut
	is "$(newest)" stuck "$desc, and a power cut: it is left to a person still"
	like "$(h journalctl --boot --quiet --unit harden-recover.service)" 'userns-remap is put back: always;' "$desc: ... and why"
	is "$(h docker inspect --format '{{.State.Running}}' always)" true "$desc: ... dockerd has brought its container up"
	h docker rm --force always once >/dev/null
	exits 0 "$desc: recover, once they are gone" h_harden recover
	as_before "$desc: files as before"
	is "$(h docker info --format '{{.DockerRootDir}}')" /var/lib/docker "$desc: dockerd has its own users again"
	is "$(count_open)" 0 "$desc: status has nothing open"
}

# No way back begins where something came since; while there is time left, it waits as before.
test_objected() {
	local suite=$1 desc="$1, a swarm was made, and it is taken back by a signal" plan=(--health-timeout 1s --only daemon.no-new-privileges)
	PIDS=$(pids always once)
	start_run apply --yes --confirm=10m "${plan[@]}"
	until_waits
	h docker swarm init --advertise-addr 127.0.0.1 >/dev/null
	send INT
	is "$(run_code)" 6 "$desc: exit code"
	like "$(h cat /run/run.out)" 'not undone: .*this host is in a swarm by now' "$desc: it says why"
	exits 5 "$desc: rollback" rollback
	like "$OUTPUT" 'refused: .*this host is in a swarm by now' "$desc: ... says why"
	is "$(newest)" waiting "$desc: it waits on"
	h docker swarm leave --force >/dev/null
	h docker network rm docker_gwbridge >/dev/null
	exits 0 "$desc: rollback, once it has left it" rollback
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	settled "$desc"

	desc="$suite, a swarm was made, and 'no' and 'yes' are typed"
	h sh -c 'rm -f /run/run.out; : >/run/run.out
		timeout 180 sh -c "until grep -q \"is applied, and undone in\" /run/run.out; do sleep 0.1; done
			docker swarm init --advertise-addr 127.0.0.1 >/dev/null; sleep 1; echo no
			until grep -q \"not undone:\" /run/run.out; do sleep 0.1; done; sleep 1; echo yes; sleep 30" |
			timeout 180 script -qefc "harden apply --yes --confirm=5m $1" /run/run.out >/dev/null 2>&1
		echo $? >/run/run.code' sh "${plan[*]}"
	like "$(h cat /run/run.out)" 'not undone: .*this host is in a swarm by now' "$desc: it says why"
	is "$(h cat /run/run.code)" 0 "$desc: exit code"
	is "$(newest)" committed "$desc: it is kept"
	h docker swarm leave --force >/dev/null
	h docker network rm docker_gwbridge >/dev/null
	exits 0 "$desc: rollback" rollback
	settled "$desc, rolled back"
}

# wait_for_restart DURATION CONTROL [ARG...]: one that restarted dockerd waits so long; sets ID.
wait_for_restart() {
	h_harden apply --yes --confirm="$1" --no-wait --health-timeout 1s --only "${@:2}" >/dev/null || (($? == 6))
	ID=$(h_harden history --json | jq -r '.transactions[-1].id')
}

# What others had written for systemd to read, and a person consented to by its name, is loaded on the way: no news.
test_was_named() {
	local suite=$1 desc="$1, a drop-in of somebody's waits to be read" conf=/etc/systemd/system/docker.service.d/50-site.conf
	local args=(--baseline docker-host --baseline /root/socket.yaml --only lab.socket)
	h_write /root/socket.yaml 600 <<-'X'
		baseline: lab
		version: "1"
		title: the mode of the socket
		controls:
		  - id: lab.socket
		    severity: low
		    title: the mode of the socket
		    resources:
		      - systemd-dropin: { unit: docker.socket, section: Socket, key: SocketMode, value: "0600" }
	X
	h mkdir -p "${conf%/*}"
	h_write "$conf" 644 <<<$'[Service]\nEnvironment=DOCKER_OPTS=--max-concurrent-downloads=4'
	h docker rm --force always once >/dev/null 2>&1 || true # run alone, it has them yet
	exits 0 "$desc: it is held back" h_harden apply --yes "${args[@]}"
	like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" "50-site.conf' is not loaded" "$desc: ... and its name is told"
	exits 0 "$desc: it is applied with consent" h_harden apply --yes --health-timeout 1s --ack lab.socket "${args[@]}"
	like "$(h ps -o args= -C dockerd)" '--max-concurrent-downloads=4' "$desc: ... with what was consented to"
	exits 0 "$desc: rollback" rollback
	h rm -r "${conf%/*}"
	h systemctl daemon-reload
	h systemctl restart docker.service
}

# the last but one removes the containers
CASES=(refused confirmed extended typed not_confirmed killed tried_again upgraded interrupted terminal_dies at_deadline isolated foreign stopped beside reboots objected came_since was_named)
FEW=(confirmed reboots) # where systemd and its timers are of another version

for suite in "${SUITES[@]}"; do
	prepare_host "$suite"
	cases=("${FEW[@]}")
	! whole "$suite" || cases=("${CASES[@]}")
	for t in "${@:-"${cases[@]}"}"; do
		"test_$t" "$suite"
	done
	host_stop
done
