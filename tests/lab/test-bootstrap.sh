#!/bin/bash
#
# The README's two commands on a bare Debian: apt and a shell, no compiler, no git, no sudo.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

TOP=$(readlink -m "$LAB_DIR/../..")

c() {
	"$LAB" chroot "$HOST" "$@"
}

# What git knows, as it stands: no build directory comes along.
copy_tree() {
	git -c safe.directory='*' -C "$TOP" ls-files -z --cached --others --exclude-standard |
		tar -C "$TOP" --null --files-from=- --ignore-failed-read -cf - |
		tar -C "$("$LAB" path "$HOST")/srv" -xf -
}

root_start bookworm --minbase
copy_tree
ok 'the root has no compiler' c sh -c '! command -v cc && ! command -v gcc'
ok 'the root has no git' c sh -c '! command -v git'
exits 0 './bootstrap plan works from nothing' c sh -c 'cd /srv && ./bootstrap plan'
like "$OUTPUT" 'baseline docker-host' '... and shows a plan for this machine'
started=$EPOCHREALTIME
exits 0 './bootstrap plan again' c sh -c 'cd /srv && ./bootstrap plan'
ok '... is quick' awk "BEGIN { exit !($EPOCHREALTIME - $started < 5) }"
exits 0 './bootstrap test works from nothing' c sh -c 'cd /srv && ./bootstrap test --suite unit --suite cli --suite lint'
like "$OUTPUT" '[0-9]+ passed, 0 failed' '... and ends with its counts'
ok '... without what only other suites need' \
	c sh -c '! command -v qemu-system-x86_64 && ! command -v mkfs.xfs && ! command -v systemd-nspawn && ! command -v clang'
