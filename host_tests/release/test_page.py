# SPDX-License-Identifier: MIT
"""The contents of a release page: names, notes, checksums, licences."""

import hashlib
import re

import dist
import licenses
import notes
import plan
import pytest
from wire.board import ROOT

BUILD = ROOT / "build/QEMU_MPS2"
MICROPYTHON = ROOT / "build/src/micropython"
LIBRARIES = ROOT / "build/src/lwip", ROOT / "build/src/mbedtls"
CHANGELOG = """# Changes

## {version} - 2026-12-01

The *first* release, see #25.

### Details

- One.

## 0.1.0 - 2026-01-01

- Older.
"""


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The directory of a release page with the image of QEMU_MPS2."""
    for module in (dist, notes):
        monkeypatch.setattr(module, "DIST", tmp_path)
    return tmp_path


@pytest.fixture
def made(page):
    dist.keep("QEMU_MPS2", BUILD, BUILD / "firmware.bin", MICROPYTHON, *LIBRARIES)
    notes.main()
    return page


def test_the_file_names_contain_both_versions(made):
    stem = f"autoip-v{plan.version()}-micropython-v1.25.0-QEMU_MPS2"
    names = {file.name for file in made.iterdir()} - {"QEMU_MPS2.json"}
    assert names == {f"{stem}.bin", f"{stem}.elf", f"{stem}.map", "LICENSES.txt", "SHA256SUMS", "notes.md"}


def test_a_second_build_replaces_only_the_files_of_the_same_board(made):
    for name in (
        "autoip-v0.1.0-micropython-v1.24.0-QEMU_MPS2.bin",
        "autoip-v0.1.0-micropython-v1.24.0-OTHER.bin",
    ):
        (made / name).touch()
    dist.keep("QEMU_MPS2", BUILD, BUILD / "firmware.bin", MICROPYTHON, *LIBRARIES)
    assert [file.name for file in made.glob("autoip-v0.1.0*")] == [
        "autoip-v0.1.0-micropython-v1.24.0-OTHER.bin"
    ]


def test_the_checksums_are_correct(made):
    sums = dict(line.split()[::-1] for line in (made / "SHA256SUMS").read_text().splitlines())
    assert sums.keys() == {file.name for file in made.glob("autoip-v*")} | {"LICENSES.txt"}
    assert all(
        hashlib.sha256((made / name).read_bytes()).hexdigest() == digest for name, digest in sums.items()
    )


def test_the_notes_have_a_line_for_each_board(made):
    text = (made / "notes.md").read_text()
    for name, board in plan.BOARDS.items():
        missing = f"- {board['name']}: no image in this release"
        assert (missing in text) == (name != "QEMU_MPS2")
    assert re.search(r"^- OPENMV_AE3: left out, because .*licence", text, re.MULTILINE)
    assert "-kernel autoip-v" in text


def test_experimental_boards_are_marked():
    image = {"board": "ESP32_GENERIC_C3", "image": "FILE.bin", "micropython": "v1.28.0"}
    assert "| **experimental**: before this release, no image had been built" in notes.table([image])[-1]
    assert "`esptool write-flash 0x0 FILE.bin`" in notes.flashing([image])[-1]


def test_the_notes_have_the_whole_section_of_the_changelog(tmp_path, monkeypatch):
    """A `#` in the section does not end it."""
    monkeypatch.setattr(notes, "ROOT", tmp_path)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG.format(version=plan.version()))
    changes = notes.changes()
    assert changes.startswith("The *first* release, see #25.") and changes.endswith("- One.")


def test_every_board_has_flashing_instructions_and_a_state():
    assert all(board["flash"] in plan.PLAN["flash"] for board in plan.BOARDS.values())
    assert plan.BOARDS.keys() <= notes.tested().keys()


def test_the_licences_file_names_each_project_of_an_image(made):
    text = (made / "LICENSES.txt").read_text()
    projects = "autoip: LICENSE", "MicroPython: LICENSE", "lwip: COPYING", "mbedtls: LICENSE"
    for project in (*projects, "libnewlib-arm-none-eabi"):
        assert f"\n{project}\nIn the images of: QEMU" in text
    assert "Swedish Institute of Computer Science" in text


@pytest.fixture
def pico(tmp_path):
    """Returns (MicroPython's directory, linker map) for a Pico W. The directory has only licences."""
    micropython = tmp_path / "micropython"
    files = {
        "LICENSE": "MIT",
        "lib/btstack/LICENSE": "not for profit",
        "lib/cyw43-driver/LICENSE": "non-commercial",
        "lib/cyw43-driver/LICENSE.RP": "for Raspberry Pi",
        "lib/cyw43-driver/firmware/LICENSE.txt": "Infineon",
        "lib/pico-sdk/LICENSE.TXT": "BSD",
        "lib/pico-sdk/src/rp2_common/pico_btstack/LICENSE.RP": "BTstack for Raspberry Pi",
        "lib/tinyusb/LICENSE": "MIT",
        "lib/wiznet5k/Ethernet/license.txt": "MIT of WIZnet",
    }
    for name, text in files.items():
        (micropython / name).parent.mkdir(parents=True, exist_ok=True)
        (micropython / name).write_text(text)
    modules = ["btstack", "cyw43-driver", "pico-sdk", "tinyusb", "wiznet5k"]
    (micropython / ".gitmodules").write_text("".join(f"\tpath = lib/{name}\n" for name in modules))
    root = f"CMakeFiles/firmware.dir{micropython}/lib"
    linked = ["btstack/a", "cyw43-driver/src/a", "pico-sdk/src/a", "wiznet5k/Ethernet/a"]
    return micropython, "".join(f"LOAD {root}/{name}.c.obj\n" for name in linked)


def test_only_the_licences_of_linked_libraries_are_included(pico):
    micropython, linker_map = pico
    found = licenses.licenses(linker_map, micropython, *LIBRARIES)
    for text in (
        "non-commercial",
        "for Raspberry Pi",
        "Infineon",
        "BTstack for Raspberry Pi",
        "MIT of WIZnet",
    ):
        assert text in found.values()
    assert not any(title.startswith("tinyusb") for title in found)


def test_a_library_without_a_licence_stops_the_board(pico):
    micropython, linker_map = pico
    (micropython / "lib/wiznet5k/Ethernet/license.txt").unlink()
    with pytest.raises(licenses.NoLicense, match=r"wiznet5k is linked, and .* has no licence file"):
        licenses.licenses(linker_map, micropython, *LIBRARIES)


def test_the_licences_of_esp_idf_and_its_components_are_included(pico, tmp_path, monkeypatch):
    micropython, _ = pico
    idf = tmp_path / "esp-idf"
    files = {
        idf / "LICENSE": "Apache",
        idf / "components/lwip/lwip/COPYING": "lwIP",
        micropython / "ports/esp32/managed_components/espressif__mdns/LICENSE": "mDNS",
    }
    for file, text in files.items():
        file.parent.mkdir(parents=True)
        file.write_text(text)
    (idf / "components/esp_netif").mkdir()
    monkeypatch.setenv("IDF_PATH", str(idf))
    names = ("lwip", "esp_netif", "espressif__mdns")
    linker_map = "".join(f"LOAD esp-idf/{name}/lib{name}.a\n" for name in names)
    found = licenses.licenses(linker_map, micropython, *LIBRARIES)
    assert {"Apache", "lwIP", "mDNS"} <= set(found.values())


def test_a_tag_of_another_version_is_refused():
    with pytest.raises(SystemExit, match=r"tag v0\.0\.1: this is version"):
        plan.check_tag("v0.0.1")


def test_the_boards_of_the_project_need_no_checkout_of_micropython(capsys):
    plan.main()
    lines = capsys.readouterr().out
    assert '{"board": "QEMU_MPS2", "upstream": false, "emulated": false}' in lines
    assert '{"board": "RPI_PICO_W", "upstream": true, "emulated": true}' in lines
