# shellcheck shell=bash disable=SC2034
# dockerd 20.10 takes up no health check again after its restart, live-restore or not.

IN=bookworm
ARGS=(--only daemon.live-restore --only daemon.no-new-privileges)
ACK=(--ack daemon.no-new-privileges)

set_up() {
	docker run -d --name checked --health-cmd true --health-interval 1s --restart always bb /bin/sleep 100000
	until [ "$(docker inspect -f '{{.State.Health.Status}}' checked)" = healthy ]; do sleep 0.1; done
}

last_check() {
	h docker inspect -f '{{range .State.Health.Log}}{{.End}}|{{end}}' checked | tr '|' '\n' | tail -n 2
}

expect() {
	local frozen
	like "$PLAN" 'takes up no health check again after its restart: .* checked' "$1: the plan names whose check ends"
	like "$APPLIED" "check of the container 'checked' ended .*docker restart checked" "$1: so does apply, with what starts it"
	frozen=$(last_check)
	sleep 3
	is "$(last_check)" "$frozen" "$1: it ended"
	h docker pause checked >/dev/null
	h docker unpause checked >/dev/null
	sleep 3
	isnt "$(last_check)" "$frozen" "$1: and what was said starts it"
}
