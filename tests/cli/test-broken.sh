#!/bin/sh
# What somebody broke: files that were applied, and the ledger itself. Every command names it and
# goes on with the rest.
. "$SOURCE/tests/cli/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'the made-up system must belong to root'

b=$here/baseline.yaml

# a config file that does not parse any more
for how in stop keep before; do
	make_root "host-$how"
	host=$work/host-$how file=$work/host-$how/etc/docker/daemon.json
	picture "$host" >"$work/before"
	harden apply --root "$host" --baseline "$b" --yes
	printf '{\n  "icc": false,\n  live\n' >"$file"
	cp "$file" "$work/broken"
	case $how in
	stop)
		golden broken-stop 5 rollback --root "$host" --yes
		ok 'the broken file stays' cmp -s "$file" "$work/broken"
		;;
	keep)
		expect 0 '' rollback --root "$host" --yes --on-conflict keep
		ok 'the broken file stays' cmp -s "$file" "$work/broken"
		expect 0 '' recover --root "$host"
		;;
	before)
		expect 0 '' rollback --root "$host" --yes --on-conflict before
		picture "$host" >"$work/now"
		ok 'all is as before' cmp -s "$work/before" "$work/now"
		;;
	esac
done
finish
