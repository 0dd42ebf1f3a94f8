# shellcheck shell=bash disable=SC2034
# A drop-in that was written and not loaded is not for us to put in force: ansible-collection-services#655,
# ansible-role-docker-ce#39, kismatic#1177.

IN='bookworm trixie'

set_up() {
	mkdir -p /etc/systemd/system/docker.service.d /data/newdocker
	printf '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock --userland-proxy=true --icc=true --no-new-privileges=false\n' >/etc/systemd/system/docker.service.d/10-flags.conf
	systemctl daemon-reload
	systemctl restart docker
	docker_up
	printf '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock --data-root=/data/newdocker\n' >/etc/systemd/system/docker.service.d/50-move.conf
}

expect() {
	like "$PLAN" '50-move\.conf' "$1: the plan names the drop-in that waits"
	is "$(h docker info --format '{{.DockerRootDir}}')" /var/lib/docker "$1: dockerd is where its data is"
	is "$(h systemctl show -P NeedDaemonReload docker.service)" yes "$1: the drop-in still waits"
}
