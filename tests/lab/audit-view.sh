# shellcheck shell=bash
#
# audit-view.sh - in a mount namespace of its own: rule files, harden's state and the audit log of this
# machine are empty directories below $WORK. The kernel's rules are still those of all.

mkdir -p "$WORK/rules.d" "$WORK/state" "$WORK/log"
mkdir -p /etc/audit/rules.d /var/lib/harden /var/log/audit
mount --bind "$WORK/rules.d" /etc/audit/rules.d
mount --bind "$WORK/state" /var/lib/harden
mount --bind "$WORK/log" /var/log/audit
chmod 700 /var/lib/harden
