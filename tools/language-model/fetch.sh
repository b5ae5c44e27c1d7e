#!/bin/sh
# Fetches the sources of the language model that are no crates: packages of npm by package-lock.json, and word lists of
# Debian (any release since 12) by their checksums.
set -eu
cd "$(dirname "$0")"
npm ci --no-audit --no-fund
mkdir -p debian
cd debian
for language in bre cos fao fry gla kmr oci; do
    apt-get download "tesseract-ocr-$language=1:4.1.0-2"
    dpkg-deb --fsys-tarfile "tesseract-ocr-${language}_1%3a4.1.0-2_all.deb" |
        tar --extract --to-stdout "./usr/share/tesseract-ocr/5/tessdata/$language.traineddata" >"$language.traineddata"
done
rm -- *.deb
sha256sum --check ../debian.sha256
