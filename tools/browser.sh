#!/bin/sh
# Brings Debian's Chromium and a font with Japanese, for the tests of pages; as root on Debian only. Without it those tests are
# skipped, and say so. Runs again for nothing.
set -eu

ready() {
    [ -x /usr/bin/chromium ] && [ -n "$(find /usr/share/fonts -name 'NotoSansCJK*' 2>/dev/null | head -n 1)" ]
}

# No daemon of a package starts by itself, whatever the machine's own policy says (invoke-rc.d(8)).
policy=/usr/sbin/policy-rc.d

ready && exit 0
if [ "$(id -u)" != 0 ] || [ ! -f /etc/debian_version ]; then
    echo "browser: NO CHROMIUM: the tests of pages will be skipped (as root on Debian: apt-get install chromium fonts-noto-cjk)" >&2
    exit 0
fi
echo "browser: installing Chromium and a Japanese font" >&2
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=300 update
apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends chromium fonts-noto-cjk >/dev/null
