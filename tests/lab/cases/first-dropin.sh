# shellcheck shell=bash disable=SC2034
# The first drop-in of a unit, in a directory that is new: systemd 252 does not say that it has yet to read
# it. It waits all the same.

IN='bookworm trixie'

set_up() {
	mkdir -p /etc/systemd/system/docker.service.d /data/newdocker
	printf '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock --data-root=/data/newdocker\n' >/etc/systemd/system/docker.service.d/50-move.conf
}

expect() {
	like "$PLAN" '50-move\.conf' "$1: the plan names the drop-in that waits"
	is "$(h docker info --format '{{.DockerRootDir}}')" /var/lib/docker "$1: dockerd is where its data is"
	is "$(h systemctl show -P DropInPaths docker.service)" '' "$1: the drop-in still waits"
}
