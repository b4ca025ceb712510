# SPDX-License-Identifier: MIT
"""The file that keeps the last address of each interface across a restart (option `remember`)."""

import errno
import os

from autoip import store
from autoip.store import Store
from sim import MAC, OTHER, C, X

MAC_TEXT = "02:00:00:00:00:01"
OTHER_TEXT = "02:00:00:00:00:02"


class Disk:
    """Counts the files that are opened for writing."""

    def __init__(self):
        self.writes = 0

    def __call__(self, path, mode="r"):
        if "w" in mode:
            self.writes += 1
        return open(path, mode)


def _path():
    """The path of the test file. Removes the file if it exists."""
    path = "autoip-store-test.txt"
    folder = os.getenv("TMPDIR") or "/tmp"
    path = folder + "/" + path
    _remove(path)
    return path


def _remove(path):
    try:
        os.remove(path)
    except OSError:
        pass


def _exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def _write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def test_missing_file_has_no_address():
    #
    path = _path()
    assert Store(path, MAC).load() == -1
    _remove(path)


def test_path_that_cannot_be_written_is_reported_at_once():
    # Store() raises, because the user is still at the prompt then. The first save() would be too late.
    for path in ("/no/such/folder/file", "/tmp"):
        try:
            Store(path, MAC)
        except OSError as error:
            assert error.args[0] in (errno.ENOENT, errno.EISDIR)
            assert error.args[1] == "remember: can't write " + path
        else:
            raise AssertionError(path)
        assert not _exists(path + ".new")


def test_what_was_saved_is_loaded():
    # R3927-2.1-g
    path = _path()
    for host in (0x0100, C, 0xFEFF):
        Store(path, MAC).save(host)
        assert Store(path, MAC).load() == host
    assert _read(path) == b"02:00:00:00:00:01 169.254.254.255\n"
    _remove(path)


def test_two_interfaces_share_a_file():
    # R3927-2.1-f: one record per interface.
    path = _path()
    a, b = Store(path, MAC), Store(path, OTHER)
    a.save(C)
    assert b.load() == -1
    b.save(X)
    assert a.load() == C and b.load() == X
    a.save(C + 1)
    assert a.load() == C + 1 and b.load() == X
    assert len(_read(path).splitlines()) == 2
    _remove(path)


def test_file_is_written_only_when_the_address_changes():
    # Flash memory wears out.
    path = _path()
    disk = Disk()
    store.open = disk
    try:
        a, b = Store(path, MAC), Store(path, OTHER)
        a.save(C)
        b.save(X)
        for _ in range(10):
            a.save(C)
            b.save(X)
        assert disk.writes == 2
        a.save(X)
        assert disk.writes == 3 and a.load() == b.load() == X
    finally:
        del store.open
        _remove(path)


def test_bad_records_are_ignored():
    # R3927-2.1-b, R3927-2.1-g, X-39, X-41: empty, cut off, out of range, with another MAC, not text.
    path = _path()
    mac = MAC_TEXT.encode() + b" "
    for data in (
        b"",
        b"\n\n\n",
        mac,
        mac + b"\n",
        mac + b"169.254.",
        mac + b"169.254.7",
        mac + b"169.254.0.7\n",
        mac + b"169.254.255.7\n",
        mac + b"10.0.0.1\n",
        mac + b"169.254.7.300\n",
        mac + b"\x00\x00\x00\x00\n",
        mac + b"169.254.7.7 extra\n",
        b"02:00:00:00:00:02 169.254.7.7\n",
        mac + b"\xff\xfe\n",
    ):
        _write(path, data)
        a = Store(path, MAC)
        assert a.load() == -1, data
        a.save(C)
        assert a.load() == C, data
    _remove(path)


def test_good_record_with_other_blanks_and_line_ends():
    path = _path()
    for data in (
        b"\n  \n02:00:00:00:00:01   169.254.7.9  \n",
        b"02:00:00:00:00:01 169.254.7.9\r\n",
        b"02:00:00:00:00:01 169.254.7.9",
        b"02:00:00:00:00:02 169.254.18.52\n02:00:00:00:00:01 169.254.7.9",
    ):
        _write(path, data)
        assert Store(path, MAC).load() == X, data
    _remove(path)


FILES_OF_OTHER_PROGRAMS = (
    b"ssid = my network\n",
    b"02:00:00:00:00:01 169.254.7.9\nssid = my network\n",
    b"02:00:00:00:00:0 169.254.7.9\n",
    b"02:00:00:00:00:001 169.254.7.9\n",
    b"02-00-00-00-00-01 169.254.7.9\n",
    b"02:00:00:00:00:01 169.254.7.9" + b" " * 64 + b"and more\n",
    b"169.254.7.9\n",
    b"\x00" * 100,
    b"\xff" * 100,
    bytes(range(256)),
)


def test_file_of_another_program_is_refused_and_stays_as_it_is():
    path = _path()
    for name in (path, path + ".new"):
        for data in FILES_OF_OTHER_PROGRAMS:
            _write(name, data)
            try:
                Store(path, MAC)
            except ValueError as error:
                assert error.args[0] == "remember: another program's file: " + name
            else:
                raise AssertionError(data)
            assert _read(name) == data
        _remove(name)


def test_lines_of_other_interfaces_are_kept_as_they_are():
    path = _path()
    others = b"aa:aa:aa:aa:aa:aa 10.0.0.1\r\nbb:bb:bb:bb:bb:bb\tand what the user wrote\n"
    _write(path, others)
    Store(path, MAC).save(C)
    assert _read(path) == b"02:00:00:00:00:01 169.254.18.52\n" + others
    _remove(path)


def test_a_long_line_is_not_read_as_a_whole():
    path = _path()
    _write(path, b"x" * 300000)
    lengths = []

    class File:
        def __init__(self, path, mode):
            self._file = open(path, mode)

        def readline(self, size):
            read = self._file.readline(size)
            lengths.append(len(read))
            return read

        def __enter__(self):
            return self

        def __exit__(self, *args):
            self._file.close()

    store.open = File
    try:
        Store(path, MAC)
    except ValueError:
        pass
    else:
        raise AssertionError("no ValueError")
    finally:
        del store.open
        _remove(path)
    assert lengths == [64]


def test_new_file_is_loaded_if_the_old_file_is_missing():
    # FAT can't replace a file in one step. After a power failure only the new file may exist.
    path = _path()
    Store(path, MAC).save(C)
    os.rename(path, path + ".new")
    assert Store(path, MAC).load() == C
    Store(path, MAC).save(X)
    assert Store(path, MAC).load() == X and not _exists(path + ".new")
    _remove(path)


def test_file_that_was_removed_is_written_again():
    path = _path()
    a = Store(path, MAC)
    _remove(path)
    a.save(C)
    assert Store(path, MAC).load() == C
    _remove(path)


def test_error_of_the_file_system_is_raised():
    path = _path()
    a = Store(path, MAC)
    _remove(path)
    os.mkdir(path)
    try:
        for function in (a.load, lambda: a.save(C)):
            try:
                function()
            except OSError as error:
                assert error.args[0] == errno.EISDIR
            else:
                raise AssertionError("no OSError")
    finally:
        os.rmdir(path)
        _remove(path + ".new")


def test_two_records_of_one_mac_become_one():
    # A user may have added a record to the file. save() leaves one record for this MAC.
    path = _path()
    line = MAC_TEXT.encode() + b" 169.254."
    _write(path, line + b"7.9\n" + line + b"18.52\n")
    a = Store(path, MAC)
    assert a.load() == X
    a.save(C)
    assert a.load() == C
    _remove(path)


def test_interfaces_are_identified_by_their_macs():
    path = _path()
    Store(path, b"\x28\xcd\xc1\x0a\x0b\xff").save(C)
    assert _read(path) == b"28:cd:c1:0a:0b:ff 169.254.18.52\n"
    _remove(path)


def test_minus_one_is_not_saved():
    path = _path()
    a = Store(path, MAC)
    a.save(C)
    a.save(-1)
    assert a.load() == C
    _remove(path)


def test_power_failure_during_save_keeps_the_old_address():
    path = _path()
    Store(path, MAC).save(X)
    real, store.os = store.os, None
    try:
        Store(path, MAC).save(C)
    except AttributeError:
        pass
    finally:
        store.os = real
    assert Store(path, MAC).load() == X
    Store(path, MAC).save(C)
    assert Store(path, MAC).load() == C
    _remove(path)
    assert not _exists(path + ".new")
