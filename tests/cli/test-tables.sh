#!/bin/sh
# The manual and the completion know every command and every option that the program knows, and
# no others.
. "$SOURCE/tests/cli/lib.sh"

man=$SOURCE/packaging/harden.1
completion=$SOURCE/packaging/harden.bash

harden help
commands=$(sed -n '/^Commands:/,/^$/ s/^  \([a-z]*\) .*/\1/p' "$work/out")
aliases=$(sed -n '/^Commands:/,/^$/ s/.*(also: \([a-z]*\))$/\1/p' "$work/out")
options=$(sed -n '/^Options/,/^$/p' "$work/out" | grep -o -- '--[a-z][a-z-]*')

ok 'there are commands' test "$(echo "$commands" | wc -l)" -gt 10
ok 'there are options' test "$(echo "$options" | wc -l)" -gt 20
for c in $commands; do
	ok "harden(1) describes $c" grep -qE "^\.It Cm $c( |\$)" "$man"
done
for a in $aliases; do
	ok "harden(1) names $a" grep -qE "^\.Cm $a\$" "$man"
done
for o in $options; do
	ok "harden(1) describes $o" grep -qE -- "^\.It .*Fl -${o#--}( |\$)" "$man"
done
for word in $commands $aliases $options; do
	ok "the completion knows $word" grep -qE -- "(^|[[:space:]'])$word([[:space:]']|\$)" "$completion"
done

if command -v bash >/dev/null; then
	completed=$(bash -c '. "$1"
		_harden_controls() { echo daemon.icc daemon.live-restore daemon.log-level; }
		COMP_WORDS=(harden plan --only daemon.icc,daemon.l) COMP_CWORD=3
		_harden && echo "${COMPREPLY[@]}"' - "$completion")
	ok 'behind a comma the next control is completed' \
		test "$completed" = 'daemon.icc,daemon.live-restore daemon.icc,daemon.log-level'
else
	skip 1 'no bash'
fi

described=$(grep -E '^\.It .*Fl ' "$man" | grep -oE 'Fl -[a-z-]+' | sed 's/Fl -/--/')
for o in $described; do
	ok "the option $o of harden(1) exists" sh -c 'echo "$1" | grep -qxF -- "$2"' - "$options" "$o"
done
for c in $(sed -n '/^\.Ss Commands/,/^\.El/ s/^\.It Cm \([a-z]*\).*/\1/p' "$man" | sort -u); do
	ok "the command $c of harden(1) exists" sh -c 'echo "$1" | grep -qxF -- "$2"' - "$commands" "$c"
done

for code in $(sed -n 's/.*= \([0-9]*\),.*/\1/p' "$SOURCE/cli/exit-codes.h"); do
	case $code in
	6 | 128) continue ;; # not in this release; the base of three others
	esac
	ok "harden(1) explains exit code $code" grep -qx ".It $code" "$man"
done

# Each setting of dockerd that a guard speaks for stands in the table of what holds a control back.
holds=$(sed -n '/^\.Sh WHAT HOLDS/,/^\.Sh WHEN/ s/^\.It Li //p' "$man" | sed 's/ , /\n/g')
guards=$({ sed -n '/^} guards\[\] = {/,/^};/ s/^\t{"\([a-z0-9-]*\)".*/\1/p' "$SOURCE"/modules/daemon/guards*.c
	sed -n 's/^\t{"\([a-z0-9-]*\)".*\.hides = SIGHT_OF_.*/\1/p' "$SOURCE"/engine/format/daemon-keys.c; } | grep -vx graph | sort -u)
ok 'there are guards' test "$(echo "$guards" | wc -l)" -gt 15
for g in $guards; do
	ok "harden(1) says what holds $g back" sh -c 'echo "$1" | grep -qxF -- "$2"' - "$holds" "$g"
done
for h in $holds; do
	ok "the guard of $h in harden(1) exists" sh -c 'echo "$1" | grep -qxF -- "$2"' - "$guards" "$h"
done

# Files that the manual names are those that the program reads and writes, or that are installed.
files=$(sed -n '/^\.Sh FILES/,/^\.Sh BOOT/ s/^\.It Pa \([^ ]*\)$/\1/p' "$man")
ok 'the manual names files' test "$(echo "$files" | wc -l)" -gt 6
for f in $files; do
	case $f in
	/var/lib/harden/*) # below STATE_DIR
		ok "the file $f of harden(1) is one" grep -rqF -- "STATE_DIR \"${f#/var/lib/harden}\"" "$SOURCE/rollback" ;;
	/*) ok "the file $f of harden(1) is one" grep -rqF --include='*.[ch]' --include='*.yaml' -- "${f##*/}" \
		"$SOURCE/cli" "$SOURCE/engine" "$SOURCE/modules" "$SOURCE/rollback" "$SOURCE/plans" ;;
	*) ok "the file $f of harden(1) is installed" grep -qF -- "${f##*/}" "$SOURCE/packaging/meson.build" "$SOURCE/plans/meson.build" ;;
	esac
done

finish
