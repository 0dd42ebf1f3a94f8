# shellcheck shell=bash disable=SC2034
# Flags of the next start that stand in no file: systemctl set-environment, DefaultEnvironment=.

IN='forky'
ARGS=(--only daemon.live-restore --only daemon.no-new-privileges)

set_up() {
	systemctl set-environment 'DOCKER_OPTS=-H tcp://127.0.0.1:2375'
}

expect() {
	like "$PLAN" "takes .DOCKER_OPTS from systemd's own" "$1: what no file says is named"
	unlike "$(h docker info 2>&1)" 'no-new-privileges' "$1: nothing was restarted"
}
