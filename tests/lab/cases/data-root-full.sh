# shellcheck shell=bash disable=SC2034
# The data root's file system is full: by a restart dockerd would lose every container.

IN='bookworm forky'
ARGS=(--only daemon.live-restore --only daemon.icc --only daemon.no-new-privileges)

set_up() {
	full_data_root '{"data-root": "/mnt/root"}'
}

# Asked for with one word for all of them, too.
between() {
	harden apply --yes --only daemon.no-new-privileges --ack daemon.no-new-privileges
}

expect() {
	like "$PLAN" 'has [0-9]+ bytes free, and [0-9]+ are needed' "$1: the plan says what is full"
	like "$APPLIED" 'Plan: 1 to add' "$1: what needs no restart is done all the same"
	like "$BETWEEN" "'/mnt/root'" "$1: no acknowledgement brings the restart about"
	is "$(h docker ps --format '{{.Names}}' | sort | tr '\n' ' ')" 'db web ' "$1: dockerd has both yet"
}
