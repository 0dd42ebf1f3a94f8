#!/bin/sh
# What is unknown stays unknown: only who gathers facts reads the members behind containers_get()
# and count_get(), which say whether there is an answer at all; and what the kernel tells of a container
# by numbers (int and int64_t of struct container) is -1 in container_init(): 0 would be an answer.
#
#     unknown.sh SOURCE_DIRECTORY
set -eu
cd "$1"

found=$(grep -nE -r --include='*.c' '(->|\.)n?seen\b|\b(images|volumes)\.(n|known)\b|containers\.known\b' \
	modules cli rollback engine/effect engine/facts engine/plan engine/model engine/format |
	grep -Ev '^engine/facts/[^:]*:|^engine/model/container-list\.c:' || true)
[ -z "$found" ] || {
	echo 'read by containers_get(), containers_running() or count_get(), which tell unknown from none:'
	echo "$found"
	exit 1
}

[ -f engine/model/container.h ] || exit 0
members()
{
	sed -n '/^struct container {/,/^}/p' engine/model/container.h | tr '\n' ' ' | sed 's|/\*|\x01|g;s|\*/|\x02|g;s|\x01[^\x02]*\x02||g' | tr ';' '\n' |
		sed -nE "s/^[[:space:]{]*(struct container )?[[:space:]{]*($1) +(.*)/\\3/p" | tr -d '*' | tr ', ' '\n\n'
}
{
	members 'int|int64_t' | while read -r member; do
		[ -z "$member" ] || grep -q "^		\.$member = -1,$" engine/model/container.c ||
			echo "engine/model/container.c: container_init() does not set '$member' to -1, not known"
	done
	members 'char|struct strv' | while read -r member; do
		[ -z "$member" ] || grep -q "^	offsetof(struct container, $member),$" engine/model/container.c ||
			echo "engine/model/container.c: container_clear() does not release '$member'"
	done
} | { ! grep .; }
