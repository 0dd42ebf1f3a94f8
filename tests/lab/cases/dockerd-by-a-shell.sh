# shellcheck shell=bash disable=SC2034
# dockerd behind sh -c: its next flags cannot be told, which is no reason to refuse the rest (rockstor-core#2088).

IN='trixie'

set_up() {
	mkdir -p /etc/systemd/system/docker.service.d
	printf '[Service]\nExecStart=\nExecStart=/bin/sh -c "exec /usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock --userland-proxy=true --log-opt max-size=5m"\n' >/etc/systemd/system/docker.service.d/w.conf
	systemctl daemon-reload
	systemctl restart docker
	docker_up
}

expect() {
	like "$APPLIED" ' kept\.' "$1: what does not need dockerd is applied"
	like "$PLAN" '/bin/sh' "$1: the plan says who is started instead"
}
