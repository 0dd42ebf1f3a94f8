#!/bin/bash
#
# The matrix of docs/dockerd-states.md: dockerd in every state that it may be in, on a host with and
# without containers, under each command. Its rows are the expectations; whatever they say, in each
# row the containers keep their processes, what was not read does not pass, what is held is not
# applied, what is in force is not said to be undone, and a run that ends 5 has written nothing.
#
# HARDEN_MATRIX=all (and HARDEN_LAB_WHOLE=1) runs every row, a word only those of the states that match it; the rest of the
# time is what CI has. HARDEN_MATRIX_SHOW=yes prints what each row did, as rows.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"
# shellcheck source=matrix-states.sh
. "$(dirname "$0")/matrix-states.sh"

TABLE=$LAB_DIR/../../docs/dockerd-states.md
MATRIX=${HARDEN_MATRIX-${HARDEN_LAB_WHOLE:+all}}
MATRIX=${MATRIX:-share}
SELECTION=(--only daemon.icc --only daemon.no-new-privileges --only daemon.live-restore --only daemon.config)

# rows STATE HOST COMMAND: "CODE|WORDS" of the table.
row_of() {
	awk -F' *[|] *' -v s="$1" -v h="$2" -v c="$3" '$2 == s && $3 == h && $4 == c { print $5 "|" $6; exit }' "$TABLE"
}

# In CI: the host with containers in full, and of the empty one what differs most.
is_taken() {
	case $MATRIX in
	all) true ;;
	share)
		case $1 in
		stopped | frozen) true ;;
		starting) [[ $2 == containers ]] && whole "$SUITE" ;;
		*) [[ $2 == containers ]] ;;
		esac
		;;
	*) [[ $1 == "$MATRIX" ]] ;;
	esac
}

# --- the host ----------------------------------------------------------------------------------

# A crash loop that goes on, and a reload that takes its time where it is told to.
prepare_unit() {
	h mkdir -p /etc/systemd/system/docker.service.d /etc/docker
	h_write /etc/systemd/system/docker.service.d/matrix.conf <<-'END'
		[Unit]
		StartLimitIntervalSec=0
	END
	ship_lines $'ExecReload=\nExecReload=/bin/sh -c \'[ ! -e /run/slow-reload ] || { rm /run/slow-reload; sleep 4; }; kill -HUP $MAINPID\''
	h systemctl restart docker.service
}

prepare_containers() {
	image_import
	container_run keep -- /bin/sleep 100000
	container_run pub --publish 8099:80 --restart unless-stopped -- /bin/httpd -f
}

keep_fixture() {
	h sh -c 'rm -rf "/root/$1"; mkdir "/root/$1"; cp -a /var/lib/harden /etc/docker "/root/$1/"' sh "$1"
}

# fixture NAME: its ledger and its files of dockerd, whatever dockerd has in force.
fixture() {
	h sh -c 'rm -rf /var/lib/harden /etc/docker; cp -a "/root/$1/harden" /var/lib/; cp -a "/root/$1/docker" /etc/' sh "$1"
}

# "applied": live-restore was applied and is in force. "broken": its rollback died in its reload.
make_fixtures() {
	apply --only daemon.live-restore >/dev/null
	keep_fixture applied
	h touch /run/slow-reload
	start_run rollback --yes --health-timeout "$GATE"
	h timeout 30 sh -c 'until [ "$(systemctl is-active docker.service)" = reloading ]; do sleep 0.05; done'
	send KILL
	run_code >/dev/null
	keep_fixture broken
	leave_reloading
	settle
}

# What dockerd has, on whichever socket it listens.
in_force() {
	h sh -c 's=/run/docker.sock; [ ! -S /run/other.sock ] || s=/run/other.sock
		docker -H "unix://$s" info --format "{{.LiveRestoreEnabled}}"'
}

# dockerd as it was before every row, its containers alive.
settle() {
	local i
	# a crash loop must not meet the files half exchanged
	h sh -c 'systemctl --quiet is-active docker.service || systemctl --quiet stop docker.socket docker.service'
	fixture applied
	# one that runs without live-restore is told of it first
	h sh -c '! systemctl --quiet is-active docker.service || systemctl reload docker.service'
	for ((i = 0; i < 100; i++)); do
		[[ $(h systemctl is-active docker.service || true) == active && $(in_force 2>/dev/null) == false ]] || break
		sleep 0.1
	done
	h systemctl reset-failed docker.service docker.socket
	h systemctl --quiet stop docker.service
	h systemctl --quiet start docker.socket docker.service
}

# Their first processes, with the moments of their starts: a number alone may be used again.
lives() {
	# shellcheck disable=SC2086  # several
	h sh -c 'for p; do cut -d" " -f1,22 "/proc/$p/stat"; done' sh $PIDS 2>&1 | tr '\n' ' '
}

digest_host() {
	h sh -c 'find /etc/docker /etc/systemd/system /etc/audit /etc/passwd /var/lib/harden/txn -type f -exec sha256sum {} + | sort'
}

# --- a row -------------------------------------------------------------------------------------

run_command() {
	case $1 in
	plan) h_harden plan "${SELECTION[@]}" ;;
	check) h_harden check "${SELECTION[@]}" ;;
	apply) apply "${SELECTION[@]}" ;;
	rollback) h_harden rollback --yes --health-timeout "$GATE" ;;
	recover) h_harden recover ;;
	esac
}

faults() {
	printf '%s\n' "$@" >>"$WORK/faults"
}

# What was not read has not passed: neither by the exit code nor by a verdict.
judge_unread() {
	local state=$1 command=$2
	is_told "$state" && return
	[[ $command != check || $CODE != 0 ]] || faults 'check ends 0'
	[[ $command == plan ]] || return 0
	h_harden plan --json "${SELECTION[@]}" | jq -r '.plan.findings[] | select(.verdict == "pass") | .control' |
		grep -E 'icc|no-new-privileges' >"$WORK/passed" && faults "passed: $(xargs <"$WORK/passed")"
	return 0
}

judge_held() {
	local control key
	for control in daemon.icc daemon.no-new-privileges; do
		key=${control#daemon.}
		[[ $SAID == *"! $control "* && $(h cat /etc/docker/daemon.json 2>/dev/null || true) == *"\"$key\""* ]] &&
			faults "$control is held, and in the file"
	done
	return 0
}

# Called when dockerd can be asked again, and was not started anew.
judge_undone() {
	[[ $COMMAND == rollback && $CODE == 0 && $SAID != *'not known whether dockerd has'* ]] || return 0
	[[ $(in_force) == false ]] || faults 'undone, and in force'
}

judge() {
	local state=$1 command=$2
	[[ $(lives) == "$LIVES" ]] || faults "containers: $LIVES became $(lives)"
	judge_unread "$state" "$command"
	judge_held
	[[ $CODE != 5 || $(digest_host) == "$BEFORE" ]] || faults "it ends 5 and wrote"
}

# try STATE HOST COMMAND: in that state already.
try() {
	local state=$1 host=$2 command=$3 want desc
	COMMAND=$command CODE=0
	desc="$SUITE, $state, $host: $command"
	want=$(row_of "$state" "$host, $SUITE" "$command")
	[[ -n $want ]] || want=$(row_of "$state" "$host" "$command")
	: >"$WORK/faults"
	BEFORE=$(digest_host)
	SAID=$(run_command "$command" 2>&1 </dev/null) || CODE=$?
	grep -v 'boot recovery is not switched on' <<<"$SAID" >"$WORK/said" || true
	SAID=$(tr -s ' \n' ' ' <"$WORK/said")
	[[ -z ${HARDEN_MATRIX_SHOW-} ]] || printf '# | %s | %s | %s | %s | %s |\n' "$state" "$host" "$command" "$CODE" "$SAID"
	judge "$state" "$command"
	if [[ -n $want && $CODE == "${want%%|*}" && $SAID == *"${want#*|}"* ]]; then
		pass "$desc ends $CODE"
	else
		fail "$desc ends as the table says" <<<"code $CODE, wanted: $want"$'\n'"$(cat "$WORK/said")"
	fi
}

invariants() {
	is "$(cat "$WORK/faults")" '' "$1: nobody was harmed or deceived"
}

# The other commands tell of that state without a crash, and count nothing that they did not see.
try_others() {
	local state=$1 host=$2 command code out
	: >"$WORK/faults"
	for command in status history facts 'explain daemon.icc'; do
		code=0
		# shellcheck disable=SC2086
		out=$(h_harden $command 2>&1 </dev/null) || code=$?
		((code == 0)) || faults "$command ends $code"
		[[ $command != facts || $host == empty ]] || is_told "$state" || [[ $out =~ containers\ +not\ known ]] ||
			faults "facts: $(grep -E '^ *containers' <<<"$out" || true)"
	done
	invariants "$SUITE, $state, $host: status, history, facts, explain"
}

# Where a command changed something, the next one begins in the same state anew.
again() {
	[[ $(digest_host) != "$CLEAN" ]] || return 0
	state_do leave "$1"
	settle
	state_do enter "$1"
	state_do under "$1"
	CLEAN=$(digest_host)
}

try_recover() {
	local state=$1 host=$2
	if [[ $state == crash-looping* ]]; then
		docker_stop
		fixture broken
		crash "$state"
	else
		fixture broken
		state_do under "$state"
	fi
	[[ $state != starting ]] || h setsid -f sh -c 'sleep 8; rm -f /run/hold-start' # it waits for that
	try "$state" "$host" recover
	state_do leave "$state"
	invariants "$SUITE, $state, $host: recover"
}

run_state() {
	local state=$1 host=$2 command
	state_do enter "$state"
	CLEAN=$(digest_host)
	try_others "$state" "$host"
	for command in plan check apply rollback; do
		[[ $state != reloading ]] || state_do under reloading
		try "$state" "$host" "$command"
		if [[ $command == rollback ]]; then
			case $state in
			frozen | hung | 'without libcurl' | reloading | starting) state_do leave "$state" && judge_undone && state_do enter "$state" ;;
			running | 'other socket') judge_undone ;;
			esac
		fi
		invariants "$SUITE, $state, $host: $command"
		again "$state"
	done
	try_recover "$state" "$host"
	settle
	is "$(lives)" "$LIVES" "$SUITE, $state, $host: afterwards the containers run on"
}

test_matrix() {
	local host=$2 state taken=()
	SUITE=$1
	for state in "${STATES[@]}"; do
		! is_taken "$state" "$host" || taken+=("$state")
	done
	((${#taken[@]} > 0)) || return 0
	host_start "$SUITE"
	prepare_unit
	PIDS=
	[[ $host == empty ]] || prepare_containers
	[[ $host == empty ]] || PIDS=$(pids keep pub)
	LIVES=$(lives)
	make_fixtures
	for state in "${taken[@]}"; do
		run_state "$state" "$host"
	done
	host_stop
}

for suite in "${SUITES[@]}"; do
	test_matrix "$suite" containers
	test_matrix "$suite" empty
done
