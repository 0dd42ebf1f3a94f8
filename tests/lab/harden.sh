# shellcheck shell=bash
#
# harden.sh - what the tests of harden itself share, on top of lib.sh: planted hosts, gates that
# are short, and what "as before" means. Source it after lib.sh.

# The health gate watches for 30 s by default; what the tests provoke shows within three.
GATE=3s

# What a rollback must bring back. dockerd itself writes key.json (20.10), so that is its own.
TREES=(/etc /usr/lib/systemd /usr/local /run/systemd/system)
# Directories' times change when files are exchanged in them; /etc/docker/key.json is dockerd's.
NOT_OURS='^(/etc/docker/key\.json|/run/systemd/system/[^ ]*docker-)'

# before_and_after: remembers the host, to be compared by `as_before DESC`.
remember_host() {
	snapshot_tree "$WORK/before" "${TREES[@]}"
	docker_info >"$WORK/info"
}

as_before() {
	snapshot_tree "$WORK/after" "${TREES[@]}"
	same_tree "$WORK/before" "$WORK/after" "$1" --ignore "$NOT_OURS"
}

# docker_info: what `docker info` says about settings, without what counts up by itself.
docker_info() {
	h timeout 30 docker info --format '{{json .}}' | jq -S '{LiveRestoreEnabled, LoggingDriver, Driver, SecurityOptions,
		Images, Containers, ContainersRunning, DefaultRuntime, DockerRootDir, Debug}'
}

info_as_before() {
	is "$(docker_info)" "$(cat "$WORK/info")" "$1"
}

apply() {
	h_harden apply --yes --health-timeout "$GATE" "$@"
}

rollback() {
	h_harden rollback --yes --health-timeout "$GATE" "$@"
}

# ship_lines TEXT: lines of [Service] in the distribution's own file of docker.service, which stays as
# old as it was. Commands that anybody else adds there hold what they would run beside.
ship_lines() {
	h sh -c 'u=$(systemctl show -P FragmentPath docker.service)
		[ -e /root/docker.service.shipped ] || cp -p "$u" /root/docker.service.shipped
		printf "[Service]\n%s\n" "$1" >>"$u"
		touch -r /root/docker.service.shipped "$u"
		systemctl daemon-reload' sh "$1"
}

# unship_lines: that file as it was.
unship_lines() {
	h sh -c 'cp -p /root/docker.service.shipped "$(systemctl show -P FragmentPath docker.service)" && systemctl daemon-reload'
}

# pids NAME...: the containers' processes, one line.
pids() {
	local name
	for name; do container_pid "$name"; done | tr '\n' ' '
}

bridge_icc() {
	h docker network inspect bridge --format '{{index .Options "com.docker.network.bridge.enable_icc"}}'
}

# planned: the controls of the plan's changes and effects, sorted; arguments go to plan.
planned() {
	h_harden plan --json "$@" | jq -r '.plan.findings[] | select(.state == "planned") | .control' | sort
}

held() {
	h_harden plan --json "$@" | jq -r '.plan.findings[] | select(.state == "held") | .control' | sort
}

# --- runs that are broken off -----------------------------------------------------------------

# start_run ARG...: harden in the background; its pid, output and exit code in /run/run.*. Not
# by `&`, which has a shell ignore SIGINT; the test itself may have been started so.
start_run() {
	h sh -c 'rm -f /run/run.pid /run/run.code && : >/run/run.out'
	h setsid -f sh -c '
		sh -c "echo \$\$ >/run/run.pid; exec env --default-signal harden \"\$@\" >/run/run.out 2>&1" sh "$@"
		echo $? >/run/run.code' sh "$@" </dev/null >/dev/null 2>&1
}

# wait_for_phase "COUNT PHASE": until the run has printed that line that often, or has ended.
wait_for_phase() {
	h timeout 240 sh -c 'until [ "$(grep -c "^  $2 " /run/run.out)" -ge "$1" ] || [ -e /run/run.code ]; do sleep 0.01; done' \
		sh "${1%% *}" "${1#* }"
}

# kill_new_dockerd PID: once one has taken the place of PID and is watched. A signal that still met
# the old one, on its way out, would be part of the restart, and so would one before the run is done with it.
kill_new_dockerd() {
	h timeout 240 sh -c 'until pid=$(systemctl show -P MainPID docker.service) &&
			[ "$pid" -gt 0 ] && [ "$pid" != "$1" ] && systemctl --quiet is-active docker.service; do
			[ ! -e /run/run.code ] && sleep 0.05 || exit
		done
		for i in $(seq 50); do ! grep -qs "^ *restart of dockerd" /run/run.out || break; sleep 0.1; done
		sleep 1
		kill -KILL "$pid"' sh "$1"
}

dockerd_pid() {
	h systemctl show -P MainPID docker.service
}

run_code() {
	h timeout 240 sh -c 'until [ -s /run/run.code ]; do sleep 0.05; done; cat /run/run.code'
}

# send SIGNAL: to that run.
send() {
	h sh -c 'kill -s "$1" "$(cat /run/run.pid)"' sh "$1" || h cat /run/run.out >&2
}

# broken_off_after MOMENT ARG...: a run that is killed then.
broken_off_after() {
	local moment=$1
	shift
	start_run "$@"
	wait_for_phase "$moment"
	send KILL
	run_code >/dev/null # it is gone, and its lock
}

newest() {
	h_harden history --json | jq -r '.transactions[-1].state'
}

# until_newest STATE SECONDS
until_newest() {
	local i
	for ((i = 0; i < $2 * 4; i++)); do
		[[ $(newest) != "$1" ]] || return 0
		sleep 0.25
	done
	return 1
}

count_open() {
	h_harden status --json | jq '.open | length'
}

# prepare_host SUITE: a host of which harden has much to change, with a container that comes back
# by itself, one that does not, and recovery at boot. Sets PIDS.
prepare_host() {
	host_start "$1"
	sed 's|@sbindir@|/usr/local/bin|' "$LAB_DIR/../../packaging/harden-recover.service.in" |
		h_write /usr/lib/systemd/system/harden-recover.service
	h systemctl daemon-reload
	h systemctl --quiet enable harden-recover.service
	image_import
	h mkdir -p /etc/docker
	h_write /etc/docker/daemon.json 666 <<<'{"debug": false}'
	h systemctl restart docker.service
	container_run always --stop-signal KILL --restart always -- /bin/sleep 10000
	container_run once --stop-signal KILL -- /bin/sleep 10000
	remember_host
	# shellcheck disable=SC2034  # the tests compare with it
	PIDS=$(pids always once)
}

# What is true after each of them.
settled() {
	local desc=$1
	as_before "$desc: files as before"
	info_as_before "$desc: dockerd as before"
	is "$(h systemctl is-active docker.service)" active "$desc: dockerd runs"
	is "$(h systemctl show -P NeedDaemonReload docker.service)" no "$desc: systemd has read what is on disk"
	is "$(count_open)" 0 "$desc: status has nothing open"
}

recovered() {
	local desc=$1
	is "$(newest)" rolled_back "$desc: history says rolled back"
	exits 0 "$desc: recovering again" h_harden recover
	like "$OUTPUT" '^Nothing to recover' "$desc: ... does nothing"
}
