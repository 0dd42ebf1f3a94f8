# shellcheck shell=bash disable=SC2034
# Who waits on dockerd when it is restarted: a unit that runs a container by an attached client and
# has no ExecStop=, whose next start removes the container that still runs; a session of docker exec
# and a build, which are cut off. What a health check runs is none of them. A unit whose main process is
# a shell that goes on does not end with the client that it waits for.

ARGS=(--only daemon.live-restore,daemon.no-new-privileges)

set_up() {
	printf '[Service]\nExecStartPre=-/usr/bin/docker rm -f shop\nExecStart=/usr/bin/docker run --rm --name shop -e TOKEN=s3cret bb /bin/sleep 100000\nRestart=always\nRestartSec=1\n' >/etc/systemd/system/shop.service
	systemctl daemon-reload
	printf '[Service]\nExecStart=/bin/sh -c "while :; do docker run --rm --name job bb /bin/sleep 100000; sleep 1; done"\n' >/etc/systemd/system/jobs.service
	systemctl daemon-reload
	systemctl start shop jobs
	docker run -d --name probed --health-cmd 'sleep 60' --health-interval 1s --health-timeout 100s bb /bin/sleep 100000
	systemd-run --quiet --scope --unit backup docker exec keep sleep 900 >/dev/null 2>&1 &
	printf 'FROM bb\nRUN sleep 900\n' | DOCKER_BUILDKIT=0 systemd-run --quiet --scope --unit image docker build - >/dev/null 2>&1 &
	systemd-run --quiet --unit watcher perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Peer => "/run/docker.sock"); sleep 900'
	systemd-run --quiet --scope --unit reader docker logs -f keep >/dev/null 2>&1 &
	until [ "$(docker inspect --format '{{.State.Running}}' shop)" = true ] && pgrep -f 'sleep 60' && pgrep -fx 'sleep 900'; do sleep 0.1; done
	sleep 1
}

expect() {
	like "$PLAN" "shop\\.service has a docker client that waits on" \
		"$1: the unit is named"
	like "$PLAN" 'jobs\.service has a docker client that waits .* is cut off .* runs on' \
		"$1: one that goes on without its client is told apart"
	like "$PLAN" 'keep by docker exec \(1 session\)' "$1: a session in a container is named"
	like "$PLAN" "'docker build' \\(pid [0-9]+\\) is under way" "$1: so is a build"
	unlike "$PLAN" 'probed by docker exec' "$1: a health check is no session"
	unlike "$PLAN" 's3cret' "$1: and nothing that the client was given is told"
	unlike "$APPLIED" 'ended meanwhile' "$1: no container ended"
	ok "$1: the unit goes on" h systemctl is-active --quiet shop
	run_of CUT h_harden plan "${ARGS[@]}" --ack daemon.no-new-privileges
	like "$CUT" "'docker logs' \\(pid [0-9]+\\) is cut off" "$1: who consents reads who else is cut off"
	like "$CUT" '[0-9]+ open connections[[:space:]]+to its API' "$1: ... that others are connected, too"
	unlike "$CUT" 'job \(goes down' "$1: that which runs on is not said to stop"
	like "$CUT" 'shop \(goes down with shop\.service[;)]' "$1: ... and which container goes down"
}
