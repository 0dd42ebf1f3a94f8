# shellcheck shell=bash disable=SC2034
# After the apply dockerd reads another file, which says the same: a rollback of ours alone would
# leave all of it in force, and is not told to be an undo.

IN='bookworm forky'
ARGS=(--only daemon.live-restore)

between() {
	local dropin=/etc/systemd/system/docker.service.d/other.conf
	cp -p /etc/docker/daemon.json /etc/docker/other.json
	mkdir -p "${dropin%/*}"
	printf '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H fd:// --config-file=/etc/docker/other.json\n' >"$dropin"
	systemctl daemon-reload
	systemctl restart docker
	harden rollback --yes
	echo "another file: $?"
	harden rollback --dry-run --on-conflict before
	echo "put back there: $?"

	rm -r "${dropin%/*}" /etc/docker/other.json
	systemctl daemon-reload
	systemctl restart docker
	mv /etc/docker /etc/docker.moved
	ln -s docker.moved /etc/docker
	harden rollback --dry-run
	echo "by a link: $?"
	rm /etc/docker
	mv /etc/docker.moved /etc/docker
}

expect() {
	like "$BETWEEN" 'another file: 5' "$1: dockerd reads another file: refused"
	like "$BETWEEN" "dockerd reads '/etc/docker/other.json' now, which says the same" "$1: ... and said so"
	like "$BETWEEN" '/etc/docker/other.json' "$1: or it is put back there"
	like "$BETWEEN" 'put back there: 0' "$1: ... with a plan"
	like "${BETWEEN//$'\n'/ }" '1 reload.*by a link: 0' "$1: by a link it is the same file, and comes out of force"
}

after() {
	unlike "$(h docker info)" 'Live Restore Enabled: true' "$1: nothing is in force"
}
