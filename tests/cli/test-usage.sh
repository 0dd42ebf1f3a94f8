#!/bin/sh
# Usage errors, suggestions, help and the tables behind them.
. "$SOURCE/tests/cli/lib.sh"
: "${PLANTED:?}"
JUST_HARDEN=$HARDEN

expect 64 "no command given; 'harden help' lists them"
expect 64 "unknown command 'aply'; did you mean 'apply'?" aply
expect 64 "unknown command 'completely-else'; 'harden help' lists them" completely-else
expect 64 "unknown command 'merge'" merge
expect 64 "option '--keep' wants a number, not '-1'" prune --keep=-1
expect 64 "not both" prune --keep 1 20260101
expect 64 "unknown option '--bassline'; did you mean '--baseline'?" plan --bassline=x
expect 64 "unknown option '-z'" plan -z
expect 64 "option '--level' wants 1|2, not '3'" plan --level=3
expect 64 "option '--format' wants text|json, not 'sarif'" check --format sarif
expect 64 "command 'list' takes no option '--yes'" list --yes
expect 64 "command 'audit' takes no option '--ack'" audit --ack=daemon.icc
expect 64 "command 'plan' does not take 'extra'" plan extra
expect 64 "command 'explain' wants more: harden explain CONTROL" explain
expect 64 "'baseline' takes 'lint' or 'show', not 'lnit'" baseline lnit x
expect 64 "'baseline lint' wants at least one file" baseline lint
expect 64 "option '--force' only goes with '--out'" plan --force
expect 64 "option '--out' wants a file's name, not '-'" plan -o -
expect 64 "option '--level' does not go with a saved plan" apply --level=2 some.plan
expect 64 "option '--observe' does not go with a saved plan" apply --observe=10s some.plan
for command in plan apply 'apply --dry-run'; do
	# shellcheck disable=SC2086  # words
	expect 64 "option '--observe' does not go with '--root'" $command --observe 10s --root "$work"
	# shellcheck disable=SC2086
	expect 64 "option '--observe' wants at least 10s" $command --observe 9999ms
done
expect 64 "command 'check' takes no option '--observe'" check --observe 10s
if [ "$(id -u)" -eq 0 ]; then
	code=0
	"$HARDEN" apply --observe 10s --only daemon.icc </dev/null >"$work/out" 2>"$work/err" || code=$?
	# a container is refused before that
	ok '--observe: nobody can be asked, which is said first' sh -c '[ "$1" -ne 64 ] || ! grep -q counted "$2"' sh "$code" "$work/err"
fi
expect 64 "'rollback' takes one --only" rollback --only=a,b
expect 64 "command 'plan' takes no option '--next-boot'" plan --next-boot
expect 64 '--next-boot is about this host' check --next-boot --root "$work"
expect 64 "option '--only' does not go with --next-boot" check --next-boot --only daemon.icc
expect 64 "option '--level' does not go with --next-package" check --next-package x.deb --level 1
expect 64 "unknown command 'plam'; did you mean 'plan'?" help plam
expect 64 "; there are bench, " list --baseline "$work/baseline.yaml" --map nosuch
expect 64 "did you mean 'daemon.icc'?" explain --baseline "$work/baseline.yaml" icc
expect 64 "did you mean 'daemon." explain --baseline "$work/baseline.yaml" 'daemon.*'
expect 64 '--only and --skip leave none of' list --only daemon.icc --skip 'daemon.*'
expect 64 '--level 1 and --only and --skip leave none of' list --level 1 --only daemon.icc --skip 'daemon.*'
for locale in zh_CN zh_CN.GB2312; do
	code=0
	LC_ALL=$locale "$HARDEN" explain daemon.icc >"$work/out" 2>"$work/err" </dev/null || code=$?
	ok "$locale: English where its signs cannot be printed" test $code -eq 0
	ok "$locale: none is escaped" sh -c '! grep -qF "\\u{" "$1"' sh "$work/out"
done

for option in only skip ack; do
	expect 64 "--$option 'daemon.ic' names no control; did you mean 'daemon.icc'?" \
		plan --root / --$option daemon.ic
done
expect 64 "--ack 'daemon.*' names no control" plan --ack 'daemon.*'
expect 64 "'daemon.ic' names no control; did you mean 'daemon.icc'?" explain daemon.ic
expect 64 "did you mean 'bench'?" list --baseline "$work/baseline.yaml" --map bnech

golden help 0 help
golden help-plan 0 help plan
golden help-apply 0 fix --help
expect 0 '' --help
expect 0 '' --version
golden version 0 version
json 0 help
json 0 version

# an escape sequence on the command line does not reach the terminal
escape=$(printf '\033[31m')
expect 64 "unknown command '\\x1b[31m'" "$escape"

# errors are JSON, too, where JSON is asked for: one object, also of a mistake on the command line
json 64 plan --nonsense
ok 'it says what stderr says' grep -q "\"message\": \"unknown option '--nonsense'" "$work/out"
json 64 nonsense
json 64 list --only 'nothing.*'
json 64 explain nothing.at-all
json 1 plan --root "$work/nowhere"
json 1 show 19990101
json 1 plan --baseline "$work/nowhere.yaml" --format json
ok '... with the exit code' grep -q '"exit_code": 1' "$work/out"
ok '... and the path that it is about' grep -q "\"path\": \"$work/nowhere.yaml\"" "$work/out"
printf 'baseline: x\nbad\n' >"$work/bad.yaml"
json 1 plan --baseline "$work/bad.yaml"
ok 'that of a mistake in a file, too' grep -q "\"path\": \"$work/bad.yaml\"" "$work/out"
json 64 plan --nonsense
ok 'and none of what is about no path' grep -q '"path": null' "$work/out"
harden nonsense
ok '... and nothing on stdout where it is not' test ! -s "$work/out"

# a reader that has seen enough is not an error
code=$(sh -c '{ "$HARDEN" help 2>"$1"; echo $? >"$2"; } | true; cat "$2"' - "$work/err" "$work/code")
ok '| head ends with 0' test "$code" = 0
ok '... and says nothing' test ! -s "$work/err"

# each mistyped name gets one and the same suggestion, wherever it is mistyped
for word in daemon.ic daemon.icx; do
	expect 64 "did you mean 'daemon.icc'?" explain $word
	expect 64 "did you mean 'daemon.icc'?" list --only $word
done

# what would keep this machine from coming back is anybody's guess, but none of it is started
HARDEN_PLANT='daemon true boot' HARDEN=$PLANTED
export HARDEN_PLANT
json 2 check --next-boot
ok 'a start that was not tried is not measured' sh -c \
	'jq -e ".next_boot[] | select(.id == \"next.start\") | .outcome == \"not_measured\"" "$1" >/dev/null' - "$work/out"
harden check --next-boot
ok '... and the text says so' grep -q "^not measured *next.start " "$work/out"
unset HARDEN_PLANT
HARDEN=$JUST_HARDEN

# every stream closed
ok 'stdin, stdout and stderr may be closed' sh -c '"$HARDEN" version <&- >/dev/null 2>&-'
ok 'a stdout that is full is an error' sh -c '! "$HARDEN" help >/dev/full 2>/dev/null'

# apt's hook: it ends apt where harden says that dockerd would not come back (2), and for nothing else.
hook=$(sed -n 's/^DPkg::Pre-Install-Pkgs {"\(.*\)";};$/\1/p' "$SOURCE/packaging/90harden-next-package")
mkdir "$work/bin"
printf '#!/bin/sh\nfor a; do echo "[$a]"; done >>"$LOG"\nexit "$CODE"\n' >"$work/bin/harden"
chmod 755 "$work/bin/harden"
hook_ends()
{
	code=0
	: >"$work/log"
	printf '%s\n' /v/bash.deb '/a b/docker*ce.deb' /v/runc_1.deb |
		CODE=$1 LOG=$work/log PATH=$work/bin:$PATH sh -c "$hook" >"$work/out" 2>&1 || code=$?
	test $((code != 0)) -eq "$2"
}
ok 'the hook lets an upgrade pass that comes back' hook_ends 0 0
ok '... with the packages of Docker alone' test "$(tr '\n' ' ' <"$work/log")" = \
	'[check] [--allow-unmeasured] [--next-package=/a b/docker*ce.deb] [--next-package=/v/runc_1.deb] '
ok '... and one of which harden cannot tell' hook_ends 1 0
ok '... and where there is no harden' hook_ends 127 0
ok '... and ends apt where dockerd would not come back' hook_ends 2 1
finish
