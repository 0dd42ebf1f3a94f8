# shellcheck shell=bash disable=SC2034
# A restart reads what dockerd read at its start: the files that daemon.json names, and whatever is
# mounted over the data root by now.

IN='forky bookworm'
ARGS=(--only daemon.live-restore --only daemon.no-new-privileges)

set_up() {
	echo '{"defaultAction": "SCMP_ACT_ALLOW"}' >/etc/docker/seccomp.json
	echo '{"seccomp-profile": "/etc/docker/seccomp.json"}' >/etc/docker/daemon.json
	systemctl restart docker
	docker_up
	sleep 0.1
	echo '{"defaultAction":' >/etc/docker/seccomp.json
	mount -t tmpfs new /var/lib/docker
}

expect() {
	like "$PLAN" "\(seccomp-profile\) was written after" "$1: a profile that waits is named"
	like "$PLAN" "is not the directory that dockerd" "$1: a mount over the data root is named"
	h umount /var/lib/docker
	h docker run --rm bb true
}
