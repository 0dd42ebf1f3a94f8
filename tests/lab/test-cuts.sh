#!/bin/bash
#
# A share of campaign-cuts, with its control arm.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

need_lab
for tool in qemu-system-x86_64 mkfs.ext4 mkfs.xfs mkfs.btrfs; do
	command -v "$tool" >/dev/null || skip_all "$tool is not installed (see tests/lab/packages)"
done

for fs in ext4 xfs btrfs; do
	exits 0 "$fs: real power cuts leave one image or the other" \
		"$LAB_DIR/campaign-cuts" -b "$(dirname "$HARDEN")" -n 3 -c 2 "$fs"
	diag "$OUTPUT"
	like "$OUTPUT" "$fs +with its syncs: 3 cuts, .* 0 bad" "$fs: ... all of them"
done
