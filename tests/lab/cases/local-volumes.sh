# shellcheck shell=bash disable=SC2034
# An older dockerd takes the mounts of volumes that it made itself from the host at its start, though
# live-restore keeps the containers that have them: a backup of the host finds bare directories.
# Who has one is named, and nothing is restarted without consent; the way back asks, too.

IN='bookworm'
ARGS=(--only daemon.no-new-privileges)

set_up() {
	printf '{"live-restore": true}' >/etc/docker/daemon.json
	systemctl restart docker
	docker_up
	mkdir -p /srv/data
	echo hello >/srv/data/f
	docker volume create -o type=none -o o=bind -o device=/srv/data bound
	docker volume create -o type=tmpfs -o device=tmpfs memory
	docker run -d --name app -v bound:/b bb /bin/sleep 100001
	docker run -d --name cache -v memory:/m bb /bin/sleep 100002
	docker run -d --name plain -v simple:/p bb /bin/sleep 100003
}

# 0 where the host has both mounts.
host_has() {
	h sh -c 'cd /var/lib/docker/volumes && for v; do mountpoint -q "$v/_data" || exit 1; done' - "$@"
}

expect() {
	local plan
	plan=$(tr -s ' \n' ' ' <<<"$PLAN")
	like "$plan" 'cuts off 2 containers: ' "$1: two would be cut off"
	like "$plan" "app \\(runs on, cut off: it loses the mount of its volume 'bound' on the host, where '/var/lib/docker/volumes/bound/_data' is a bare directory then" "$1: ... who has a bound directory"
	like "$plan" "cache \\(runs on, cut off: .*'memory'.* gets an empty one; only 'docker restart cache' brings it back, and empties the volume memory" "$1: ... and who has a tmpfs"
	unlike "$plan" 'plain \(runs on' "$1: ... and not who has a volume without options"
	like "$APPLIED" 'No changes' "$1: nothing was restarted"
	ok "$1: ... and the mounts are there" host_has bound memory
}

# With consent they are gone as was said; the container's own restart brings one back, to lose again.
after() {
	local told
	run_of TOLD apply "${ARGS[@]}" --ack daemon.no-new-privileges
	is "$CODE" 0 "$1: with consent it is applied"
	told=$(tr -s ' \n' ' ' <<<"$TOLD")
	like "$told" "cut off a container, as was announced: app .*only 'docker restart app' brings it back" "$1: ... and who was cut off is told"
	run_of TOLD host_has bound
	is "$CODE" 1 "$1: its mount is gone, as was said"
	run_of TOLD h_harden rollback --dry-run
	unlike "$(tr -s ' \n' ' ' <<<"$TOLD")" '(app|cache) \(runs on' "$1: what is lost is no reason against the way back"
	h docker restart -t 0 app >/dev/null
	ok "$1: docker restart brings it back" host_has bound
	run_of TOLD rollback
	is "$CODE" 5 "$1: it has it to lose again, and a rollback needs consent, too"
	like "$(tr -s ' \n' ' ' <<<"$TOLD")" "app .*'bound'" "$1: ... and names it"
	ok "$1: ... and took nothing" host_has bound
	run_of TOLD rollback --ack daemon.no-new-privileges
	is "$CODE" 0 "$1: with consent it goes"
}
