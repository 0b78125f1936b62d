#!/bin/sh
# The browser tests need Chromium: installs Debian's where it is missing and we may.
set -e
if command -v chromium >/dev/null; then exit 0; fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The browser tests need Chromium: install the package chromium and run again." >&2
    exit 1
fi
echo "Installing Chromium for the browser tests."
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
