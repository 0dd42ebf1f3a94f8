#!/bin/sh
# Several baselines at once: whose control an id or a number is, and what a site's files say of it.
. "$SOURCE/tests/cli/lib.sh"

root=$work/root
mkdir -p "$root/etc/harden/conf.d" "$root/etc/harden/waivers.d" "$root/var/lib"
echo x >"$root/etc/motd"
chmod 640 "$root/etc/motd"

# baseline FILE ID MODE [ALIAS]: one control on one file
baseline()
{
	cat >"$work/$1.yaml" <<-EOF
	baseline: $1
	version: "1"
	title: $1
	controls:
	  - id: $2
	    title: the motd
	    aliases: [${4-}]
	    resources:
	      - file: { path: /etc/motd, mode: "$3" }
	EOF
}
b1=$work/b1.yaml b2=$work/b2.yaml

# one id in two of them: neither verdict may stand for the other
baseline b1 x.mode 0600
baseline b2 x.mode 0644
twice="b2.yaml:5:9: control 'x.mode' is in two of the baselines that were given; it is first in '$work/b1.yaml', line 5"
for command in "plan --root $root" "check --root $root" "apply --yes --root $root" 'list' 'explain x.mode'; do
	# shellcheck disable=SC2086  # words
	expect 1 "$twice" $command --baseline "$b1" --baseline "$b2"
done
ok 'nothing was changed' test "$(stat -c %a "$root/etc/motd")" = 640
printf 'site: s\ncontrols:\n  x.mode: { level: 2 }\n' >"$work/site.yaml"
expect 1 "$twice" baseline lint --baseline "$b1" --baseline "$b2" "$work/site.yaml"

# the very same file, by whatever name
ln -s b1.yaml "$work/other.yaml"
expect 1 "'$b1' is given twice" check --root "$root" --baseline "$b1" --baseline "$b1"
expect 1 "'$work/other.yaml' is given twice: it is '$b1'" check --root "$root" --baseline "$b1" --baseline "$work/other.yaml"
expect 1 "'docker-host' is given twice" check --root "$root" --baseline docker-host --baseline docker-host

# a number that a control of each has means both, and is consent to neither
baseline b1 x.mode 0600 1.1@bench
baseline b2 y.mode 0644 1.1@bench
both="--baseline $b1 --baseline $b2"
# shellcheck disable=SC2086  # words
{
	harden list $both --only 1.1@bench
	ok 'a number of both takes both' sh -c 'grep -q x.mode "$1" && grep -q y.mode "$1"' sh "$work/out"
	expect 64 'is a number of several controls, give one of their names: x.mode (1.1@bench), y.mode (1.1@bench)' \
		plan --root "$root" $both --ack 1.1@bench
	printf 'site: s\ncontrols:\n  1.1@bench: { level: 2 }\n' >"$root/etc/harden/conf.d/10.yaml"
	expect 1 "10.yaml:3:3: '1.1@bench' is a number of several controls, give one of their names: x.mode (1.1@bench), y.mode (1.1@bench)" plan --root "$root" $both
	rm "$root/etc/harden/conf.d/10.yaml"
}

# what a site says of a control that nobody has: an error where the built-in ones are among them, else a warning
site()
{
	printf 'site: s\ncontrols:\n  %s: { level: 2 }\n' "$1" >"$root/etc/harden/conf.d/10.yaml"
}
waive()
{
	printf 'waivers:\n  - { control: %s, owner: me, reason: x, until: %s }\n' "$1" "${2-2999-01-31}" \
		>"$root/etc/harden/waivers.d/${3-10}.yaml"
}
site daemon.ic
expect 0 "warning: it does not count: /etc/harden/conf.d/10.yaml:3:3: no control 'daemon.ic'" plan --root "$root" --baseline "$b1"
expect 1 "10.yaml:3:3: no control 'daemon.ic'; did you mean 'daemon.icc'?" plan --root "$root"
expect 1 "10.yaml:3:3: no control 'daemon.ic'; did you mean 'daemon.icc'?" plan --root "$root" --baseline docker-host
expect 1 "10.yaml:3:3: no control 'daemon.ic'; did you mean 'daemon.icc'?" plan --root "$root" --baseline "$b1" --baseline docker-host
site x.mode
expect 1 "10.yaml:3:3: no control 'x.mode'" plan --root "$root"
expect 0 '' list --baseline "$b1" --baseline docker-host
expect 0 '' plan --root "$root" --baseline "$b1" --baseline docker-host
ok 'what is known is no warning' sh -c '! grep -q 10.yaml "$1"' sh "$work/err"
rm "$root/etc/harden/conf.d/10.yaml"
waive x.mod
for given in "--baseline $b1" "--baseline $b1 --baseline docker-host"; do
	# shellcheck disable=SC2086  # words
	expect 0 "10.yaml:2:16: there is no control 'x.mod' to waive; did you mean 'x.mode'?" plan --root "$root" $given
done

# a waiver's control by its id, or by a number of it alone
chmod 666 "$root/etc/motd"
for name in x.mode 1.1@bench '"1.1"'; do
	waive "$name"
	expect 0 '' check --root "$root" --baseline "$b1" --allow-unmeasured
	ok "waived by $name" grep -q 'waived .*x.mode' "$work/out"
done
# shellcheck disable=SC2086  # words
expect 2 "10.yaml:2:16: '1.1' is a number of several controls, give one of their names: x.mode (1.1@bench), y.mode" \
	check --root "$root" $both

# of several waivers one that has not ended counts, in whatever order they are read
waive x.mode 2999-01-31 10
waive 1.1@bench 2020-01-31 20
expect 0 '' check --root "$root" --baseline "$b1" --allow-unmeasured
waive x.mode 2020-01-31 10
waive x.mode 2999-01-31 20
expect 0 '' check --root "$root" --baseline "$b1" --allow-unmeasured
waive x.mode 2021-01-31 20
expect 2 '' check --root "$root" --baseline "$b1" --allow-unmeasured
ok 'where all have, the last is told' grep -q 'ended on 2021-01-31' "$work/out"
finish
