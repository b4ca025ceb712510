# SPDX-License-Identifier: MIT
"""The licences of the code that is linked into an image, according to the linker's map.

autoip and MicroPython are in every image. MicroPython's licence lists the parts in its own source tree. All
other code comes from other projects, each of which must have a licence file. Otherwise NoLicense is raised.
"""

import os
import pathlib
import re

from package import ROOT

LOADED = re.compile(r"^LOAD (\S+)$", re.MULTILINE)
SUBMODULE = re.compile(r"^\tpath = lib/(.+)$", re.MULTILINE)
LICENSE = re.compile("licen[cs]e|copying", re.IGNORECASE)
ESP_IDF = re.compile(r"esp-idf/([\w.-]+)/lib")
DEBIAN = pathlib.Path("/usr/share/doc")

# A library of the compiler -> the Debian package that contains the library.
TOOLCHAIN = {
    r"/libgcc\.a$": "gcc-arm-none-eabi",
    r"/lib(c|m|g|c_nano|g_nano|nosys)\.a$": "libnewlib-arm-none-eabi",
    r"/libstdc\+\+(_nano)?\.a$": "libstdc++-arm-none-eabi-newlib",
}
# Other licences of a submodule: for the Wi-Fi chip's firmware, and for BTstack on Raspberry Pi's chips.
EXTRA = {
    "cyw43-driver": "lib/cyw43-driver/firmware",
    "btstack": "lib/pico-sdk/src/rp2_common/pico_btstack",
}


class NoLicense(Exception):
    """A library is linked, but it has no licence file."""


def license_files(folder):
    """The licence files of a directory, or, if it has none, of the directories below it."""
    for files in (folder.iterdir(), folder.rglob("*")):
        if found := [file for file in sorted(files) if LICENSE.match(file.name) and file.is_file()]:
            return found
    return []


def texts(name, folder):
    """{title: text} of the licence files of a project."""
    files = license_files(folder)
    if not files:
        raise NoLicense(f"{name} is linked, and {folder} has no licence file")
    return {f"{name}: {file.relative_to(folder)}": file.read_text(errors="replace") for file in files}


def submodules(micropython, objects):
    """The directories of MicroPython's lib/ that belong to other projects and have objects in the image."""
    listed = SUBMODULE.findall((micropython / ".gitmodules").read_text())
    # The linker's map of an ESP-IDF build names no objects, so this lists all checked-out directories.
    if has_esp_idf(objects):
        return [name for name in listed if license_files(micropython / "lib" / name)]
    return [name for name in listed if any(f"/lib/{name}/" in path for path in objects)]


def has_esp_idf(objects):
    return any(ESP_IDF.search(path) for path in objects)


def of_micropython(micropython, objects):
    linked = submodules(micropython, objects)
    found = texts("MicroPython", micropython)
    for name in linked:
        found |= texts(name, micropython / "lib" / name)
    for name, folder in EXTRA.items():
        if name in linked and (micropython / folder).is_dir() and license_files(micropython / folder):
            found |= texts(f"{name}, {folder}", micropython / folder)
    return found


def of_toolchain(objects):
    found = {}
    for library, package in TOOLCHAIN.items():
        if any(re.search(library, path) for path in objects):
            file = DEBIAN / package / "copyright"
            if not file.is_file():
                raise NoLicense(f"{package} is linked, and {file} does not exist")
            found[package] = file.read_text()
    return found


def of_esp_idf(idf, micropython, objects):
    """The licences of ESP-IDF, of its components that have their own licence file, and of the managed
    components.
    """
    found = texts("ESP-IDF", idf)
    for name in sorted({name for path in objects for name in ESP_IDF.findall(path)}):
        component = idf / "components" / name
        managed = micropython / "ports/esp32/managed_components" / name
        if managed.is_dir():
            found |= texts(name, managed)
        elif component.is_dir() and license_files(component):
            found |= texts(f"ESP-IDF {name}", component)
    return found


def licenses(linker_map, micropython, lwip, mbedtls):
    """{title: text} of an image.

    lwip, mbedtls: the directories of these libraries, for a build that does not use MicroPython's submodules.
    """
    objects = LOADED.findall(linker_map)
    found = texts("autoip", ROOT) | of_micropython(micropython, objects)
    for name, sources, directory in (("lwip", "src", lwip), ("mbedtls", "library", mbedtls)):
        if any(f"/{name}/{sources}/" in path and f"/lib/{name}/" not in path for path in objects):
            found |= texts(name, directory)
    if has_esp_idf(objects):
        return found | of_esp_idf(pathlib.Path(os.environ["IDF_PATH"]), micropython, objects)
    return found | of_toolchain(objects)
