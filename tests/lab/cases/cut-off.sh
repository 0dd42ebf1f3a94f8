# shellcheck shell=bash disable=SC2034
# Who would be cut off: by a socket that dockerd makes anew, by a proxy that is gone, by setuid
# programs that give nothing any more. Each is found on the host, and named.

IN='bookworm trixie'

set_up() {
	mkdir -p /etc/systemd/system/docker.service.d
	printf '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H unix:///run/docker.sock --containerd=/run/containerd/containerd.sock\n' >/etc/systemd/system/docker.service.d/o.conf
	systemctl daemon-reload
	systemctl restart docker
	docker_up
	docker run -d --name agent -v /run/docker.sock:/run/docker.sock bb /bin/sleep 100000
	docker run -d --name directory -v /run:/host/run bb /bin/sleep 100000
	cp /bin/true /opt/sudo
	chmod 4755 /opt/sudo
	docker run -d --name worker --user 1000 -v /opt/sudo:/usr/bin/sudo:ro bb /bin/sleep 100000
	docker run -d --name own --user 0 -v /opt/sudo:/usr/bin/sudo:ro bb /bin/sleep 100000
	docker network create back
	docker run -d --name app --network back bb /bin/sleep 100000
	stat -c %i /run/docker.sock >/root/inode
}

between() {
	stat -c %i /run/docker.sock | cmp - /root/inode && echo the same socket
}

expect() {
	like "$PLAN" 'container agent has the API.s socket mounted' "$1: who has the socket mounted is named"
	unlike "$PLAN" 'container directory has the API' "$1: ... and not who has its directory mounted"
	like "$BETWEEN" 'the same socket' "$1: nobody was cut off"
	like "$PLAN" 'container worker runs without root' "$1: who has sudo without being root is named"
	unlike "$PLAN" 'container own runs without' "$1: ... and not who is root"
	like "$(tr -s ' \n' ' ' <<<"$PLAN")" '8099/tcp of container pub .* from other networks: container app' "$1: who would not reach a port is named"
}
