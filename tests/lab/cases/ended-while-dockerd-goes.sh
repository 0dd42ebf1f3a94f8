# shellcheck shell=bash disable=SC2034
# Around a restart of dockerd: what somebody kills while it is about to go down, which makes it forget
# that it was asked to, is not the change's doing. And 20.10's start may find the published port of a
# container that kept ending taken by that itself, and leaves it "exited": that is told, and to have
# it tried again is no reason against the way back.

IN='bookworm forky'
ARGS=(--only 'daemon.live-restore,daemon.no-new-privileges')
ACK=(--ack daemon.no-new-privileges) # one that keeps ending may hold it back

set_up() {
	docker run -d --name killed bb sleep 77778
	for port in 8171 8172 8173 8174 8175; do
		docker run -d --name "loop-$port" --restart always -p "$port:80" bb /bin/false || true
	done
	systemd-run --quiet sh -c 'until grep -qs no-new-privileges /etc/docker/daemon.json; do sleep 0.01; done
		until docker kill killed; do sleep 0.01; done'
	sleep 3
}

left_exited() {
	h docker ps -a --filter status=exited --filter name=loop- --format '{{.Names}}'
}

expect() {
	local told name
	told=$(tr -s ' \n' ' ' <<<"$APPLIED")
	like "$told" "'killed' ended meanwhile" "$1: who was killed by somebody is told, and nothing is put back for it"
	for name in $(left_exited); do
		like "$told" "dockerd started [^;]*${name}[^;]* again and again before its restart" \
			"$1: $name is tried no more, which is told"
	done
}
