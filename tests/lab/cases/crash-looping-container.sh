# shellcheck shell=bash disable=SC2034
# What is sick by itself is not what the change broke: moby#8821, and any host with restart: always
# on something broken.

set_up() {
	docker run -d --name crash --restart always bb sh -c 'sleep 2; exit 1'
	docker run -d --name sick --health-cmd false --health-interval 1s --health-retries 1 bb /bin/sleep 100000
	docker run -d --name paused bb /bin/sleep 10000
	docker pause paused
	docker create --name made bb /bin/sleep 1
	sleep 4
}

expect() {
	like "$APPLIED" ' kept\.' "$1: applied, with a container that ends again and again by itself"
}
