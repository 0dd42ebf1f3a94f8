# shellcheck shell=bash disable=SC2034
# Docker 28 makes no network any more with icc=false or userland-proxy=false where the kernel has
# no bridge netfilter (moby#50635, moby#49240).

IN='forky'

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
	like "$PLAN" 'br_netfilter|bridge netfilter' "$1: the plan says what the kernel lacks"
	like "$BETWEEN" 'all made' "$1: networks and containers can be made"
}
