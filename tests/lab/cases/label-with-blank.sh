# shellcheck shell=bash disable=SC2034
# A flag's value with a blank in quotes is one word, for systemd and so for the trial (sous-chefs/docker#936).

IN='trixie forky'

set_up() {
	mkdir -p /etc/systemd/system/docker.service.d
	printf '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock --label=site="room 4"\n' >/etc/systemd/system/docker.service.d/q.conf
	systemctl daemon-reload
	systemctl restart docker
	docker_up
}

expect() {
	like "$APPLIED" ' kept\.' "$1: applied"
	like "$(h docker info --format '{{json .Labels}}')" 'room 4' "$1: the label is whole"
}
