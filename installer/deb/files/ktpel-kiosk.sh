#!/bin/sh
# The kiosk with the package's own Python. Called by root it goes on as the kiosk's user, so that nothing in the data folder
# ever belongs to root; the data of that user lies in /var/lib/ktpel-kiosk.
set -eu
TREE=/usr/lib/ktpel-kiosk
SELF=/usr/bin/ktpel-kiosk

if [ "$(id -u)" = 0 ]; then
    user=ktpel
    [ "${1:-} ${2:-}" != "update trust" ] || user=ktpel-update # whom to believe about new versions is not the window's to say
    exec setpriv --reuid="$user" --regid="$user" --init-groups --reset-env -- \
        /usr/bin/env LANG="${LANG:-C.UTF-8}" TERM="${TERM:-dumb}" ${DISPLAY:+"DISPLAY=$DISPLAY"} ${XAUTHORITY:+"XAUTHORITY=$XAUTHORITY"} \
        ${QT_QPA_PLATFORM:+"QT_QPA_PLATFORM=$QT_QPA_PLATFORM"} "$SELF" "$@"
fi
if [ "$(id -un)" = ktpel ]; then
    export HOME=/var/lib/ktpel-kiosk XDG_DATA_HOME=/var/lib
    umask 077
fi
unset PYTHONHOME PYTHONSTARTUP PYTHONINSPECT PYTHONPATH LD_LIBRARY_PATH LD_PRELOAD QT_PLUGIN_PATH
export PYTHONNOUSERSITE=1 PYTHONSAFEPATH=1
exec "$TREE/runtime/bin/python3.11" -m ktpel_kiosk.app.entry "$@"
