# shellcheck shell=bash disable=SC2034
# The socket's group is what dockerd is told to give it (puppetlabs-docker#152, moby#38202): no
# change that our own restart undoes.

IN='bookworm trixie'

set_up() {
	mkdir -p /etc/systemd/system/docker.service.d
	groupadd -f dockerroot 2>/dev/null || echo 'dockerroot:x:1400:' >>/etc/group
	printf '[Unit]\nRequires=\n[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -G dockerroot --containerd=/run/containerd/containerd.sock\n' >/etc/systemd/system/docker.service.d/o.conf
	systemctl daemon-reload
	systemctl stop docker docker.socket
	systemctl mask docker.socket
	sed 's/^Requires=docker.socket//' /lib/systemd/system/docker.service >/etc/systemd/system/docker.service
	systemctl daemon-reload
	systemctl start docker
	docker_up
}

expect() {
	is "$(h stat -c %G /run/docker.sock)" dockerroot "$1: the socket's group is the one that was set"
	unlike "$PLAN" "'/dev/null' is" "$1: a masked docker.socket is nothing strange"
}
