# shellcheck shell=bash disable=SC2034
# DOCKER_OPTS in Environment= of a drop-in, as Kubespray writes it (deepops#456, coreos/bugs#1702).

IN='trixie'
ARGS=(--only 'daemon.*')
ACK=(--ack daemon.icc)

set_up() {
	mkdir -p /etc/systemd/system/docker.service.d
	sed -n 's/^ExecStart=\(.*\)/[Service]\nExecStart=\nExecStart=\1 $DOCKER_OPTS/p' /lib/systemd/system/docker.service >/etc/systemd/system/docker.service.d/00-exec.conf
	printf '[Service]\nEnvironment="DOCKER_OPTS=--icc=true --log-level=info --log-opt max-size=5m"\n' >/etc/systemd/system/docker.service.d/opts.conf
	systemctl daemon-reload
	systemctl restart docker
	docker_up
}

expect() {
	unlike "$PLAN" 'does not set DOCKER_OPTS' "$1: no untrue reason"
	like "$(h cat /etc/systemd/system/docker.service.d/opts.conf)" '--icc=false' "$1: it is edited where it stands"
}
