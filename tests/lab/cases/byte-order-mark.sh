# shellcheck shell=bash disable=SC2034
# dockerd 23 and later takes a byte order mark (moby#44790): so do we there, and edits keep it.

IN='trixie forky'

set_up() {
	printf '\xef\xbb\xbf{\r\n  "registry-mirrors": [\r\n    "https://mirror.example"\r\n  ],\r\n  "max-concurrent-downloads": 10\r\n}\r\n' >/etc/docker/daemon.json
	systemctl restart docker
	docker_up
}

between() {
	head -c 6 /etc/docker/daemon.json | od -An -tx1
	grep -c $'[^\r]$' /etc/docker/daemon.json
}

expect() {
	unlike "$PLAN" 'not what dockerd takes' "$1: no untrue reason"
	like "$BETWEEN" 'ef bb bf 7b 0d 0a' "$1: mark and line ends are kept"
}
