#!/bin/bash
#
# Tests the lab itself: are its hosts what the other tests take them for?

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

docker_version() {
	h docker version --format '{{.Server.Version}}'
}

# A host is what a test starts with: ready, and with nothing done to it.
test_fresh_host() {
	local suite=$1 version=$2
	like "$(docker_version)" "^${version//./\\.}" "$suite: Docker $version answers"
	is "$(h docker ps --all --quiet)" '' "$suite: no container yet"
	like "$(h cat /etc/machine-id)" '^[0-9a-f]{32}$' "$suite: a machine id of its own"
	is "$(h uname -n)" "$HOST" "$suite: its name is that of the host"
	ok "$suite: nothing failed to start but audit and kernel modules" \
		h sh -c '! systemctl --failed --plain --no-legend | grep -Ev "^(auditd|audit-rules|systemd-modules-load)\.service "'
}

# run must be as good as a shell there.
test_run() {
	local suite=$1
	exits 37 "$suite: run passes the exit code" h sh -c 'exit 37'
	is "$(printf 'a\nb' | h cat)" $'a\nb' "$suite: run passes standard input"
	is "$(h sh -c 'echo out; echo err >&2' 2>/dev/null)" out "$suite: run keeps the streams apart"
	is "$(SECRET=x h sh -c 'echo "${SECRET-none} $HOME $LANG $TERM $PWD"')" 'none /root C.UTF-8 dumb /' \
		"$suite: run gives a clean environment"
	is "$(h printf '%s|' 'a b' '' '$c')" 'a b||$c|' "$suite: run passes arguments as they are"
}

# harden's files live in /etc and /var: these must be a file system like any other.
test_file_system() {
	local suite=$1
	h sh -c 'mkdir /etc/x /etc/y && echo 1 >/etc/x/f && echo 2 >/etc/y/f'
	ok "$suite: RENAME_EXCHANGE of two files" h perl -e "$EXCHANGE" /etc/x/f /etc/y/f
	is "$(h cat /etc/x/f /etc/y/f)" $'2\n1' "$suite: ... exchanges them"
	ok "$suite: RENAME_EXCHANGE of two directories" h perl -e "$EXCHANGE" /etc/x /etc/y
	ok "$suite: RENAME_EXCHANGE of two files that were there" h perl -e "$EXCHANGE" /etc/hosts /etc/hostname
	h perl -e "$EXCHANGE" /etc/hosts /etc/hostname
	ok "$suite: a directory that was there can be renamed" h mv /etc/docker /etc/docker.old
	h mv /etc/docker.old /etc/docker
	h setfacl -m u:1:r /etc/x/f
	like "$(h getfacl -cn /etc/x/f)" 'user:1:r--' "$suite: ACLs are kept"
	h setfattr -n user.note -v kept /etc/x/f
	h setfattr -n security.note -v kept /etc/x/f
	is "$(h getfattr -m - -d /etc/x/f | grep -c kept)" 2 "$suite: extended attributes are kept"
	h ln /etc/fstab /etc/fstab.link
	is "$(h stat -c %i /etc/fstab)" "$(h stat -c %i /etc/fstab.link)" "$suite: a hard link is the same inode"
	is "$(h stat -c %d / /etc /etc/fstab /etc/passwd /var/lib /usr/bin/env | sort -u | wc -l)" 1 \
		"$suite: one device number for the whole root"
}

test_snapshot() {
	local suite=$1
	h rm -rf /etc/snap
	h sh -c 'mkdir -p /etc/snap/d && echo 1 >/etc/snap/f && ln -s f /etc/snap/l && chmod 4711 /etc/snap/f'
	snapshot_tree "$WORK/a" /etc/snap /etc/none
	snapshot_tree "$WORK/b" /etc/snap /etc/none
	same_tree "$WORK/a" "$WORK/b" "$suite: two snapshots of one tree are equal"
	like "$(cat "$WORK/a")" '/etc/none absent' "$suite: a snapshot tells of what is missing"
	notices "$suite" 'content, all else equal' 'touch -r f t && echo 2 >f && touch -r t f && rm t'
	notices "$suite" 'mode' 'chmod 4710 f'
	notices "$suite" 'owner' 'chown -h 1 l'
	notices "$suite" 'target of a link' 'ln -sfn g l'
	notices "$suite" 'ACL' 'setfacl -m u:1:r d'
	notices "$suite" 'extended attribute' 'setfattr -n user.a -v 1 d'
	notices "$suite" 'new file' ': >d/new'
	notices "$suite" 'type' 'rm -r d && mkfifo d'
}

# notices SUITE WHAT COMMAND: a snapshot after COMMAND differs, and goes on from there.
notices() {
	h sh -c "cd /etc/snap && $3"
	snapshot_tree "$WORK/b" /etc/snap /etc/none
	ok "$1: a snapshot shows a change of: $2" bash -c '! cmp -s "$1" "$2"' bash "$WORK/a" "$WORK/b"
	mv "$WORK/b" "$WORK/a"
}

test_containers() {
	local suite=$1 pid
	image_import
	container_run sleeper --label lab=1 -- /bin/sleep 1000
	container_run server /bin/httpd -f -p 8080
	pid=$(container_pid sleeper)
	like "$pid" '^[1-9][0-9]*$' "$suite: a container runs"
	is "$(h docker inspect -f '{{.Config.Labels.lab}}' sleeper)" 1 "$suite: docker arguments reach docker"
	ok "$suite: a container talks to another" h docker exec sleeper sh -c "echo | nc -w 5 $(address_of server) 8080"

	echo '{ "live-restore": true }' | h_write /etc/docker/daemon.json
	h systemctl reload docker
	ok "$suite: a reload switches live-restore on" wait_live_restore
	h systemctl restart docker
	is "$(container_pid sleeper)" "$pid" "$suite: with live-restore, a restart of docker leaves the container alone"
	h docker rm --force server >/dev/null
}

address_of() {
	h docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$1"
}

# A reload answers before it is done.
wait_live_restore() {
	local i
	for ((i = 0; i < 50; i++)); do
		[[ $(h docker info --format '{{.LiveRestoreEnabled}}') == false ]] || return 0
		sleep 0.1
	done
	return 1
}

test_reboot() {
	local suite=$1 boot
	boot=$(h cat /proc/1/stat | cut -d' ' -f22)
	"$LAB" reboot "$HOST" --cut
	isnt "$(h cat /proc/1/stat | cut -d' ' -f22)" "$boot" "$suite: after a power cut it boots anew"
	is "$(h docker ps --all --format '{{.Names}}')" sleeper "$suite: ... on the disk it had"
	"$LAB" reboot "$HOST"
	ok "$suite: an orderly reboot, and Docker is up" docker_version
}

test_two_hosts() {
	local first=$1 second=$2
	HOST=$first h sh -c 'echo mine >/etc/mark; echo mine >/var/lib/mark; echo mine >/usr/mark; echo mine >/var/lib/docker/mark'
	HOST=$second
	is "$(h find /etc /usr /var -xdev -name mark)$(h find /var/lib/docker -name mark)" '' 'two hosts share no file'
	is "$(h docker images --quiet)" '' 'two hosts share no image'
	isnt "$(h cat /etc/machine-id)" "$(cat "$("$LAB" path "$first")/etc/machine-id")" 'two hosts have two machine ids'
	HOST=$second h systemctl stop docker.socket docker.service
	HOST=$first
	ok 'what one host stops, the other goes on with' docker_version
	is "$(cat "$("$LAB" path "$first")/etc/mark")" mine 'path shows the files of a host'
	exits 1 'a name is taken once' "$LAB" boot bookworm "$first"
}

test_roots() {
	root_start bookworm --minbase
	exits 127 'minbase: no systemctl' "$LAB" chroot "$HOST" systemctl
	exits 127 'minbase: no docker' "$LAB" chroot "$HOST" docker
	ok 'minbase: apt reaches its packages' "$LAB" chroot "$HOST" sh -c 'apt-get -qq update && apt-get -qq install -y --no-install-recommends acl && getfacl /'
	exits 23 'chroot passes the exit code' "$LAB" chroot "$HOST" sh -c 'sleep 4711 & exit 23'
	ok 'chroot leaves no process' bash -c '! pgrep -f "^sleep 4711$"'
	root_start trixie --bind "$(readlink -f "$0"):/opt/test"
	ok 'chroot shows what is bound' "$LAB" chroot "$HOST" grep -q 'Tests the lab itself' /opt/test
	exits 1 '... read-only' "$LAB" chroot "$HOST" sh -c 'echo >>/opt/test || exit 1'
	exits 1 'a root is not booted' "$LAB" run "$HOST" true
}

# traces NAME...: everything that could still tell of them.
traces() {
	local name
	for name; do
		grep -F "/$name/" /proc/self/mountinfo || true
		losetup --list --noheadings --output BACK-FILE | grep -F "$name" || true
		pgrep -af -- "--machine=$name( |\$)" || true
		find /sys/fs/cgroup -name "*$name*"
		find "${HARDEN_LAB_RUN:-/run/harden-lab}" /run/systemd/nspawn -name "$name" 2>/dev/null || true
	done
}

test_suite() {
	local suite=$1 version=$2
	time_boot "$suite"
	test_fresh_host "$suite" "$version"
	test_run "$suite"
	test_file_system "$suite"
	test_snapshot "$suite"
	test_containers "$suite"
	test_reboot "$suite"
}

time_boot() {
	local before=$EPOCHREALTIME
	host_start "$@"
	diag "$1: ready after $(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $before }") s"
}

EXCHANGE='my ($a, $b) = @ARGV; exit(syscall(316, -100, $a, -100, $b, 2) == 0 ? 0 : 1)'

need_lab
"$LAB" build bookworm 2>/dev/null
"$LAB" build trixie 2>/dev/null
"$LAB" build forky 2>/dev/null

test_suite bookworm 20.10.24
test_suite trixie 26.1.5
test_suite forky 28.5.2
first=${HOSTS[0]}
time_boot bookworm
test_two_hosts "$first" "${HOSTS[-1]}"
test_roots

used=("${HOSTS[@]}")
while ((${#HOSTS[@]})); do
	HOST=${HOSTS[0]}
	host_stop
done
is "$(traces "${used[@]}")" '' 'nothing is left of the hosts'
