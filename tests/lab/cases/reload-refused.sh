# shellcheck shell=bash disable=SC2034
# dockerd 23 to 28 starts with "userland-proxy": true and refuses every reload with it
# (moby#20289, amazon-ecs-ami#91): known beforehand, and no state from which there is no way out.

IN='trixie forky'

set_up() {
	printf '{\n  "userland-proxy": true\n}\n' >/etc/docker/daemon.json
	systemctl restart docker
	docker_up
}

expect() {
	unlike "$APPLIED" 'put back' "$1: nothing had to be put back: it was known before"
	is "$(h find /etc/docker -name '.*harden*')" '' "$1: nothing staged is left"
}
