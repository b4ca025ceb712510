# SPDX-License-Identifier: MIT
"""`make fresh` runs the commands that README.md shows."""

import readme
from readme import Command

TEXT = """
```pycon
>>> 1 + 1
2
```

Build it, and boot it:

    make run BOARD=QEMU_MPS2

- Or see more:

      make demo     # boards find addresses

    make flash BOARD=RPI_PICO_W
    make boards MICROPY_DIR=../micropython   # others

```python
    make_believe()
```
"""


def test_the_commands_are_found_in_a_text():
    assert readme.commands(TEXT) == [
        Command("make run BOARD=QEMU_MPS2", (">>> 1 + 1", "2")),
        Command("make demo"),
        Command("make flash BOARD=RPI_PICO_W"),
        Command("make boards MICROPY_DIR=../micropython"),
    ]


def test_what_a_fresh_machine_lacks():
    assert [command.absent for command in readme.commands(TEXT)] == [None, None, "flash", "../micropython"]


def test_the_readme_shows_what_ci_runs(capsys):
    readme.main(["demo", "test"])
    assert capsys.readouterr().out == "make demo\nmake test\n"


def test_the_readme_shows_a_session_on_a_board():
    (command,) = [command for command in readme.commands() if command.session]
    assert command.target == "run" and not command.absent
