#!/bin/sh
# SPDX-License-Identifier: MIT
# debian-source.sh PACKAGE VERSION DIRECTORY
# Unpacks the source package of Debian trixie into the directory. The machine's own apt configuration
# is only read, for the mirror; lists and downloads stay below the directory's parent.
set -eu

package=$1
version=$2
directory=$3
apt=$(realpath -m "$(dirname "$directory")/apt")

# shellcheck disable=SC2016 # apt-get expands these itself
mirror=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' \
    | sed -n 's/^Debian main //p' | grep -v security | head -n 1)
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
cat > "$apt/sources.list" <<EOF
deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian/} trixie main
EOF
cat > "$apt/apt.conf" <<EOF
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
APT::Sandbox::User "";
EOF
export APT_CONFIG="$apt/apt.conf"

apt-get -qq update
unpacked="$apt/$package"
rm -rf "$unpacked"
mkdir -p "$unpacked"
cd "$unpacked"
apt-get -qq source --only-source "$package"
cd "$OLDPWD"
tree=$(find "$unpacked" -mindepth 1 -maxdepth 1 -type d)
case $(basename "$tree") in
"$package-$version"*) mv "$tree" "$directory" ;;
*) echo "$package: version $version wanted, $(basename "$tree") found" >&2; exit 1 ;;
esac
rm -rf "$unpacked"
