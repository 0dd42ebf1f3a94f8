# shellcheck shell=bash disable=SC2034
# The data root's file system is full: by a restart dockerd would lose every container.

ARGS=(--only daemon.live-restore --only daemon.icc --only daemon.no-new-privileges)

set_up() {
	local name
	docker rm -f keep pub
	docker save bb -o /root/bb.tar
	systemctl stop docker.service docker.socket
	mkdir -p /mnt/root
	mount -t tmpfs -o size=40m none /mnt/root
	echo '{"data-root": "/mnt/root"}' >/etc/docker/daemon.json
	systemctl start docker.socket docker.service
	docker load -i /root/bb.tar
	for name in web db; do docker run -d --name "$name" --restart always bb /bin/sleep 100000; done
	dd if=/dev/zero of=/mnt/root/fill bs=4k || true
}

# Asked for with one word for all of them, too.
between() {
	harden apply --yes --only daemon.no-new-privileges --ack daemon.no-new-privileges
}

expect() {
	like "$PLAN" 'has [0-9]+ bytes free, and [0-9]+ are needed' "$1: the plan says what is full"
	like "$APPLIED" 'Plan: 1 to add' "$1: what needs no restart is done all the same"
	like "$BETWEEN" "'/mnt/root'" "$1: no acknowledgement brings the restart about"
	is "$(h docker ps --format '{{.Names}}' | sort | tr '\n' ' ')" 'db web ' "$1: dockerd has both yet"
}
