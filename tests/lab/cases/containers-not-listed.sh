# shellcheck shell=bash disable=SC2034
# The data root was full when dockerd started: it lists no container, and their processes run.

ARGS=(--only daemon.icc --only daemon.userland-proxy --only daemon.no-new-privileges)

set_up() {
	full_data_root '{"data-root": "/mnt/root", "live-restore": true}'
	systemctl restart docker.service
	rm /mnt/root/fill
	[[ -z $(docker ps -aq) ]] && (($(pgrep -fc '^/bin/sleep 100000') == 2))
}

expect() {
	like "$PLAN" 'container web.* is not listed' "$1: the plan names what dockerd does not list"
	like "$PLAN" 'restart makes of container db' "$1: ... and what a restart may do to it"
	like "$APPLIED" 'No changes\. 3 held back' "$1: nothing that restarts dockerd is done"
}
