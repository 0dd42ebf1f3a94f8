# shellcheck shell=bash disable=SC2034
# Without docker-proxy dockerd 20.10 listens itself at ports that it publishes for IPv6, and takes nothing
# there: a handshake of the kernel's is no answer.

IN='bookworm'
ARGS=(--only daemon.live-restore --only daemon.userland-proxy)
ACK=(--ack daemon.userland-proxy)

set_up() {
	docker network create --ipv6 --subnet fd00:5::/64 six
	docker run -d --name web --restart always --network six -p 8097:80 -p '[::]:8096:80' bb /bin/httpd -f
	until timeout 1 bash -c 'exec 3<>/dev/tcp/::1/8097'; do sleep 0.1; done
}

# What nobody has taken lies in the queue of the one that listens there.
queued() {
	h ss -Hltn | awk -v at="[::]:$1" '$4 == at { print $2 }'
}

expect() {
	local at
	for at in 8096 8097; do
		like "$(tr -s "\n " "  " <<<"$APPLIED")" "\[::1\]:$at of the container 'web' takes no connection any more: dockerd starts no proxy for it, as was announced" \
			"$1: the lost port $at is named"
		unlike "$(tr -s "\n " "  " <<<"$APPLIED")" "the longest \(\[::1\]:$at" "$1: ... and is not away for a time"
		ok "$1: ... nor is its queue filled" test "$(queued "$at")" -lt 6
	done
}
