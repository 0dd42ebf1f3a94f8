# shellcheck shell=bash disable=SC2034
# As no-br-netfilter, against what the plan said: the health gate sees that dockerd has lost its
# networks, though all containers are well, and puts the host back.

IN='forky'
ARGS=(--only daemon.userland-proxy --only daemon.live-restore)
ACK=(--ack daemon.userland-proxy)
APPLY=3

set_up() {
	docker rm -f pub keep
	mount -t tmpfs none /proc/sys/net/bridge
	systemctl restart docker
	docker network create before
	docker run -d --name n1 --network before --restart unless-stopped bb /bin/sleep 100000
}

between() {
	docker network create after && docker run --rm --network after bb /bin/sleep 0 && docker run --rm bb /bin/sleep 0 && echo all made
	docker network rm after
}

expect() {
	like "$APPLIED" 'dockerd has lost a network' "$1: the gate says what was lost"
	like "$BETWEEN" 'all made' "$1: put back, networks and containers can be made"
}
