# shellcheck shell=bash disable=SC2034
# The next start would be another dockerd than the one that runs (pharos-cluster#479, moby#29640).

IN='trixie'

set_up() {
	cp /usr/sbin/dockerd /usr/sbin/dockerd.new
	printf '\0' >>/usr/sbin/dockerd.new
	mv /usr/sbin/dockerd.new /usr/sbin/dockerd
	systemctl show -P InvocationID docker.service >/run/invocation
}

between() {
	systemctl show -P InvocationID docker.service | cmp - /run/invocation && echo same process
}

expect() {
	like "$PLAN" '/usr/sbin/dockerd' "$1: the plan says that the program was replaced"
	like "$BETWEEN" 'same process' "$1: the new one is not started by the way"
}
