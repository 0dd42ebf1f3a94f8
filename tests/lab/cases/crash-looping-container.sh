# shellcheck shell=bash disable=SC2034
# What is sick by itself, or ends by itself meanwhile, is not what the change broke: moby#8821, and
# any host with restart: always on something broken, with jobs, or in the middle of a deploy.

set_up() {
	docker run -d --name crash --restart always bb sh -c 'sleep 2; exit 1'
	docker run -d --name sick --health-cmd false --health-interval 1s --health-retries 1 bb /bin/sleep 100000
	docker run -d --name paused bb /bin/sleep 10000
	docker pause paused
	docker create --name made bb /bin/sleep 1
	sleep 4
	for seconds in 3 4 5 6 7 8; do
		docker run -d --rm --name "job-$seconds" bb sleep "$seconds"
		docker run -d --name "batch-$seconds" bb sh -c "sleep $seconds; exit $((seconds % 3))"
	done
	docker run -d --name app bb sleep 77777
	systemd-run --quiet --unit deploy sh -c 'for i in 1 2 3 4 5 6; do
			sleep 2
			docker rm -f app && docker run -d --name app bb sleep 77777
		done'
}

# A docker command at work holds a rollback, as it should.
between() {
	while systemctl -q is-active deploy; do sleep 0.2; done
}

expect() {
	like "$APPLIED" ' kept\.' "$1: applied, with containers that end by themselves"
	like "$APPLIED" "'(job|batch)-[0-9]' ended meanwhile" "$1: ... and they are named"
	unlike "$APPLIED" "'(keep|pub|sick|paused|made)' ended" "$1: ... and no other"
}
