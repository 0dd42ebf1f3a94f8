# shellcheck shell=bash disable=SC2034
# Who waits on dockerd when it is restarted: a unit that runs a container by an attached client and
# has no ExecStop=, whose next start removes the container that still runs; a session of docker exec
# and a build, which are cut off. What a health check runs is none of them. A unit whose main process is
# a shell that goes on does not end with the client that it waits for. A client in a container is one as
# well, through a proxy of its socket, too, unless it asks a dockerd of the container's own; a unit that
# only reads is started anew. What docker restart has asked to end is not started again by anybody.

ARGS=(--only daemon.live-restore,daemon.no-new-privileges)

set_up() {
	printf '[Service]\nExecStartPre=-/usr/bin/docker rm -f shop\nExecStart=/usr/bin/docker run --rm --name shop -e TOKEN=s3cret bb /bin/sleep 100000\nRestart=always\nRestartSec=1\n' >/etc/systemd/system/shop.service
	systemctl daemon-reload
	printf '[Service]\nExecStart=/bin/sh -c "while :; do docker run --rm --name job bb /bin/sleep 100000; sleep 1; done"\n' >/etc/systemd/system/jobs.service
	printf '[Service]\nExecStart=/usr/bin/docker logs -f keep\nRestart=on-failure\n' >/etc/systemd/system/logs.service
	systemctl daemon-reload
	systemctl start shop jobs logs
	local tools=(-v /usr:/usr:ro -v /lib:/lib:ro -v /lib64:/lib64:ro)
	docker run -d --name ci "${tools[@]}" -v /run/docker.sock:/var/run/docker.sock bb /bin/sh -c '/usr/bin/docker wait keep; sleep 100000'
	docker run -d --name own "${tools[@]}" bb /usr/bin/perl -MIO::Socket::UNIX -e '$0 = "dockerd"; mkdir for "/var", "/var/run"; $s = IO::Socket::UNIX->new(Local => "/var/run/docker.sock", Listen => 5) or die; exec "/usr/bin/docker", "events" unless fork; push @c, $c while $c = $s->accept'
	# a proxy of this dockerd's socket, while a dockerd of a container's own runs
	mkdir -p /srv/api
	systemd-run --quiet --unit passing perl -MIO::Socket::UNIX -MIO::Select -e ';$s = IO::Socket::UNIX->new(Local => "/srv/api/docker.sock", Listen => 5) or die; while (1) { $c = $s->accept or next; next if fork; $u = IO::Socket::UNIX->new(Peer => "/run/docker.sock") or exit; $l = IO::Select->new($c, $u); while (1) { for $r ($l->can_read) { exit unless sysread($r, $b, 65536); syswrite($r == $c ? $u : $c, $b) } } }'
	until [ -S /srv/api/docker.sock ]; do sleep 0.1; done
	docker run -d --name far "${tools[@]}" -v /srv/api:/api -e DOCKER_HOST=unix:///api/docker.sock bb /usr/bin/docker wait keep
	docker run -d --name near "${tools[@]}" -v /srv/api:/api bb /usr/bin/docker -DH=unix:///api/docker.sock wait keep
	docker run -d --name probed --health-cmd 'sleep 60' --health-interval 1s --health-timeout 100s bb /bin/sleep 100000
	systemd-run --quiet --scope --unit backup docker exec keep sleep 900 >/dev/null 2>&1 &
	printf 'FROM bb\nRUN sleep 900\n' | DOCKER_BUILDKIT=0 systemd-run --quiet --scope --unit image docker build - >/dev/null 2>&1 &
	systemd-run --quiet --unit watcher perl -MIO::Socket::UNIX -e ';$s = IO::Socket::UNIX->new(Peer => "/run/docker.sock"); sleep 900'
	systemd-run --quiet --scope --unit reader docker logs -f keep >/dev/null 2>&1 &
	docker run -d --name slow --restart unless-stopped bb /bin/sh -c 'trap "sleep 600; exit 0" TERM; while :; do sleep 1; done'
	systemd-run --quiet --scope --unit again docker restart -t 900 slow >/dev/null 2>&1 &
	until [ "$(docker inspect --format '{{.State.Running}}' shop)" = true ] && pgrep -f 'sleep 60' && pgrep -fx 'sleep 900'; do sleep 0.1; done
	sleep 1
}

expect() {
	like "$PLAN" "shop\\.service has a docker client that waits on" \
		"$1: the unit is named"
	like "$PLAN" 'jobs\.service has a docker client that waits .* is cut off .* runs on' \
		"$1: one that goes on without its client is told apart"
	like "$PLAN" 'keep by docker exec: 1 session' "$1: a session in a container is named"
	like "$PLAN" "'docker build' \\(pid [0-9]+\\) is under way" "$1: so is a build"
	like "$PLAN" "'docker restart' \\(pid [0-9]+\\) is under way: [^;]*slow[[:space:]]+may[[:space:]]+stay[[:space:]]+down" "$1: so is who restarts a container"
	like "$PLAN" "'docker wait' in the container 'ci' is cut off" "$1: a client in a container is named by the container"
	local who
	for who in far near; do
		like "$PLAN" "container $who is a docker client that waits on dockerd,.*that[[:space:]]+it[[:space:]]+asks[[:space:]]+is[[:space:]]+not[[:space:]]+known" "$1: so is one that asks a proxy of dockerd's socket: $who"
	done
	unlike "$PLAN" "'docker events'" "$1: one that asks a dockerd of the container's own is none"
	unlike "$PLAN" 'logs\.service' "$1: a unit that only reads holds nothing"
	unlike "$PLAN" 'probed by docker exec' "$1: a health check is no session"
	unlike "$PLAN" 's3cret' "$1: and nothing that the client was given is told"
	unlike "$APPLIED" 'ended meanwhile' "$1: no container ended"
	ok "$1: the unit goes on" h systemctl is-active --quiet shop
	run_of CUT h_harden plan "${ARGS[@]}" --ack daemon.no-new-privileges
	like "$CUT" "'docker logs' \\(pid [0-9]+\\) is cut off" "$1: who consents reads who else is cut off"
	like "$CUT" "logs\\.service has a docker client .* starts the unit anew" "$1: ... that a reader is started anew"
	like "$CUT" '[0-9]+ open connections[[:space:]]+to its API' "$1: ... that others are connected, too"
	unlike "$CUT" 'job \(goes down' "$1: that which runs on is not said to stop"
	like "$CUT" 'shop \(goes down with shop\.service[;)]' "$1: ... and which container goes down"
}
