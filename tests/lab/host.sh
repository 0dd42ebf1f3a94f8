# shellcheck shell=bash
#
# Hosts (booted) and roots (not booted). One live host is one directory:
#
#   $RUN/NAME/kind, suite    what it is
#   $RUN/NAME/binds          SRC:DST lines, shown read-only inside
#   $RUN/NAME/disk/          a tmpfs: upper, work (of the overlay), docker
#   $RUN/NAME/root/          the overlay on it: the root of the host
#   $RUN/NAME/console        what its systemd printed
#   $RUN/NAME/nspawn.pid     the systemd-nspawn that holds it
#
# The disk is one tmpfs, so that nothing of a host outlives one umount: no loop
# device, no file on the machine's disk.

# --- options ----------------------------------------------------------------

# parse_host_args ARG...: SUITE [NAME] [OPTION...] for both boot and root.
# Leaves suite, name, binds, docker and variant to the caller (its locals).
parse_host_args() {
	suite='' name='' docker=yes variant=full binds=()
	while (($#)); do
		case $1 in
		--bind)
			[[ ${2-} == /*:/* ]] || misuse "--bind wants /SRC:/DST"
			[[ -e ${2%%:*} ]] || die "--bind: ${2%%:*} does not exist"
			binds+=("$2")
			shift
			;;
		--no-docker) docker=no ;;
		--minbase) variant=minbase ;;
		-*) misuse "no such option: $1" ;;
		*)
			if [[ -z $suite ]]; then suite=$1; elif [[ -z $name ]]; then name=$1; else misuse "too many arguments: $1"; fi
			;;
		esac
		shift
	done
	[[ -n $suite ]] || misuse "which suite?"
}

# --- making one -------------------------------------------------------------

# make_root NAME KIND LOWER: the disk and the root of a new host.
make_root() {
	local dir=$RUN/$1 lower=$3
	mkdir "$dir/disk" "$dir/root"
	mount -t tmpfs -o mode=755,size=6g "lab-$1" "$dir/disk"
	mkdir "$dir/disk"/{upper,work,docker}
	chmod 710 "$dir/disk/docker" # as dockerd makes it
	copy_up "$lower" "$dir/disk/upper" etc var root
	# xino: one st_dev for all of it, as on a plain file system.
	mount -t overlay -o "xino=on,lowerdir=$lower,upperdir=$dir/disk/upper,workdir=$dir/disk/work" \
		"lab-$1" "$dir/root"
	head -c 16 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$dir/root/etc/machine-id"
	echo >>"$dir/root/etc/machine-id"
	echo "$1" >"$dir/root/etc/hostname"
	echo "$2" >"$dir/kind"
}

# copy_up LOWER UPPER DIRECTORY...: these directories leave the overlay's two layers
# and become plain directories of the tmpfs (opaque: nothing shines through). What
# harden changes lives there, and there renaming a directory, RENAME_EXCHANGE, hard
# links and inode numbers behave as on any file system.
copy_up() {
	local lower=$1 upper=$2 directory
	shift 2
	for directory; do
		cp -a "$lower/$directory" "$upper/$directory"
		setfattr -n trusted.overlay.opaque -v y "$upper/$directory"
	done
}

# --- boot -------------------------------------------------------------------

lab_boot() {
	local suite name docker variant binds
	parse_host_args "$@"
	[[ $variant == full ]] || misuse "a minimal Debian has no systemd to boot: see lab root"
	need_tools systemd-nspawn nsenter setfattr flock
	lab_build "$suite"
	name=$(claim "$name" "$suite")
	undo_on_exit "$name"
	make_root "$name" host "$(rootfs_dir "$suite" full)/root"
	echo "$suite" >"$RUN/$name/suite"
	printf '%s\n' "${binds[@]}" >"$RUN/$name/binds"
	[[ $docker == yes ]] || disable_docker "$RUN/$name/root"
	start_host "$name"
	trap - EXIT
	echo "$name"
}

# undo_on_exit NAME: until its caller says `trap - EXIT`, a failure or a signal
# takes the half-made host away again.
undo_on_exit() {
	# shellcheck disable=SC2064  # the name is known now
	trap "lab_stop '$1'" EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

disable_docker() {
	rm -f "$1"/etc/systemd/system/{multi-user.target.wants/docker.service,sockets.target.wants/docker.socket}
}

# start_host NAME: from a root on disk to a host that is ready.
start_host() {
	raise_limits
	spawn "$1"
	wait_for "$DEADLINE" host_is_ready "$1" || {
		tail -n 40 "$RUN/$1/console" >&2
		die "$1 ($(cat "$RUN/$1/suite")) was not ready within $DEADLINE s; the end of its console is above"
	}
}

# Root's instances of inotify are shared by all hosts and this machine: a dozen hosts exceed what
# the kernel grants one user (128).
raise_limits() {
	local limit=/proc/sys/fs/inotify/max_user_instances
	(($(<$limit) >= 1024)) || echo 1024 >$limit || die "$limit is $(<$limit), and cannot be raised"
}

# spawn NAME: starts systemd-nspawn, which outlives this process.
#   --keep-unit --register=no: this machine's own PID 1 may be no systemd
#   @keyring bpf: what runc and dockerd need to start containers
#   --bind disk/docker: Docker's overlays cannot lie on an overlay
# Null streams and a session of its own: a caller that reads our output through
# a pipe must see its end, and a Ctrl-C is for the caller, not for the host.
spawn() {
	local name=$1 dir=$RUN/$1 bind options=()
	while read -r bind; do
		[[ -z $bind ]] || options+=("--bind-ro=$bind")
	done <"$dir/binds"
	SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 in_cgroup "$name" setsid systemd-nspawn \
		--directory="$dir/root" --boot --machine="$name" \
		--keep-unit --register=no --settings=no --console=pipe \
		--capability=all --system-call-filter='@keyring bpf' --private-network \
		--resolv-conf=off --timezone=off --link-journal=no \
		--bind="$dir/disk/docker:/var/lib/docker" "${options[@]}" \
		</dev/null >"$dir/console" 2>&1 &
	echo $! >"$dir/nspawn.pid"
	disown
	wait_for 10 nspawn_pid "$name" >/dev/null || true # it has to exec first
}

# A control group per host. Without, every nspawn started from here would use
# the same one, and two systemds would manage each other's services.
in_cgroup() {
	local group
	group=$(findmnt --noheadings --first-only --types cgroup2 --output TARGET)/harden-lab-$1
	shift
	mkdir -p "$group"
	echo 0 >"$group/cgroup.procs"
	exec "$@"
}

# cgroups_of NAME: its control groups, the innermost first. With the hybrid
# layout of version 1, nspawn makes them in the hierarchy `systemd` as well. Groups of others, and
# this host's own last ones, may go while find is among them: it says so, and ends 1.
cgroups_of() {
	find /sys/fs/cgroup -depth -type d -path "*/harden-lab-$1*" \
		\( -path "*/harden-lab-$1/*" -o -name "harden-lab-$1" \) 2>/dev/null || true
}

remove_cgroups() {
	local group
	cgroups_of "$1" | while read -r group; do
		rmdir "$group"
	done
}

# host_is_ready NAME: `degraded` counts, as auditd cannot start in a host: the
# kernel takes audit rules from the first pid namespace alone.
host_is_ready() {
	nspawn_pid "$1" >/dev/null || {
		cat "$RUN/$1/console" >&2
		die "$1: systemd-nspawn ended; its output is above"
	}
	host_pid "$1" >/dev/null || return 1
	case $(in_host "$1" systemctl is-system-running 2>/dev/null) in
	running | degraded) ;;
	*) return 1 ;;
	esac
	in_host "$1" sh -c '! systemctl -q is-enabled docker.service || systemctl -q is-active docker.service' 2>/dev/null
}

# nspawn_pid NAME: the number alone might by now be someone else's. And by its
# executable, not its name: a dead process keeps its name until it is reaped,
# for which a PID 1 takes two seconds.
nspawn_pid() {
	local pid
	pid=$(cat "$RUN/$1/nspawn.pid" 2>/dev/null) && [[ /proc/$pid/exe -ef $(command -v systemd-nspawn) ]] && echo "$pid"
}

# host_pid NAME: the systemd that is the host's PID 1, once it runs from there.
host_pid() {
	local outer pid
	outer=$(nspawn_pid "$1") || return 1
	pid=$(pgrep -P "$outer" -x systemd) && [[ /proc/$pid/root -ef $RUN/$1/root ]] && echo "$pid"
}

# --- use --------------------------------------------------------------------

in_host() {
	local name=$1 pid
	shift
	pid=$(host_pid "$name") || die "$name is not running"
	nsenter --target "$pid" --all --root -- "${CLEAN_ENV[@]}" "$@"
}

# lab_enter NAME: the words of a command that runs what follows there, for who asks often: to find
# a host's PID 1 costs more than to enter it.
lab_enter() {
	local pid
	need_kind "${1-}" host
	pid=$(host_pid "$1") || die "$1 is not running"
	echo "nsenter --target $pid --all --root -- ${CLEAN_ENV[*]}"
}

lab_run() {
	(($# >= 2)) || misuse "run what, where?"
	need_kind "$1" host
	in_host "$@"
}

lab_pid() {
	need_kind "${1-}" host
	host_pid "$1" || die "$1 is not running"
}

lab_path() {
	kind_of "${1-}" >/dev/null
	echo "$RUN/$1/root"
}

lab_image() {
	need_kind "${1-}" host
	in_host "$1" docker import - lab-busybox >/dev/null \
		<"$(rootfs_dir "$(cat "$RUN/$1/suite")" full)/image.tar"
	echo lab-busybox
}

# lab_reboot NAME [--cut]: the disk stays, everything else is new.
lab_reboot() {
	local name=${1-}
	need_kind "$name" host
	[[ ${2-} == --cut ]] || in_host "$name" systemctl poweroff || true
	[[ ${2-} == --cut ]] || wait_for "$DEADLINE" is_off "$name" || die "$name does not power off"
	host_kill "$name"
	start_host "$name"
}

is_off() {
	! nspawn_pid "$1" >/dev/null
}

# --- roots: not booted --------------------------------------------------------

lab_root() {
	local suite name docker variant binds
	parse_host_args "$@"
	need_tools setfattr unshare
	if [[ $variant == minbase ]]; then lab_build "$suite" --minbase; else lab_build "$suite"; fi
	name=$(claim "$name" "$suite-root")
	undo_on_exit "$name"
	make_root "$name" root "$(rootfs_dir "$suite" "$variant")/root"
	echo "$suite" >"$RUN/$name/suite"
	printf '%s\n' "${binds[@]}" >"$RUN/$name/binds"
	cp /etc/resolv.conf /etc/hosts "$RUN/$name/root/etc/"
	trap - EXIT
	echo "$name"
}

# lab_chroot NAME CMD...: the mounts are made in a private mount namespace and
# the processes in a private pid namespace, so both are gone when CMD is, even
# if CMD left daemons or this shell is killed.
lab_chroot() {
	(($# >= 2)) || misuse "run what, where?"
	need_kind "$1" root
	local dir=$RUN/$1
	shift
	unshare --mount --pid --fork --kill-child -- \
		bash -euc "$CHROOT_SETUP" bash "$dir" "${CLEAN_ENV[@]}" "$@"
}

# $1 is the directory of the root, the rest the command.
CHROOT_SETUP='
	dir=$1 root=$1/root
	shift
	mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
	mount --rbind -o ro /sys "$root/sys"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs -o mode=755 tmpfs "$root/run"
	while IFS=: read -r from to; do
		[[ -n $from ]] || continue
		mkdir -p "$root$(dirname "$to")"
		if [[ -d $from ]]; then mkdir -p "$root$to"; else : >>"$root$to"; fi
		mount --bind "$from" "$root$to"
		mount -o remount,bind,ro "$root$to"
	done <"$dir/binds"
	exec chroot "$root" "$@"
'

# --- the end ------------------------------------------------------------------

# host_kill NAME: ends everything that runs in there. Only then may nspawn go,
# which cleans up after itself.
host_kill() {
	local pid
	kill_inside "$1"
	wait_for 10 is_off "$1" || {
		pid=$(nspawn_pid "$1") && kill -KILL "$pid"
		wait_for 10 is_off "$1" || die "$1: systemd-nspawn (pid $pid) does not end"
	}
	rm -f "$RUN/$1/nspawn.pid"
	wait_for 10 remove_cgroups "$1" 2>/dev/null || die "$1: its control group is still in use"
}

# kill_inside NAME: what is in its control groups, save nspawn, and what has its
# root there (a chroot has no control group). With a PID 1 goes all of its pid
# namespace. Group names of systemd may hold a backslash: hence the read -r.
kill_inside() {
	local group proc
	cgroups_of "$1" | while read -r group; do
		[[ $group == */supervisor ]] || xargs -r kill -KILL <"$group/cgroup.procs" 2>/dev/null || true
	done
	mountpoint -q "$RUN/$1/root" || return 0
	for proc in /proc/[0-9]*; do
		if [[ $proc/root -ef $RUN/$1/root ]]; then
			kill -KILL "${proc#/proc/}" 2>/dev/null || true
		fi
	done
}

# host_unmount NAME: a process that is just ending may hold on for a moment.
host_unmount() {
	local at
	for at in root disk; do
		! mountpoint -q "$RUN/$1/$at" || wait_for 10 umount -R "$RUN/$1/$at" 2>/dev/null ||
			die "$1: cannot unmount $RUN/$1/$at"
	done
}
