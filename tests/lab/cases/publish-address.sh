# shellcheck shell=bash disable=SC2034
# What docker0 publishes without an address goes off the net by a mere start; networks of before stay wide.

IN='forky'
ARGS=(--level 2 --only daemon.live-restore --only daemon.publish-address)
ACK=(--ack daemon.publish-address)

set_up() {
	docker network create front
	docker run -d --name web --restart always --network front -p 8097:80 bb /bin/httpd -f
}

expect() {
	local text
	text=$(tr -s "\n " "  " <<<"$APPLIED$PLAN")
	like "$text" "container pub publishes 8099/tcp without an address, on docker0: from its next start on" "$1: who goes off the net is named"
	unlike "$text" "container web publishes 8097/tcp without" "$1: ... alone"
	like "$(tr -s "\n " "  " <<<"$CHECKED")" "front was made before, or with options of its own" "$1: a network of before is no pass"
}
