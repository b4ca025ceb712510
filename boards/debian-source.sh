#!/bin/sh
# SPDX-License-Identifier: MIT
# debian-source.sh PACKAGE VERSION DIRECTORY
# Unpacks the source package of Debian trixie into DIRECTORY. Reads the machine's apt configuration only to find the
# mirror, and does not change it. apt's package lists and downloads are stored in the directory `apt` next to
# DIRECTORY.
set -eu

package=$1
version=$2
directory=$3
apt=$(realpath -m "$(dirname "$directory")/apt")

refuse() {
    echo "error: $1" >&2
    exit 1
}

# shellcheck disable=SC2016 # apt-get expands these itself
mirror=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' \
    | sed -n 's/^Debian main //p' | grep -v security | head -n 1)
mirror=${mirror:-http://deb.debian.org/debian/}
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
cat > "$apt/sources.list" <<END
deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main
END
cat > "$apt/apt.conf" <<END
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
END
export APT_CONFIG="$apt/apt.conf"

apt-get -q update || refuse "no lists of Debian's sources from $mirror. Is there a network?"
unpacked="$apt/$package"
rm -rf "$unpacked"
mkdir -p "$unpacked"
(cd "$unpacked" && apt-get -q source --only-source "$package") || refuse "no sources of $package from $mirror"
tree=$(find "$unpacked" -mindepth 1 -maxdepth 1 -type d)
case $(basename "$tree") in
    "$package-$version"*) mv "$tree" "$directory" ;;
    *) refuse "$package: version $version is needed, Debian trixie has $(basename "$tree")" ;;
esac
rm -rf "$unpacked"
