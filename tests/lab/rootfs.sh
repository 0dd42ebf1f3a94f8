# shellcheck shell=bash
#
# Root file systems: built once per recipe, never written to again. Every host
# lays a file system of its own on top.
#
#   $CACHE/bookworm-<hash of the recipe>/root        the file system
#   $CACHE/bookworm-<hash of the recipe>/image.tar   a container image (busybox)

# Variants: full (a Docker host), minbase (nothing but apt), vm (full, with a
# kernel and what vm.sh needs).

# packages_of SUITE VARIANT: what is installed besides a minimal Debian.
packages_of() {
	[[ $2 != minbase ]] || return 0
	echo systemd systemd-sysv dbus docker.io auditd
	echo iptables iproute2 procps openssl acl attr strace busybox-static
	echo libyaml-0-2 libjansson4 libaudit1 libacl1 libaugeas0 augeas-lenses libsystemd0 libseccomp2
	case $1 in
	bookworm) echo libcurl4 libssl3 ;;
	trixie | forky) echo docker-cli libcurl4t64 libssl3t64 ;;
	esac
	[[ $2 != full ]] || echo nftables
	[[ $2 != vm ]] || echo linux-image-cloud-amd64 initramfs-tools udev kmod
}

# recipe SUITE VARIANT: everything that decides what is built. Its hash names
# the result, so a changed recipe is a new build. Raise the number when the
# code below changes the result.
recipe() {
	echo "format 1"
	echo "suite $1, variant $2"
	packages_of "$1" "$2"
	[[ $2 != vm ]] || { declare -f finish_vm && cat "$HERE/vm-agent"; }
}

rootfs_dir() {
	local hash
	hash=$(recipe "$1" "$2" | sha256sum)
	if [[ $2 == full ]]; then
		printf '%s/%s-%s\n' "$CACHE" "$1" "${hash:0:12}"
	else
		printf '%s/%s-%s-%s\n' "$CACHE" "$1" "$2" "${hash:0:12}"
	fi
}

# sources_of SUITE: apt source lines for SUITE, from wherever this machine gets
# Debian's packages. Prints nothing if that cannot be told; mmdebstrap then
# uses its own default.
sources_of() {
	local archive security
	archive=$(machine_repository '^(bookworm|trixie|sid|stable|testing|oldstable)$') || return 0
	echo "deb $archive $1 main"
	echo "deb $archive $1-updates main"
	security=$(machine_repository '-security$') || return 0
	echo "deb $security $1-security main"
}

machine_repository() {
	apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v release="$1" '$1 == "Debian" && $2 ~ release && $3 == "main" { print $4; exit }' |
		grep .
}

# apt_options: how apt on this machine reaches the network and judges time
# stamps, as mmdebstrap options. The built system keeps them.
apt_options() {
	apt-config dump --format '%f "%v"%n' |
		awk '/^Acquire::((https?|ftp)::(Proxy|CAInfo)|Check-(Valid-Until|Date)) "./ { print "--aptopt=" $0 }'
}

lab_build() {
	local suite=${1-} variant=full
	[[ $suite == bookworm || $suite == trixie || $suite == forky ]] || misuse "the suites are bookworm, trixie and forky"
	[[ ${2-} != --minbase ]] || variant=minbase
	build_variant "$suite" "$variant"
}

# build_variant SUITE VARIANT: safe to call at any time, by any number of
# processes: one builds, the others wait for it, and the result appears whole.
build_variant() {
	local suite=$1 variant=$2 dir
	dir=$(rootfs_dir "$suite" "$variant")
	[[ ! -d $dir ]] || return 0
	mkdir -p "$CACHE"
	(
		flock 9
		[[ -d $dir ]] || build_rootfs "$suite" "$variant" "$dir"
	) 9>"$dir.lock"
}

# The lock (fd 9) is not for the children to hold: a daemon started by some
# package's script would keep it for ever.
build_rootfs() {
	local suite=$1 variant=$2 dir=$3 tmp=$3.tmp packages options sources
	need_tools mmdebstrap busybox
	printf 'lab: building %s (%s), once, about a minute\n' "$suite" "$variant" >&2
	rm -rf -- "$tmp"
	# shellcheck disable=SC2064  # the directory is known now and local later
	trap "rm -rf -- '$tmp'" EXIT
	mkdir "$tmp"
	packages=$(packages_of "$suite" "$variant" | tr '\n' ' ')
	mapfile -t options < <(apt_options)
	# Debian's next release: its index can be past its date where a mirror lags.
	[[ $suite != forky ]] || options+=(--aptopt='Acquire::Check-Valid-Until "false"')
	mapfile -t sources < <(sources_of "$suite")
	mmdebstrap --mode=root --variant=minbase --format=directory \
		${packages:+--include="$packages"} \
		"${options[@]}" "$suite" "$tmp/root" "${sources[@]}" >"$dir.log" 2>&1 9>&- ||
		{ tail -n 20 "$dir.log" >&2 && die "building $suite failed, whole log: $dir.log"; }
	[[ $variant != vm ]] || finish_vm "$tmp/root"
	build_image "$tmp/image.tar"
	chmod 755 "$tmp"
	mv -T "$tmp" "$dir"
	trap - EXIT
}

# build_image FILE: the smallest container image that can do something: busybox
# under the names of all its applets (/bin/sleep, /bin/sh, /bin/httpd, ...).
build_image() {
	local file=$1 tree applet
	tree=$(mktemp -d "$CACHE/image.XXXXXX")
	mkdir -p "$tree"/{bin,etc,tmp,proc,sys,dev}
	cp "$(command -v busybox)" "$tree/bin/busybox"
	for applet in $(busybox --list); do
		[[ $applet == busybox ]] || ln -s busybox "$tree/bin/$applet"
	done
	echo 'root:x:0:0:root:/:/bin/sh' >"$tree/etc/passwd"
	echo 'root:x:0:' >"$tree/etc/group"
	tar -C "$tree" --owner=0 --group=0 --numeric-owner --sort=name -cf "$file" .
	rm -rf -- "$tree"
}
