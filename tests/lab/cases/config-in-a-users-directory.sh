# shellcheck shell=bash disable=SC2034
# A path is as safe as every directory to it: dotfiles repositories that carry etc/docker/daemon.json.

IN='bookworm trixie'

set_up() {
	useradd -m alice 2>/dev/null || {
		echo 'alice:x:1500:1500::/home/alice:/bin/sh' >>/etc/passwd
		mkdir -p /home/alice && chown 1500:1500 /home/alice
	}
	mkdir -p /home/alice/dotfiles
	printf '{\n  "dns": ["1.1.1.1"]\n}\n' >/home/alice/dotfiles/daemon.json
	chown -R alice: /home/alice/dotfiles
	ln -s /home/alice/dotfiles/daemon.json /etc/docker/daemon.json
	systemctl restart docker
	docker_up
}

expect() {
	like "$CHECKED" '(fail|refused|held)[^.]*file\.daemon-json' "$1: check does not pass it"
	like "$PLAN$CHECKED" '/home/alice' "$1: the directory is named"
	is "$(h stat -c %U /home/alice/dotfiles/daemon.json)" alice "$1: a user's file stays the user's"
}
