#!/bin/bash
#
# Will it come back? `check --next-boot` names each of these time bombs before a boot sets it off, with its
# file, names none on a healthy host, and leaves nothing of its trial behind. All bombs on all suites:
#
#     HARDEN_LAB_WHOLE=1 tests/lab/test-next-boot.sh
#
# By default the bombs are laid on one suite, as what is found hangs on no version of Docker's.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=harden.sh
. "$(dirname "$0")/harden.sh"

JSON=/etc/docker/daemon.json

config() {
	h_write "$JSON" <<<"$1"
}

# What a boot would read, and systemd has not read yet: nobody tells it to.
dropin() {
	h mkdir -p "/etc/systemd/system/$1.d"
	h_write "/etc/systemd/system/$1.d/bomb.conf" <<<"$2"
}

# --- the bombs: each lays itself; what it changed of these places is put back behind it -----------------

PLACES=(/etc/docker /etc/systemd/system /etc/default /etc/modprobe.d /etc/subuid /etc/subgid /etc/fstab
	/etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/sysctl.d)

lay_removed() {
	case $SUITE in
	bookworm) config '{"log-level": "info", "disable-legacy-registry": true}' ;; # gone since 19.03
	*) config '{"log-level": "info", "cluster-store": "x"}' ;;
	esac
}
lay_flag() {
	config $'{\n  "icc": true\n}'
	h_write /etc/default/docker <<<'DOCKER_OPTS="--icc=false"'
}
lay_plugin() { config $'{\n  "authorization-plugins": ["nobody"]\n}'; }
lay_logs() { config $'{\n  "log-driver": "nobody"\n}'; }
lay_certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 10 -subj /CN=host -keyout "$WORK/key" -out "$WORK/cert" 2>/dev/null
	h mkdir -p /etc/docker/tls
	h_write /etc/docker/tls/cert.pem <"$WORK/cert"
	h_write /etc/docker/tls/key.pem 600 <"$WORK/key"
	config '{"tlsverify": true, "tlscacert": "/etc/docker/tls/cert.pem", "tlscert": "/etc/docker/tls/cert.pem", "tlskey": "/etc/docker/tls/key.pem"}'
}
lay_lost_certificate() {
	lay_certificate
	h rm /etc/docker/tls/cert.pem
}
lay_overlay() {
	h mkdir -p /etc/modprobe.d
	h_write /etc/modprobe.d/cis.conf <<<$'# unused file systems\ninstall cramfs /bin/false\ninstall overlay /bin/false'
}
lay_br_netfilter() {
	h mkdir -p /etc/modprobe.d
	config '{"icc": false}'
	h_write /etc/modprobe.d/cis.conf <<<'install br-netfilter /bin/true'
}
lay_subuid() {
	h useradd --system --no-create-home dockremap
	h_write /etc/subuid </dev/null
	h_write /etc/subgid </dev/null
	config '{"userns-remap": "default"}'
}
lay_mount() {
	h mkdir -p /srv/docker
	h mount -t tmpfs data /srv/docker
	config '{"data-root": "/srv/docker"}'
}
lay_mount_unit() {
	lay_mount
	h_write /etc/systemd/system/srv-docker.mount <<<$'[Mount]\nWhat=data\nWhere=/srv/docker\nType=tmpfs\n[Install]\nWantedBy=local-fs.target'
}
lay_port() {
	config $'{\n  "metrics-addr": "127.0.0.1:9323"\n}'
	h_write /etc/systemd/system/other.socket <<<$'[Socket]\nListenStream=9323\n[Install]\nWantedBy=sockets.target'
	h mkdir -p /etc/systemd/system/sockets.target.wants
	h ln -s /etc/systemd/system/other.socket /etc/systemd/system/sockets.target.wants/other.socket
}
lay_masked() { h ln -s /dev/null /etc/systemd/system/docker.service; }
lay_group() { dropin docker.socket $'[Socket]\nSocketGroup=gone'; }

# Beside the twelve.
lay_disabled() { h rm /etc/systemd/system/multi-user.target.wants/docker.service; }
lay_containerd() { h ln -s /dev/null /etc/systemd/system/containerd.service; }
lay_driver() { config $'{\n  "storage-driver": "vfs"\n}'; }
lay_broken() { config $'{\n  "icc": false,\n  "log-level"\n}'; }
lay_value() { config $'{\n  "default-ulimits": {},\n  "bip": "172.17.0.0/99"\n}'; }
lay_exec() { dropin docker.service $'[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H fd:// --no-such-flag'; }

# name | what has to be said of it
BOMBS="
removed           | fail +next\.config +$JSON:1: .*(cluster-store|disable-legacy-registry)
flag              | fail +next\.config +$JSON:2: .*icc.*--icc=false of /etc/default/docker
plugin            | fail +next\.plugins +$JSON:2: .*nobody.*dockerd would give up
logs              | fail +next\.logs +$JSON:2: .*nobody.*no container
lost_certificate  | fail +next\.tls +/etc/docker/tls/cert\.pem: .*not there.*tlscert
overlay           | (fail|not measured) +next\.kernel +/etc/modprobe\.d/cis\.conf:3: .*overlay
br_netfilter      | (fail|not measured) +next\.kernel +/etc/modprobe\.d/cis\.conf:1: .*br_netfilter
subuid            | fail +next\.userns +/etc/subuid: .*dockremap
mount             | fail +next\.mount +/etc/fstab: '/srv/docker' is mounted now
mount_unit        | fail +next\.mount +/etc/systemd/system/srv-docker\.mount: .*no boot starts
port              | fail +next\.ports +/etc/systemd/system/other\.socket:2: .*9323
masked            | fail +next\.unit +/etc/systemd/system/docker\.service: .*masked
group             | fail +next\.socket +/etc/systemd/system/docker\.socket\.d/bomb\.conf:2: .*SocketGroup=gone
value             | fail +next\.start +$JSON:3: dockerd was started.*172\.17\.0\.0/99
"

# Beside the twelve, and what only a start tells.
MORE="
disabled          | fail +next\.unit +docker\.service runs, and is not enabled
containerd        | fail +next\.unit +/etc/systemd/system/containerd\.service: .*masked
driver            | fail +next\.sight +$JSON:2: .*out of sight.*'vfs'
broken            | fail +next\.config +$JSON:[34]:
exec              | fail +next\.start .*no-such-flag
"

# The start itself, where it says so: of what a trial in namespaces can show.
GIVES_UP='^(removed|flag|subuid|broken|value|exec)$'

remember() {
	h rm -rf /root/before
	h mkdir /root/before
	for place in "${PLACES[@]}"; do
		! h test -e "$place" || h cp -a --parents "$place" /root/before
	done
}

put_back() {
	h sh -c 'mountpoint -q /srv/docker && umount /srv/docker; for p; do rm -rf "$p"; test ! -e "/root/before$p" || cp -a "/root/before$p" "$p"; done' \
		sh "${PLACES[@]}"
}

# One line, as the report's columns would have it without an end.
next_boot() {
	exits "$1" "$2" h env COLUMNS=200 harden check --next-boot --color never
	SAID=$(tr -s ' \n' ' ' <<<"$OUTPUT")
}

test_bombs() {
	local name want
	while IFS='|' read -r name want; do
		read -r name <<<"$name"
		[[ -n $name && $name =~ ${HARDEN_NEXT_BOMB:-.} ]] || continue
		"lay_$name"
		next_boot 2 "$SUITE, $name: the check ends with 2"
		like "$SAID" "${want# }" "$SUITE, $name: ... and names it, and where"
		[[ ! $name =~ $GIVES_UP ]] || like "$SAID" 'fail next\.start .*gave up' "$SUITE, $name: ... the start itself gave up, too"
		put_back
	done <<<"$1"
	next_boot 0 "$SUITE: with all of them taken away it would come back"
}

# What is unusual, and in order: name | daemon.json | ExecStart=, empty: as it is.
GOOD='
tls, tcp alone    | {"hosts": ["tcp://10.9.9.9:2376"], "tlsverify": true, "tlscacert": "/etc/docker/tls/cert.pem", "tlscert": "/etc/docker/tls/cert.pem", "tlskey": "/etc/docker/tls/key.pem"} | /usr/sbin/dockerd
remapped          | {"userns-remap": "default"} |
remapped, moved   | {"userns-remap": "default", "data-root": "/srv/new/docker"} |
addresses         | {"bip": "10.7.0.1/24", "ipv6": true, "fixed-cidr-v6": "fd00:7::/64", "default-address-pools": [{"base": "10.8.0.0/16", "size": 24}]} |
quiet             | {"log-level": "fatal", "live-restore": true, "iptables": false, "ip-forward": false} |
no bridge         | {"bridge": "none"} |
a site bridge     | {"bridge": "br-site"} |
other places      | {"data-root": "/srv/new/docker", "exec-root": "/srv/exec", "pidfile": "/srv/pid/docker.pid"} |
other sockets     | {"hosts": ["unix:///srv/api/docker.sock", "unix:///var/run/docker.sock"]} | /usr/sbin/dockerd
own containerd    | {} | /usr/sbin/dockerd -H fd://
metrics           | {"metrics-addr": "0.0.0.0:9323", "experimental": true} |
vfs               | {"storage-driver": "vfs"} |
containerd images | {"features": {"containerd-snapshotter": true}} |
'

# dockerd starts with it: what lies elsewhere by then is another matter.
test_good() {
	local name json start
	h ip link add br-site type bridge
	while IFS='|' read -r name json start; do
		[[ -n $name ]] || continue
		lay_certificate
		config "$json"
		[[ ! $start =~ / ]] || dropin docker.service $'[Service]\nExecStart=\nExecStart='"$start"
		OUTPUT=$(h env COLUMNS=200 harden check --next-boot --color never --verbose 2>&1 || true)
		like "$(tr -s ' \n' ' ' <<<"$OUTPUT")" 'pass next\.start' "$SUITE, ${name%%  *}: dockerd starts with it"
		put_back
	done <<<"$GOOD"
	h ip link delete br-site
}

# effective: all of the host that a start of dockerd changes, one fact a line; without what counts by itself, and
# without "tentative", which an address is for its first two seconds.
effective() {
	h sh -c 'mount; ip -o link; ip -o addr | sed "s/ tentative//"; iptables-save | grep -v "^#" | sed "s/\[.*\]//"
		sysctl -a 2>/dev/null | grep -Ev "random|nr_free|dentry|inode-|file-nr|pty.nr|cookie_secret|ns_last_pid|entropy|nf_conntrack_count|perf_event_max_sample_rate|perf_cpu_time"
		find /sys/fs/cgroup -type d; ls /var/run/netns /run/docker/netns 2>&1
		ps -eo pid,args | grep -E "[d]ockerd|[c]ontainerd"' | LC_ALL=C sort
}

test_healthy() {
	image_import
	container_run web -p 8080:80 --restart always -- /bin/httpd -f
	local pid
	pid=$(container_pid web)
	snapshot_tree "$WORK/before" /etc /var/lib/docker /var/lib/containerd /usr/local /opt /tmp
	effective >"$WORK/effective-before"
	next_boot 0 "$SUITE: a healthy host comes back"
	like "$SAID" 'it would come back; [0-9]+ pass, 0 fail\.' "$SUITE: ... which is said"
	unlike "$SAID" 'not measured' "$SUITE: ... and all of it was measured"
	like "$(h harden check --next-boot --json | jq -c '[.exit_code, .summary.fail, (.next_boot[] | select(.id == "next.start").outcome)]')" \
		'^\[0,0,"pass"\]$' "$SUITE: ... as JSON, too: dockerd was started, and answered"
	snapshot_tree "$WORK/after" /etc /var/lib/docker /var/lib/containerd /usr/local /opt /tmp
	same_tree "$WORK/before" "$WORK/after" "$SUITE: nothing of it is left behind in files"
	effective >"$WORK/effective-after"
	same_tree "$WORK/effective-before" "$WORK/effective-after" "$SUITE: ... nor in force: rules, links, mounts, settings, processes"
	is "$(container_pid web)" "$pid" "$SUITE: ... the container was left alone"
}

# Where no trial can be made that is not measured, and never a pass.
test_without() {
	local less=(setpriv '--bounding-set=-sys_admin')
	exits 2 "$SUITE, root that may make no namespaces: the check ends with 2" h "${less[@]}" harden check --next-boot
	like "$OUTPUT" 'not measured +next\.start' "$SUITE: ... since the start was not measured"
	exits 0 "$SUITE: ... which --allow-unmeasured lets pass" h "${less[@]}" harden check --next-boot --allow-unmeasured
	exits 64 "$SUITE: an image has no next boot that is tried" h_harden check --next-boot --root /srv
}

# --- packages that are not installed yet ---------------------------------------------------------------

# package NAME FILE: NAME.deb with this file as dockerd, in the host's /root.
package() {
	local root=$WORK/$1
	mkdir -p "$root/DEBIAN" "$root/usr/sbin" "$root/lib/systemd/system"
	install -m 755 "$2" "$root/usr/sbin/dockerd"
	printf '%s\n' 'Package: docker.io' 'Version: 99' 'Architecture: all' 'Maintainer: lab <lab@localhost>' \
		'Description: dockerd' >"$root/DEBIAN/control"
	dpkg-deb -Znone -b "$root" "$WORK/$1.deb" >/dev/null
	h_write "/root/$1.deb" <"$WORK/$1.deb"
}

# The host's release is this machine's, whose libarchive it is lent.
lend_libarchive() {
	local library
	library=$(ldconfig -p | sed -n 's/.*libarchive\.so\.13 .*=> //p' | head -n 1)
	h_write /usr/local/lib/libarchive.so.13 <"$library"
	h ldconfig
}

next_package() {
	exits "$1" "$2" h env COLUMNS=200 harden check --next-package "/root/$3.deb" --color never
	SAID=$(tr -s ' \n' ' ' <<<"$OUTPUT")
}

test_packages() {
	lend_libarchive
	h cat /usr/sbin/dockerd >"$WORK/dockerd"
	package same "$WORK/dockerd"
	next_package 0 "$SUITE: an upgrade that changes nothing comes back" same
	like "$SAID" 'the next boot, with same\.deb' "$SUITE: ... and says what it is about"
	gcc -x c -o "$WORK/stub" - <<-'C'
		#include <stdio.h>
		int main(void)
		{
			fprintf(stderr, "unable to configure the Docker daemon with file /etc/docker/daemon.json: the "
				"following directives don't match any configuration option: api-cors-header\n");
			return 1;
		}
	C
	package kills "$WORK/stub"
	config $'{\n  "api-cors-header": "x"\n}'
	next_package 2 "$SUITE: an upgrade that kills the daemon is known before it is installed" kills
	like "$SAID" "fail next\\.start $JSON:2: .*api-cors-header" "$SUITE: ... with the line that it dies of"
	next_package 0 "$SUITE: ... (control arm: the line itself is none of a fault)" same
	h rm -f "$JSON"
	is "$(h sha256sum /usr/sbin/dockerd | cut -d' ' -f1)" "$(sha256sum "$WORK/dockerd" | cut -d' ' -f1)" \
		"$SUITE: ... the host has its own dockerd"
	h_write /root/text.deb <<<'a text'
	next_package 1 "$SUITE: what is no package is an error" text
}

for SUITE in "${SUITES[@]}"; do
	host_start "$SUITE"
	test_healthy
	remember
	if whole "$SUITE"; then
		test_bombs "$BOMBS"
		test_without
	fi
	if [[ -n ${HARDEN_LAB_WHOLE-} ]]; then
		test_bombs "$MORE"
		test_good
	fi
	[[ $SUITE != bookworm ]] || test_packages
	host_stop
done
