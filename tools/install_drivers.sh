#!/bin/sh
# Lays the files that devices need from the operating system in place: udev rules, hwdb entries, modprobe settings of drivers/*/.
#
#   install_drivers.sh             install or update (as root)
#   install_drivers.sh --dry-run   say what would be done
#   install_drivers.sh --remove    take away what was installed
#
# Environment: DESTDIR     root of the file system to write to (packages, tests); then nothing is reloaded
#              UDEV_DIR    /etc/udev          a package uses /usr/lib/udev
#              MODPROBE_DIR /etc/modprobe.d   a package uses /usr/lib/modprobe.d
#              STATE_DIR   /var/lib/ktpel-kiosk   the list of what was installed
#
# Exit codes: 0 done, 1 not possible, 2 wrong usage.
set -eu

DESTDIR=${DESTDIR:-}
UDEV_DIR=${UDEV_DIR:-/etc/udev}
MODPROBE_DIR=${MODPROBE_DIR:-/etc/modprobe.d}
STATE_DIR=${STATE_DIR:-/var/lib/ktpel-kiosk}
DRIVERS=$(CDPATH='' cd -- "$(dirname -- "$0")/../drivers" && pwd)
LIST=$DESTDIR$STATE_DIR/drivers.list

action=install
case ${1:-} in
    '') ;;
    --remove) action=remove ;;
    --dry-run) action=dry ;;
    *) echo "usage: $0 [--dry-run|--remove]" >&2; exit 2 ;;
esac
[ $# -le 1 ] || { echo "usage: $0 [--dry-run|--remove]" >&2; exit 2; }

if [ "$(uname -s)" != Linux ] && [ -z "$DESTDIR" ]; then
    echo "$0: only Linux needs these files; see drivers/*/README.md for this system" >&2
    exit 1
fi
if [ "$action" != dry ] && [ -z "$DESTDIR" ] && [ "$(id -u)" -ne 0 ]; then
    echo "$0: run as root, or set DESTDIR" >&2
    exit 1
fi

# where a file of drivers/ belongs, or nothing
target_of() {
    case $1 in
        *.rules) echo "$UDEV_DIR/rules.d/$(basename -- "$1")" ;;
        *.hwdb) echo "$UDEV_DIR/hwdb.d/$(basename -- "$1")" ;;
        */blacklist-*.conf | */modprobe-*.conf) echo "$MODPROBE_DIR/$(basename -- "$1")" ;;
    esac
}

rules_changed=no
hwdb_changed=no
note() {
    case $1 in
        */rules.d/*) rules_changed=yes ;;
        */hwdb.d/*) hwdb_changed=yes ;;
    esac
}

# whole or not at all: written beside the old one, then renamed
put() {
    mkdir -p -- "$(dirname -- "$2")"
    cp -- "$1" "$2.ktpel-new"
    chmod 0644 "$2.ktpel-new"
    mv -f -- "$2.ktpel-new" "$2"
}

# only what lies in one of our three folders is ever removed, whatever the list says
take_away() {
    case $1 in
        *..*) return ;;
        "$UDEV_DIR"/rules.d/?* | "$UDEV_DIR"/hwdb.d/?* | "$MODPROBE_DIR"/?*) ;;
        *) return ;;
    esac
    if [ -f "$DESTDIR$1" ]; then
        rm -f -- "$DESTDIR$1"
        echo "removed $1"
        note "$1"
    fi
}

reload() {
    [ -z "$DESTDIR" ] || return 0
    command -v udevadm >/dev/null 2>&1 || return 0
    [ -S /run/udev/control ] || { echo "udev does not run here: the rules count from the next start"; return 0; }
    if [ "$hwdb_changed" = yes ]; then
        if command -v systemd-hwdb >/dev/null 2>&1; then systemd-hwdb update; else udevadm hwdb --update; fi
    fi
    if [ "$rules_changed" = yes ] || [ "$hwdb_changed" = yes ]; then
        udevadm control --reload || echo "udevadm could not reload: the rules count from the next start"
        udevadm trigger --action=change --subsystem-match=usb --subsystem-match=hidraw --subsystem-match=video4linux \
            --subsystem-match=tty || true
    fi
}

wanted=$(find "$DRIVERS" -mindepth 2 -maxdepth 2 -type f \( -name '*.rules' -o -name '*.hwdb' -o -name '*.conf' \) | LC_ALL=C sort)
new_list=
twice=
old_ifs=$IFS
IFS='
'
for file in $wanted; do
    target=$(target_of "$file")
    [ -n "$target" ] || continue
    case "
$new_list" in *"
$target
"*) twice=$target ;; esac
    new_list="$new_list$target
"
done
if [ -n "$twice" ]; then
    echo "$0: two files in drivers/ want to be $twice" >&2
    exit 1
fi

if [ "$action" = remove ]; then
    if [ -f "$LIST" ]; then
        while IFS= read -r target; do take_away "$target"; done <"$LIST"
        rm -f -- "$LIST"
        rmdir -- "$DESTDIR$STATE_DIR" 2>/dev/null || true
    fi
    IFS=$old_ifs
    reload
    exit 0
fi

for file in $wanted; do
    target=$(target_of "$file")
    [ -n "$target" ] || continue
    if cmp -s -- "$file" "$DESTDIR$target"; then
        continue
    fi
    if [ "$action" = dry ]; then
        echo "would install $target"
        continue
    fi
    put "$file" "$DESTDIR$target"
    echo "installed $target"
    note "$target"
done
[ "$action" = dry ] && exit 0

# an older version's files that this one no longer has
if [ -f "$LIST" ]; then
    while IFS= read -r target; do
        case "
$new_list" in *"
$target
"*) ;; *) take_away "$target" ;; esac
    done <"$LIST"
fi
mkdir -p -- "$DESTDIR$STATE_DIR"
printf '%s' "$new_list" >"$LIST.ktpel-new"
mv -f -- "$LIST.ktpel-new" "$LIST"
IFS=$old_ifs
reload
