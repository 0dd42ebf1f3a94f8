# shellcheck shell=bash disable=SC2034
# /run has no inodes left: dockerd would not start any more, without its sockets.

IN='bookworm forky'
ARGS=(--only daemon.live-restore --only daemon.no-new-privileges)

set_up() {
	mount -o remount,nr_inodes="$(df --output=iused /run | tail -1 | tr -d ' ')" /run
}

expect() {
	like "$PLAN" 'has [0-9]+ inodes free, and [0-9]+ are needed' "$1: the plan says what is full"
	like "$APPLIED" 'Plan: 1 to add' "$1: what needs no restart is done all the same"
	is "$(h systemctl is-active docker.service)" active "$1: dockerd runs"
}
