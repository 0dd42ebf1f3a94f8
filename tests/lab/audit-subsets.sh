#!/bin/bash
#
# The part of campaign-fidelity that runs on this machine itself, in a mount namespace of its own
# (`unshare --mount`): random rules beside random rules of somebody else, in the files and in the kernel,
# applied and rolled back. It uses keys of its own, and leaves the kernel's list as it found it.
#
# usage: audit-subsets.sh HARDEN DIRECTORY SUBSETS SEED   (an empty directory)
# prints "SEED: N rules" for each that is good, else the difference as well

set -euo pipefail

HARDEN=$1 WORK=$2 SUBSETS=$3 SEED=$4
KEY=fidelity-$$
OTHERS=others-$$
# shellcheck source=audit-view.sh
. "$(dirname "$0")/audit-view.sh"
trap 'auditctl -D -k "$OTHERS" >/dev/null; auditctl -D -k "$KEY" >/dev/null' EXIT

# Those of other tests come and go meanwhile.
ours() {
	auditctl -l | grep -E -- "$KEY|$OTHERS" || true
}

files() {
	find /etc/audit/rules.d -printf '%p %y %#m %U:%G\n' | sort
	find /etc/audit/rules.d -type f -printf '%p %T@ ' -exec sha256sum {} \; | sort
}

# Up to four of somebody else: loaded, written, or both.
random_others() {
	local i rule
	auditctl -D -k "$OTHERS" >/dev/null
	rm -f /etc/audit/rules.d/*
	for ((i = RANDOM % 5; i > 0; i--)); do
		rule="-w $WORK/other$i -p wa -k $OTHERS"
		# shellcheck disable=SC2086  # words
		((RANDOM % 3 == 0)) || auditctl $rule >/dev/null 2>&1
		((RANDOM % 3 == 0)) || echo "$rule" >>/etc/audit/rules.d/$((RANDOM % 9))0-others.rules
	done
}

random_baseline() {
	local i perm=(w wa rwa x r a) tree=(true false)
	printf 'baseline: lab\nversion: "1"\ntitle: Watches\ncontrols:\n'
	for ((i = RANDOM % 12; i >= 0; i--)); do
		mkdir -p "$WORK/watched$i"
		printf '  - id: lab.c%d\n    severity: medium\n    title: Watched\n    resources:\n' "$i"
		printf '      - audit-rules: { watch: %s, perm: %s, tree: %s, key: %s }\n' \
			"$WORK/watched$i" "${perm[RANDOM % 6]}" "${tree[RANDOM % 2]}" "$KEY"
	done
}

for ((n = 0; n < SUBSETS; n++)); do
	seed=$(((SEED + n * 7919) % 32768))
	RANDOM=$seed
	random_others
	random_baseline >"$WORK/audit.yaml"
	chmod 600 "$WORK/audit.yaml"
	ours >"$WORK/rules.before"
	files >"$WORK/files.before"
	"$HARDEN" apply --yes --health-timeout 0 --baseline "$WORK/audit.yaml" >"$WORK/said" 2>&1 || echo "apply ends $?"
	count=$(auditctl -l | grep -c -- "$KEY") || true
	"$HARDEN" rollback --yes --health-timeout 0 >>"$WORK/said" 2>&1 || echo "rollback ends $?"
	ours >"$WORK/rules.after"
	files >"$WORK/files.after"
	if diff "$WORK/rules.before" "$WORK/rules.after" && diff "$WORK/files.before" "$WORK/files.after"; then
		echo "$seed: $count rules"
	else
		cat "$WORK/said"
		echo "bad: seed $seed"
	fi
done
