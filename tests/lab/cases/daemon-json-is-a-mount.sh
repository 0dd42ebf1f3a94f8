# shellcheck shell=bash disable=SC2034
# A file that is a mount point cannot be exchanged (cloudserver#3837): a fact of the plan, not of the apply.

IN='bookworm trixie'

set_up() {
	mkdir -p /data
	printf '{\n  "dns": ["1.1.1.1"]\n}\n' >/data/daemon.json
	: >/etc/docker/daemon.json
	mount --bind /data/daemon.json /etc/docker/daemon.json
	systemctl restart docker
	docker_up
}

expect() {
	like "$PLAN" "mount point" "$1: the plan says why"
	unlike "$APPLIED" 'put back' "$1: nothing had to be put back"
}
