# shellcheck shell=bash disable=SC2034
# dockerd keeps a runtime that was taken out of its file until its next start; a container that runs by
# it could not be started again then. It is named, and nobody else.

IN='forky'
ARGS=(--only daemon.no-new-privileges)

set_up() {
	cp "$(command -v runc)" /usr/local/bin/r2
	docker stop -t0 keep pub
	printf '{"live-restore": true, "runtimes": {"r2": {"path": "/usr/local/bin/r2"}}}' >/etc/docker/daemon.json
	systemctl restart docker
	docker start keep pub
	docker run -d --name viar2 --runtime r2 bb /bin/sleep 100005
	printf '{"live-restore": true}' >/etc/docker/daemon.json
	systemctl reload docker
}

# The change waits, too, where dockerd cannot tell: what it cuts off is asked with the consent.
expect() {
	local all
	run_of ALL h_harden plan "${ARGS[@]}" --ack daemon.no-new-privileges
	all=$(tr -s ' \n' ' ' <<<"$ALL")
	like "$all" 'cuts off 1 container' "$1: one is named"
	like "$all" "viar2 \\(runs on, cut off: it loses what starts it again: its runtime 'r2' is" "$1: ... with its runtime"
	like "$PLAN" 'No changes' "$1: unasked nothing is restarted"
}

after() {
	h docker rm -f viar2 >/dev/null
	run_of ALL apply "${ARGS[@]}" --ack daemon.no-new-privileges
	is "$CODE" 0 "$1: without it nothing is lost"
	unlike "$ALL" 'cuts? off' "$1: ... and nobody is named"
}
