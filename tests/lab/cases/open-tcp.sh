# shellcheck shell=bash disable=SC2034
# The API open to everyone is the worst there is, whether or not it can be remedied here.

set_up() {
	mkdir -p /etc/systemd/system/docker.service.d
	printf '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H fd:// -H=tcp://0.0.0.0:2375 --containerd=/run/containerd/containerd.sock\n' >/etc/systemd/system/docker.service.d/override.conf
	systemctl daemon-reload
	systemctl restart docker
	docker_up
}

expect() {
	like "$CHECKED" 'fail +critical +daemon\.tls' "$1: check counts it as a failure"
	like "$CHECKED" '0\.0\.0\.0:2375' "$1: ... with the address"
	like "$PLAN" '0\.0\.0\.0:2375' "$1: the plan says it, too"
}
