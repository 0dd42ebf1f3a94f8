# shellcheck shell=bash disable=SC2034
# dockerd is stopped and the file system of its data root is not mounted: an empty mount point is
# not "no containers, no images".

ARGS=(--only daemon.icc --only daemon.no-new-privileges --only daemon.userland-proxy)

set_up() {
	docker rm -f keep
	systemctl stop docker.service docker.socket
	mkdir /mnt/disk
	mount --bind /var/lib/docker /mnt/disk # the lab's data root is a mount
	umount /var/lib/docker
	echo 'LABEL=docker /var/lib/docker ext4 defaults,nofail 0 2' >>/etc/fstab
}

expect() {
	local all=(--level 2 --only daemon.userns-remap "${ARGS[@]}")
	like "$PLAN" "'/var/lib/docker' has a file system of its own" "$1: the plan says what is missing"
	like "$(h_harden plan "${all[@]}")" 'No changes\. 4 held back' "$1: all are held"
	like "$(h_harden plan --root / "${all[@]}")" 'No changes\. 4 held back' "$1: ... as in an image"
}

after() {
	h mount --bind /mnt/disk /var/lib/docker
	h systemctl start docker.socket docker.service
	is "$(h docker ps --format '{{.Names}}')" pub "$1: its container is back"
	unlike "$(h_harden plan "${ARGS[@]}")" 'a file system of its own' "$1: mounted, it is looked into"
}
