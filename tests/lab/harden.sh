# shellcheck shell=bash
#
# harden.sh - what the tests of harden itself share, on top of lib.sh: planted hosts, gates that
# are short, and what "as before" means. Source it after lib.sh.

# The health gate watches for 30 s by default; what the tests provoke shows within three.
GATE=3s

# What a rollback must bring back. dockerd itself writes key.json (20.10), so that is its own.
TREES=(/etc /usr/lib/systemd /usr/local /run/systemd/system)
# Folders' times change when files are exchanged in them; /etc/docker/key.json is dockerd's.
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
	h docker info --format '{{json .}}' | jq -S '{LiveRestoreEnabled, LoggingDriver, Driver, SecurityOptions,
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

# --- runs that something happens to -------------------------------------------------------------

# start_apply ARG...: in the background; its pid, output and exit code in /run/apply.*. Not by
# `&`, which has a shell ignore SIGINT.
start_apply() {
	h sh -c 'rm -f /run/apply.pid /run/apply.code && : >/run/apply.out'
	h setsid -f sh -c '
		sh -c "echo \$\$ >/run/apply.pid; exec harden apply --yes \"\$@\" >/run/apply.out 2>&1" sh "$@"
		echo $? >/run/apply.code' sh "$@" </dev/null >/dev/null 2>&1
}

# wait_for_phase "COUNT PHASE": until the run has printed that line that often, or has ended.
wait_for_phase() {
	h timeout 240 sh -c 'until [ "$(grep -c "^  $2 " /run/apply.out)" -ge "$1" ] || [ -e /run/apply.code ]; do sleep 0.01; done' \
		sh "${1%% *}" "${1#* }"
}

apply_code() {
	h timeout 240 sh -c 'until [ -s /run/apply.code ]; do sleep 0.05; done; cat /run/apply.code'
}

send() {
	h sh -c 'kill -s "$1" "$(cat /run/apply.pid)"' sh "$1" || h cat /run/apply.out >&2
}
