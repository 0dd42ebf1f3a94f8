#!/bin/bash
#
# What harden knows of dockerd's settings is held against the real dockerd of each suite: every
# key and flag with a value of every type, every option of every log driver.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

KEYS=${KEYS:-$(readlink -m "$LAB_DIR/../../build/tests/lab/daemon-keys")}

# In the host: "FILE ok" or "FILE refused" for each file of a directory. A dockerd without
# --validate is kept from starting by a data root that cannot be, and "asked" are the keys which
# that takes a flag for.
ask_dockerd='
	how=--validate
	dockerd --help | grep -q -e --validate || how="--data-root /dev/null/x --exec-root /run/ask/x --pidfile /run/ask/pid -H unix:///run/ask/sock --containerd /run/ask/none"
	for file in "$1"/*.json; do
		case $(dockerd --config-file "$file" $how 2>&1) in
		*"both as a flag"*) echo "${file##*/} asked" ;;
		*"match any configuration option"* | *"cannot unmarshal"* | *"invalid size"*) echo "${file##*/} refused" ;;
		*) echo "${file##*/} ok" ;;
		esac
	done'

flags_of_dockerd() {
	h dockerd --help | sed -n 's/^ *\(-[a-zA-Z], \)\?--\([a-z0-9-]*\).*/\2/p'
}

test_files() {
	local suite=$1 version flags
	version=$(h docker version --format '{{.Server.Version}}')
	mapfile -t flags < <(flags_of_dockerd)
	mkdir -p "$WORK/$suite"
	"$KEYS" files "$version" "$WORK/$suite" "${flags[@]}" >"$WORK/mine"
	tar -C "$WORK" -cf - "$suite" | h tar -C /run -xf -
	h sh -c "$ask_dockerd" sh "/run/$suite" | LC_ALL=C sort >"$WORK/theirs"
	sed 's/ refused .*/ refused/' "$WORK/mine" | LC_ALL=C sort >"$WORK/ours"
	awk '$2 == "asked" { asked[$1] = 1; next } FNR != NR && !asked[$1]' "$WORK/theirs" "$WORK/ours" >"$WORK/mine"
	isnt "$(grep -c refused "$WORK/theirs")" 0 "$suite: dockerd refuses some files"
	is "$(diff <(grep -v ' asked$' "$WORK/theirs") "$WORK/mine")" '' "$suite: harden takes and refuses what dockerd $version does (${#flags[@]} flags)"
}

# In the host: "DRIVER OPTION yes|no" for lines as the table prints them.
ask_options='
	while read -r driver option _ sample; do
		set --
		for o in $sample; do set -- "$@" --log-opt "$o"; done
		case $(docker create --log-driver "$driver" "$@" --log-opt "$option=" lab-busybox true 2>&1 </dev/null) in
		*"unknown log opt"* | *"is not a valid option"*) echo "$driver $option no" ;;
		*) echo "$driver $option yes" ;;
		esac
	done'

# Of the drivers that this dockerd was built with: it looks for another one for 15 s.
test_options() {
	local suite=$1 built version
	version=$(h docker version --format '{{.Server.Version}}')
	built=$(h docker info --format '{{range .Plugins.Log}}{{.}} {{end}}')
	"$KEYS" options "$version" | awk -v built=" $built" 'index(built, " " $1 " ")' >"$WORK/options"
	h sh -c "$ask_options" <"$WORK/options" >"$WORK/theirs"
	isnt "$(grep -c ' no$' "$WORK/theirs")" 0 "$suite: dockerd refuses some options"
	is "$(diff "$WORK/theirs" <(cut -d' ' -f1-3 "$WORK/options"))" '' \
		"$suite: log drivers take the options that harden says"
}

for suite in "${SUITES[@]}"; do
	host_start "$suite"
	image_import
	test_files "$suite"
	test_options "$suite"
	host_stop
done
