#!/bin/bash
#
# A run that is asked to stop, or that fails: by a signal at any time, a dockerd that dies, a systemd
# that refuses, a disk that is full or read-only. The host is afterwards as it was before, its
# containers have their processes, and the exit code says which of it happened.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

# A reload, a restart, a new file and a mode: every step of a run is in it.
PLAN=(--only daemon.live-restore --only daemon.log-limits --only file.daemon-json.mode --only audit.dockerd)

# --- signals --------------------------------------------------------------------------------

# until_restart_runs: systemd has the job and dockerd is not ready yet (or, on a busy machine, is).
until_restart_runs() {
	h timeout 240 sh -c 'until systemctl list-jobs | grep -q "docker\.service.*running" ||
		grep -q "^  restart of dockerd" /run/run.out || [ -e /run/run.code ]; do sleep 0.01; done'
}

# signalled SUITE SIGNAL CODE WHEN CMD...: CMD waits for the moment. The gate would watch for an
# hour: a run that waits for its end, or for that of the restart, does not end here.
signalled() {
	local suite=$1 signal=$2 code=$3 desc="$1, SIG$2 $4"
	start_run apply --yes --health-timeout 1h "${PLAN[@]}"
	"${@:5}"
	send "$signal"
	is "$(run_code)" "$code" "$desc: exit code"
	like "$(h cat /run/run.out)" 'interrupted by signal' "$desc: it says why"
	like "$(h cat /run/run.out)" 'Put back: the host is as it was' "$desc: ... and what became of it"
	is "$(newest)" rolled_back "$desc: history says rolled back"
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	settled "$desc"
}

test_signals() {
	local suite=$1
	signalled "$suite" INT 130 'before the first change' wait_for_phase '1 snapshot'
	signalled "$suite" TERM 143 'between reload and restart' wait_for_phase '1 reload of dockerd'
	signalled "$suite" HUP 129 'before the restart' wait_for_phase '2 files'
	signalled "$suite" INT 130 'during the restart' until_restart_runs
	signalled "$suite" TERM 143 'during the restart' until_restart_runs
	signalled "$suite" INT 130 'while it is watched' wait_for_phase '1 restart of dockerd'
	signalled "$suite" TERM 143 'while it is watched' wait_for_phase '1 restart of dockerd'
	signalled "$suite" HUP 129 'while it is watched' wait_for_phase '1 restart of dockerd'
}

# What dockerd does not take back with the setting is named, by the run that put back and by status.
test_left_behind() {
	local suite=$1 desc="$1, SIGTERM while userland-proxy=false is watched" key=net.ipv4.conf.docker0.route_localnet
	start_run apply --yes --health-timeout 1h --only daemon.live-restore,daemon.userland-proxy --ack daemon.userland-proxy
	wait_for_phase '1 restart of dockerd'
	send TERM
	is "$(run_code)" 143 "$desc: exit code"
	like "$(h cat /run/run.out)" 'Put back, but for what is named here' "$desc: not all is as it was"
	like "$(h cat /run/run.out)" "$key is 1" "$desc: ... and what is not is named"
	like "$(h_harden status)" "$key is 1" "$desc: status names it, too"
	h sysctl -q -w "$key=0"
	unlike "$(h_harden status)" "$key" "$desc: taken back, it is not named any more"
}

# A rollback that is asked to stop puts back, too: what it began to undo.
test_signalled_rollback() {
	local suite=$1 desc="$1, SIGTERM to a rollback"
	apply "${PLAN[@]}" >/dev/null
	start_run rollback --yes --health-timeout 1h
	wait_for_phase '1 restart of dockerd'
	send TERM
	is "$(run_code)" 143 "$desc: exit code"
	exits 0 "$desc: all is as it was applied" h_harden plan "${PLAN[@]}" --detailed-exitcode
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	exits 0 "$desc: rollback" rollback
	settled "$desc, rolled back"
}

# Before there is anything to put back, a signal ends the run at once.
test_signal_before() {
	local suite=$1 desc="$1, SIGTERM while planning" count
	count=$(h_harden history --json | jq '.transactions | length')
	is "$(h sh -c 'harden apply --yes "$@" >/dev/null 2>&1 & sleep 0.01; kill -s TERM $!; wait $!; echo $?' sh "${PLAN[@]}" 2>/dev/null)" \
		143 "$desc: exit code"
	is "$(h_harden history --json | jq '.transactions | length')" "$count" "$desc: no transaction"
	settled "$desc"
}

# --- what else fails ----------------------------------------------------------------------------

test_dockerd_dies() {
	local suite=$1 desc="$1, dockerd killed while it is watched" was
	was=$(dockerd_pid)
	start_run apply --yes --health-timeout 10s "${PLAN[@]}"
	kill_new_dockerd "$was"
	is "$(run_code)" 3 "$desc: exit code"
	like "$(h cat /run/run.out)" 'docker.service does not stay up' "$desc: it says why"
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	settled "$desc"
}

# A start takes a while, so that it can be met between its beginning and dockerd's.
slow_start() {
	ship_lines 'ExecStartPre=/bin/sleep 2'
	remember_host
}

slow_start_over() {
	unship_lines
	remember_host
}

# mask_within WAY: while the run stands between reload and restart, or dockerd is down between its
# stop and its start.
mask_within() {
	wait_for_phase '1 reload of dockerd'
	if [[ $1 == stopped ]]; then
		send STOP
	else
		h timeout 60 sh -c 'until [ "$(systemctl is-active docker.service)" = activating ]; do sleep 0.01; done'
	fi
	h systemctl --quiet mask --runtime docker.service
	[[ $1 != stopped ]] || send CONT
}

live_kept() {
	like "$(h cat /etc/docker/daemon.json)" '^\{"debug": false, "live-restore": true\}$' "$1"
}

# In the middle of a run neither the restart is made nor, as must be said, the one that would put the
# old values back. Containers live on, with dockerd or without, so the file keeps live-restore for
# the next start, by whomever. Unmasked, recover finishes it; also where somebody was faster.
masked_amid() {
	local suite=$1 way=$2 desc="$1, docker.service is masked in the middle ($2)"
	start_run apply --yes --health-timeout "$GATE" "${PLAN[@]}"
	mask_within "$way"
	is "$(run_code)" 4 "$desc: exit code"
	like "$(h cat /run/run.out)" "daemon.json' keeps live-restore" "$desc: it says what it left"
	like "$(h cat /run/run.out)" 'docker.service.* is.* masked' "$desc: ... and why"
	is "$(newest)" stuck "$desc: history says that a person is needed"
	live_kept "$desc: the file has live-restore"
	exits 4 "$desc: recover can do nothing yet" h_harden recover
	live_kept "$desc: ... and leaves the file so"
	h systemctl --quiet unmask --runtime docker.service
	[[ $way != started ]] || h systemctl start docker.service
	exits 0 "$desc, no more: recover" h_harden recover
	is "$(pids always once)" "$PIDS" "$desc, no more: every container has its process"
	settled "$desc, no more"
}

# systemd takes no job for docker.service: before the run it refuses.
test_masked() {
	local suite=$1 desc="$1, docker.service is masked" way
	h systemctl --quiet mask --runtime docker.service
	unlike "$(planned "${PLAN[@]}")" 'daemon\.log|live-restore' "$desc before: nothing of dockerd is planned"
	like "$(h_harden plan "${PLAN[@]}" 2>&1)" 'docker.service is masked' "$desc before: ... and the plan says why"
	h systemctl --quiet unmask --runtime docker.service
	slow_start
	for way in stopped down started; do
		masked_amid "$suite" "$way"
	done
	like "$(planned "${PLAN[@]}")" 'daemon\.log-limits' "$desc no more: harden knows what it started, and plans again"
	slow_start_over
}

# A dockerd that is frozen is active, and told nothing by a signal: what it has in force stays in its file.
test_frozen() {
	local suite=$1 desc="$1, recover beside a frozen dockerd" pid
	whole "$suite" || return 0 # nothing of it is one suite's
	broken_off_after '1 reload of dockerd' apply --yes --health-timeout "$GATE" --only daemon.live-restore
	pid=$(dockerd_pid)
	h kill -s STOP "$pid"
	exits 4 "$desc: exit code" h_harden recover
	like "$OUTPUT" "keeps live-restore" "$desc: it says what it left"
	live_kept "$desc: the file has live-restore"
	h kill -s CONT "$pid"
	is "$(h docker info --format '{{.LiveRestoreEnabled}}')" true "$desc, thawed: live-restore is in force"
	live_kept "$desc, thawed: ... and in the file"
	exits 0 "$desc, thawed: recover" h_harden recover
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	settled "$desc"
}

# job_begins: systemd has one for docker.service, of the run or, behind its wait, of the timer's.
job_begins() {
	h timeout 60 sh -c 'until systemctl list-jobs | grep -q "docker\.service"; do sleep 0.01; done'
}

# started_times DESC N: systemd has started dockerd so often since the cursor in /run/cursor.
started_times() {
	is "$(h sh -c 'journalctl --quiet --output=cat --unit=docker.service --after-cursor="$(cat /run/cursor)" |
		grep -c "^Started docker"')" "$2" "$1"
}

mark_journal() {
	h sh -c "journalctl --quiet --lines=0 --show-cursor | sed -n 's/^-- cursor: //p' >/run/cursor"
}

# What the packages of systemd and of the C library do: it closes all connections in the middle of a job.
test_reexec() {
	local suite=$1 desc="$1, systemd executes itself anew"
	whole "$suite" || return 0
	slow_start
	mark_journal
	start_run apply --yes --health-timeout 1s --only daemon.live-restore --only daemon.log-limits
	until_restart_runs
	h systemctl daemon-reexec
	is "$(run_code)" 0 "$desc during the restart: exit code"
	h journalctl --sync
	started_times "$desc during the restart: dockerd was restarted once" 1
	exits 0 "$desc during the restart: it is as planned" h_harden plan --only daemon.live-restore --only daemon.log-limits --detailed-exitcode
	exits 0 "$desc during the restart: rollback" rollback
	exits 6 "$desc on the way back: it waits" h_harden apply --yes --health-timeout 1s --confirm=10s --no-wait \
		--only daemon.live-restore --only daemon.no-new-privileges
	mark_journal
	job_begins
	h systemctl daemon-reexec
	ok "$desc on the way back: it is undone in time" until_newest rolled_back 60
	h journalctl --sync
	started_times "$desc on the way back: dockerd was restarted once" 1
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	is "$(h systemctl list-units --all --no-legend 'harden-confirm-*.timer')" '' "$desc: no timer is left"
	slow_start_over
	settled "$desc"
}

# Without systemd's own socket there is still the bus; without both nothing could be put in force.
test_sockets_gone() {
	local suite=$1 desc="$1, systemd's socket is gone"
	h mv /run/systemd/private /run/systemd/private.away
	exits 0 "$desc: apply goes by the bus" apply "${PLAN[@]}"
	exits 0 "$desc: so does rollback" rollback
	h mv /run/dbus/system_bus_socket /run/dbus/system_bus_socket.away
	refused "$desc, the bus too" 5 'cannot connect to systemd' apply "${PLAN[@]}"
	h mv /run/dbus/system_bus_socket.away /run/dbus/system_bus_socket
	h mv /run/systemd/private.away /run/systemd/private
	settled "$desc, the bus too"
}

# refused DESC CODE WORDS CMD...: nothing is touched, no transaction is left, no staged file.
refused() {
	local desc=$1 code=$2 words=$3 got=0 directories
	shift 3
	directories=$(h sh -c 'ls /var/lib/harden/txn | wc -l')
	OUTPUT=$("$@" 2>&1 </dev/null) || got=$?
	like "$got" "^$code\$" "$desc: exit code"
	like "$OUTPUT" "$words" "$desc: it says why"
	is "$(h sh -c 'ls /var/lib/harden/txn | wc -l')" "$directories" "$desc: no transaction is left"
}

test_state_full() {
	local suite=$1 desc="$1, no room for the undo data"
	h sh -c 'cp -a /var/lib/harden/running.json /run/ && mount -t tmpfs -o size=16k,mode=700 tmpfs /var/lib/harden &&
		mkdir -m 700 /var/lib/harden/txn && mv /run/running.json /var/lib/harden/' # what was seen of dockerd
	refused "$desc" 5 'bytes free, and' apply "${PLAN[@]}"
	h umount /var/lib/harden
	settled "$desc"
}

# One page, and it is taken: nothing can be staged beside the target.
test_target_full() {
	local suite=$1 desc="$1, no room beside daemon.json"
	h sh -c 'cp -a /etc/docker /run/docker-directory && mount -t tmpfs -o size=4k,mode=755 tmpfs /etc/docker &&
		cp -a /run/docker-directory/daemon.json /etc/docker/'
	refused "$desc" 5 "file system of '/etc/docker.*bytes free, and" apply "${PLAN[@]}"
	is "$(h ls -A /etc/docker)" daemon.json "$desc: no staged file is left"
	h umount /etc/docker
	h rm -r /run/docker-directory
	settled "$desc"
}

test_read_only() {
	local suite=$1 desc="$1, /etc is read-only"
	h sh -c 'mount --bind /etc /etc && mount -o remount,bind,ro /etc'
	refused "$desc" 5 'mounted read-only' apply "${PLAN[@]}" --ack daemon.live-restore
	h umount /etc
	settled "$desc"
}

# --- inside the window of each of systemd's jobs --------------------------------------------

# Rounds a suite: a share for every run; HARDEN_ROUNDS=200 before a release (tests/CAMPAIGNS.md).
ROUNDS=${HARDEN_ROUNDS:-4}

# The jobs take longer on this host, so that a signal finds each of them under way.
slow_host() {
	prepare_host "$1"
	h mkdir -p /root/window
	ship_lines $'ExecReload=/bin/sleep 0.4\nExecStartPost=/bin/sleep 0.4'
	h_write /root/window/site.yaml <<-'X'
		baseline: window
		version: "1"
		title: what needs each of systemd's jobs
		controls:
		  - id: window.daemon-reload
		    severity: low
		    title: a limit of containerd
		    resources:
		      - systemd-dropin: { unit: containerd.service, section: Service, key: LimitMEMLOCK, value: "8M" }
		  - id: window.socket
		    severity: low
		    title: the mode of the socket
		    resources:
		      - systemd-dropin: { unit: docker.socket, section: Socket, key: SocketMode, value: "0600" }
	X
	remember_host
}

# until_state STATE...: docker.service is in one of them, or the run has ended.
until_state() {
	h timeout 60 sh -c 'until [ -s /run/run.code ] || case " $* " in *" $(systemctl is-active docker.service) "*) ;; *) false ;; esac; do sleep 0.01; done' sh "$@"
}

# window_round SUITE N: a run is signalled or killed at some moment of one job. What it then says is
# true (put back, or kept), a recovery finishes it, and no container has lost its process.
window_round() {
	local suite=$1 n=$2 job signal args=(--baseline docker-host --baseline /root/window/site.yaml) code desc
	job=$(set -- reload restart daemon-reload socket && shift $((n % 4)) && echo "$1")
	signal=$(set -- KILL TERM INT HUP && shift $((n / 4 % 4)) && echo "$1")
	desc="$suite, round $n: SIG$signal in $job"
	case $job in
	reload | restart) args=("${PLAN[@]}") ;;
	*) args+=(--only daemon.live-restore --only "window.$job") ;;
	esac
	start_run apply --yes --health-timeout 1s "${args[@]}"
	case $job in
	reload) until_state reloading ;;
	daemon-reload) wait_for_phase '1 files' ;;
	*) wait_for_phase '1 reload of dockerd' && until_state deactivating activating ;;
	esac
	h sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
	h sh -c 'kill -s "$1" "$(cat /run/run.pid)" 2>/dev/null' sh "$signal" || : # it was faster
	code=$(run_code)
	like "$code" '^(0|129|130|137|143)$' "$desc: exit code $code"
	exits 0 "$desc: recover" h_harden recover
	[[ $(newest) != committed ]] || exits 0 "$desc: kept before the signal, rolled back" rollback
	is "$(pids always once)" "$PIDS" "$desc: every container has its process"
	settled "$desc"
}

test_windows() {
	local suite=$1 n
	host_stop
	slow_host "$suite"
	RANDOM=${HARDEN_SEED:-4711}
	for ((n = 0; n < ROUNDS; n++)); do
		window_round "$suite" "$n"
	done
}

# Somebody takes the file's directory away while dockerd is down for our restart: it comes up without
# live-restore and ends containers. They are named, and a recovery closes it.
directory_taken() {
	local suite=$1 desc="$1, /etc/docker taken during the restart, $2" said
	h sh -c 'setsid -f sh -c "while kill -0 $1; do :; done; rm -rf /etc/docker; mkdir -p /etc/docker/theirs" >/dev/null 2>&1' sh "$(dockerd_pid)"
	exits 4 "$desc: apply fails" apply --only daemon.live-restore --only daemon.no-new-privileges
	said=$(tr -s ' \n' ' ' <<<"$OUTPUT")
	like "$said" "container 'once' (was stopped|ended)" "$desc: it names who was stopped"
	like "$said" "container 'always' (was stopped|ended)" "$desc: ... and who came back"
	exits 0 "$desc: ${*:3}" h_harden "${@:3}"
	is "$(count_open)" 0 "$desc: status has nothing open"
	ok "$desc: what they put there stays" h test -d /etc/docker/theirs
	is "$(h find /etc/docker -name '.*.harden-*')" '' "$desc: nothing is staged"
	is "$(h docker info --format '{{.LiveRestoreEnabled}}')" false "$desc: live-restore is not in force"
	exits 0 "$desc: plan works" h_harden plan
}

test_directory_taken() {
	[[ $1 == forky ]] || return 0 # seen alike on all three
	directory_taken "$1" 'with a file of the site' recover --on-conflict keep
	h sh -c 'rm -rf /etc/docker && mkdir /etc/docker && systemctl restart docker.service && docker start once' >/dev/null
	directory_taken "$1" 'with no file before' recover
}

# The last one has a host of its own; what the one before it does to its host stays.
CASES=(signals left_behind signalled_rollback signal_before dockerd_dies reexec sockets_gone state_full target_full read_only masked frozen directory_taken windows)
FEW=(signals left_behind signalled_rollback signal_before dockerd_dies sockets_gone masked windows) # of systemd's, or dockerd's, version

for suite in "${SUITES[@]}"; do
	prepare_host "$suite"
	cases=("${FEW[@]}")
	! whole "$suite" || cases=("${CASES[@]}")
	for t in "${@:-"${cases[@]}"}"; do
		"test_$t" "$suite"
	done
	host_stop
done
