# shellcheck shell=bash disable=SC2034
# What harden wrote and no start beside containers takes up is not a change of others; nor is what somebody
# wrote and had dockerd reload.

IN='bookworm trixie'
ARGS=(--only daemon.live-restore --only daemon.icc --only daemon.no-new-privileges)
ACK=(--ack daemon.no-new-privileges)

expect() {
	local edited reloaded
	h sh -c 'cp -p /etc/docker/daemon.json /root/ours; sed -i "1s/{/{ \"max-concurrent-downloads\": 4,/" /etc/docker/daemon.json'
	run_of edited h_harden plan --only daemon.userland-proxy
	like "$edited" '"max-concurrent-downloads": 4' "$1: what is not reloaded waits"
	unlike "$edited" '"icc"' "$1: what is pending is ours, whatever the file has beside it"
	h sh -c 'systemctl reload docker; sleep 1'
	run_of reloaded h_harden plan --only daemon.userland-proxy
	unlike "$reloaded" 'others changed' "$1: what was reloaded does not wait"
	h sh -c 'cp -p /root/ours /etc/docker/daemon.json; systemctl reload docker; sleep 1'
}
