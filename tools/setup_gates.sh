#!/bin/sh
# What only the long gates need, after tools/setup.sh: an S3 server, wine for the Windows installer, a clean Debian root for the package.
# Whatever cannot be had is named; the gates that need it skip and say so.
set -eu
PYTHON="${PYTHON:-python3}"
VENV="${VENV:-.venv}"
S3="$VENV-s3"
GATE_PACKAGES="nsis osslsigncode wine wine64 gcc-mingw-w64-x86-64 chromium debootstrap apparmor zstd util-linux iproute2 patchelf binutils xz-utils mono-mcs mono-runtime faketime"

say() { printf '%s\n' "$*"; }

if command -v dpkg-query >/dev/null 2>&1; then
  missing=""
  for p in $GATE_PACKAGES; do
    state=$(dpkg-query -W -f='${Status}' "$p" 2>/dev/null || true)
    [ "$state" = "install ok installed" ] || missing="$missing $p"
  done
  if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then
      say "Installing Debian packages for the gates:$missing"
      export DEBIAN_FRONTEND=noninteractive
      apt-get update -q >/dev/null
      # shellcheck disable=SC2086
      apt-get install -q -y --no-install-recommends $missing >/dev/null || say "Not all of these could be installed; their gates will skip"
    else
      say "Missing for some gates; ask an administrator to run: apt-get install --no-install-recommends$missing"
    fi
  fi
fi
if ! { [ -x "$S3/bin/python" ] || "$PYTHON" -m venv "$S3"; } ||
   ! "$S3/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/s3.txt; then
  rm -rf "$S3"
  say "$S3 could not be made; gates with an S3 server will skip"
fi
