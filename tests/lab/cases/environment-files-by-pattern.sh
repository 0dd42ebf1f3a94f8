# shellcheck shell=bash disable=SC2034
# EnvironmentFile= takes a pattern: a file that came since dockerd's start has flags for its next one.
# What systemd leaves out (a line "export NAME=value", UnsetEnvironment=), or writes with a doubled
# percent sign, is in force already.

IN='trixie'
ARGS=(--only daemon.live-restore --only daemon.no-new-privileges)

set_up() {
	mkdir -p /etc/docker-env.d /etc/systemd/system/docker.service.d
	echo 'export http_proxy=http://127.0.0.1:1' >>/etc/default/docker
	cat >/etc/systemd/system/docker.service.d/env.conf <<-'X'
		[Service]
		Environment=GONE=--debug
		EnvironmentFile=-/etc/docker-env.d/*.conf
		UnsetEnvironment=GONE
		ExecStart=
		ExecStart=/usr/sbin/dockerd -H fd:// --label=share=100%% $DOCKER_OPTS $GONE
	X
	echo 'DOCKER_OPTS=--log-level=info' >/etc/docker-env.d/a.conf
	systemctl daemon-reload
	systemctl restart docker
	docker_up
	echo 'DOCKER_OPTS=--log-level=info --data-root=/srv/other' >/etc/docker-env.d/b.conf
}

expect() {
	like "$PLAN" 'flags: \+ --data-root=' "$1: the waiting flag is named"
	unlike "$PLAN" '(labels|GONE|http_proxy|- --log-level)' "$1: ... and nothing that is in force"
	unlike "$(h docker info 2>&1)" '/srv/other' "$1: the data root is where it was"
}
