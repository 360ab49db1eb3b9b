#!/usr/bin/env bash
# Packs a built program for Linux: packaging/linux.sh PROGRAM FOLDER
#
# Writes into FOLDER a .tar.gz, which can be unpacked anywhere; a .deb, where dpkg-deb and dpkg-shlibdeps are installed; and the
# checksums of both. SOUNDALIKE_MAINTAINER ("Name <mail>") is the maintainer of the .deb.
set -euo pipefail

program=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
cd "$(dirname "$0")/.."

words=$("$program" --version)                     # soundalike NUMBER (COMMIT, TARGET)
version=$(cut -d' ' -f2 <<<"$words")
target=${words##*, }
target=${target%)}
maintainer=${SOUNDALIKE_MAINTAINER:-"Soundalike contributors <soundalike@users.noreply.github.com>"}
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
day=$(date -u -d "@$epoch" +%F)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022

# What both packages hold, below usr.
root=$work/root
share=$root/usr/share
install -D "$program" "$root/usr/bin/soundalike"
strip "$root/usr/bin/soundalike"
install -Dm644 assets/soundalike.desktop -t "$share/applications"
install -Dm644 assets/soundalike.svg -t "$share/icons/hicolor/scalable/apps"
install -Dm644 assets/soundalike.png -t "$share/icons/hicolor/256x256/apps"
mkdir -p "$share/metainfo"
sed "s/@VERSION@/$version/; s/@DATE@/$day/" assets/io.github.soundalike.Soundalike.metainfo.xml \
    >"$share/metainfo/io.github.soundalike.Soundalike.metainfo.xml"
"$program" man --out "$share/man/man1" >/dev/null
gzip -9n "$share"/man/man1/*
completions() { mkdir -p "$(dirname "$2")" && "$program" completions "$1" >"$2"; }
completions bash "$share/bash-completion/completions/soundalike"
completions zsh "$share/zsh/vendor-completions/_soundalike"
completions fish "$share/fish/vendor_completions.d/soundalike.fish"
install -Dm644 README.md CHANGELOG.md -t "$share/doc/soundalike"
install -Dm644 LICENSE-MIT LICENSE-APACHE -t "$share/doc/soundalike"

settle() { find "$1" -exec touch --no-dereference --date="@$epoch" {} +; }
cd "$work"

# The archive.
name=soundalike-$version-$target
cp -a root/usr "$name"
settle "$name"
tar --owner=0 --group=0 --numeric-owner --sort=name -cf - "$name" | gzip -9n >"$out/$name.tar.gz"
files=("$name.tar.gz")

# The Debian package.
if command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null; then
    doc=$share/doc/soundalike
    architecture=$(dpkg --print-architecture)
    rm "$doc/LICENSE-MIT" "$doc/LICENSE-APACHE"
    mv "$doc/CHANGELOG.md" "$doc/changelog" && gzip -9n "$doc/changelog"
    printf 'soundalike (%s-1) unstable; urgency=medium\n\n  * Packed by packaging/linux.sh.\n\n -- %s  %s\n' \
        "$version" "$maintainer" "$(date -u -R -d "@$epoch")" | gzip -9n >"$doc/changelog.Debian.gz"
    {
        echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
        echo "Upstream-Name: Soundalike"
        echo
        echo "Files: *"
        sed -n 's/^Copyright (c)/Copyright:/p' "$OLDPWD/LICENSE-MIT"
        echo "License: Expat or Apache-2.0"
        echo
        echo "License: Expat"
        sed '1,/^Copyright/d; s/^$/./; s/^/ /' "$OLDPWD/LICENSE-MIT" | sed '1{/^ \.$/d}'
        echo
        echo "License: Apache-2.0"
        echo " On Debian systems the full text of the Apache License, version 2.0, is in"
        echo " /usr/share/common-licenses/Apache-2.0."
    } >"$doc/copyright"
    # What the program is linked to, and what its window loads while it runs.
    mkdir -p debian && printf 'Source: soundalike\n\nPackage: soundalike\nArchitecture: any\n' >debian/control
    linked=$(dpkg-shlibdeps -O root/usr/bin/soundalike 2>/dev/null | sed 's/^shlibs:Depends=//')
    mkdir root/DEBIAN
    cat >root/DEBIAN/control <<CONTROL
Package: soundalike
Version: $version-1
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -sk --apparent-size root/usr | cut -f1)
Depends: $linked, libx11-6, libx11-xcb1, libxcursor1, libxi6, libxkbcommon-x11-0, libgl1
Section: sound
Priority: optional
Description: finds sounds that sound alike
 Soundalike learns from a folder of recordings, on this machine alone, to
 describe each moment of sound by a short binary code. Given a sound from a
 file, from the microphone or from the library, it answers with the moments
 that are nearest to it.
 .
 It has a window, a command line and a server for other programs.
CONTROL
    (cd root && find usr -type f -exec md5sum {} + | sort -k2) >root/DEBIAN/md5sums
    settle root
    package=soundalike_$version-1_$architecture.deb
    dpkg-deb --root-owner-group -Zxz --build root "$out/$package" >/dev/null
    files+=("$package")
else
    echo "SKIPPED: the Debian package (dpkg-deb or dpkg-shlibdeps is not installed)"
fi

cd "$out"
sha256sum "${files[@]}" >"soundalike-$version-$target.sha256"
printf '%s\n' "${files[@]/#/$out/}"
