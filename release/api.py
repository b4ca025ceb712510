# SPDX-License-Identifier: MIT
"""Writes docs/api.md from the docstrings and the stubs of lib/autoip.

api.py          writes the page
api.py check    fails if the page is stale, and prints what to do

The page has the form of MicroPython's library pages: the module, its functions, its class, then the names of
events and the words of the log. A name is public if a stub declares it without a leading underscore.
"""

import ast
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "lib" / "autoip"
PAGE = ROOT / "docs" / "api.md"
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
NOTE = "<!-- `make api` writes this page from the docstrings and stubs of lib/autoip. -->"
TITLE = "# autoip --- IPv4 link-local addresses"

ON_EVENT = """\
autoip calls `on_event(event, service)` from MicroPython's scheduler. autoip updates `service.address` before
the call. If `on_event` raises an exception, autoip prints it, and the service continues.

Don't block in `on_event`, because no other callback can run until it returns. `wait()` and `save()` raise
`RuntimeError` there. Set a flag, and wait in the main program.

If another host uses the board's mDNS name, autoip selects a new name, and the event is this name, for example
`"lamp-2.local"`. autoip does this only for interfaces that it has added to lwIP's mDNS responder (see
[boards.md](boards.md#mdns)).
"""
EVENTS = {
    "bound": "The address can be used from now on.",
    "conflict": "Another host (`offender`) is using or probing the address (`contested`).",
    "defended": "autoip has answered a conflict by announcing the address again.",
    "suspended": "The link went down, or the board slept. `previous` is the address. If the address is still"
    " free, `bound` follows, and open connections continue.",
    "lost": "Another host has taken the address, or autoip has given it up. `previous` is the address. Its"
    " connections have been reset.",
    "routable conflict": "Another host is using the interface's DHCP or static address. autoip reports and"
    " counts this, but takes no action.",
    "stopped": "The service has stopped, and the address has been removed.",
}
LOG_WORDS = "The log contains the events above and the following words:"
LOG = {
    "up": "The link came up.",
    "down": "The link went down, or the interface was deactivated.",
    "routable": "The interface has a DHCP or static address.",
    "unsent": "The driver did not accept a packet. autoip sends the packet again.",
    "force without old": "The option `force` has no effect without `old`.",
    "probe": "autoip has sent a probe. The log contains this only with `debug`.",
    "announcement": "autoip has sent an announcement or a defence. The log contains this only with `debug`.",
}


def read(name):
    return ast.parse((PACKAGE / name).read_text())


def named(tree, kind):
    """Returns {name: node} of the definitions of one kind in a module or class."""
    return {node.name: node for node in tree.body if isinstance(node, kind)}


def is_property(node):
    return any(isinstance(mark, ast.Name) and mark.id == "property" for mark in node.decorator_list)


def parameters(node):
    """Returns {name: type as text} of a function's arguments."""
    arguments = node.args.args + node.args.kwonlyargs
    return {
        argument.arg: ast.unparse(argument.annotation) for argument in arguments if argument.arg != "self"
    }


def signature(node, prefix):
    """The signature in the form of MicroPython's pages: `await service.ready() -> str`."""
    bare = ast.parse(ast.unparse(node)).body[0]
    for argument in bare.args.args + bare.args.kwonlyargs:
        argument.annotation = None
    arguments = re.sub(r"^self(, )?", "", ast.unparse(bare.args))
    result = ast.unparse(node.returns)
    if is_property(node):
        return f"`{prefix}{node.name}: {result}`"
    await_ = "await " if isinstance(node, ast.AsyncFunctionDef) else ""
    return f"`{await_}{prefix}{node.name}({arguments}) -> {result}`"


def prose(text):
    """A docstring's words as Markdown: names of errors become code, and stars are escaped."""
    text = text.replace("*", r"\*")
    return re.sub(r"\b((?:Value|Type|OS|Import)Error(?:\(\w+\))?)", r"`\1`", text)


def paragraph(text, types):
    """A paragraph as Markdown. Indented lines become a code block, and lines that describe arguments become
    a list.
    """
    if text.startswith("    "):
        lines = [line.removeprefix("    ") for line in text.splitlines()]
        return "\n".join(["```python", *lines, "```"])
    lines = []
    indent = ""
    for line in text.splitlines():
        name, colon, rest = line.partition(": ")
        if colon and name in types:
            indent = "  "
            lines.append(f"- *{name}*, `{types[name]}`: {prose(rest)}".replace(", `Any`", ""))
        else:
            lines.append(indent + prose(line.strip()))
    return "\n".join(lines)


def body(node, types=()):
    """The docstring of a definition. An example with a blank line is one paragraph."""
    text = re.sub(r"^(    .*)\n\n(?=    )", r"\1\n    \n", ast.get_docstring(node), flags=re.MULTILINE)
    return [paragraph(each, types) for each in text.split("\n\n")]


def entries(code, stub, prefix, chosen):
    """The signature and docstring of each public definition in a stub, in the order of the stub."""
    documented = named(code, FUNCTION)
    for name, node in named(stub, FUNCTION).items():
        if not name.startswith("_") and chosen(node):
            yield f"### {signature(node, prefix)}"
            yield from body(documented[name], parameters(node))


def reported(service, acd):
    """The words that the service puts into events and into its log."""
    words = set()
    for node in ast.walk(acd):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EVENTS":
            words |= set(strings(node.value))
    for node in ast.walk(service):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("self."):
            words |= {word for argument in node.args for word in strings(argument)}
    return words


def strings(node):
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def words(kind, meanings):
    rows = [f'| `"{word}"` | {meaning} |' for word, meaning in meanings.items()]
    return "\n".join([f"| {kind} | meaning |", "|---|---|", *rows])


def page():
    module, face = read("__init__.py"), read("__init__.pyi")
    service = named(read("service.py"), ast.ClassDef)["Service"]
    service_face = named(read("service.pyi"), ast.ClassDef)["Service"]
    parts = [NOTE, TITLE, *body(module), "## Functions"]
    parts += entries(module, face, "autoip.", lambda node: True)
    parts += ["## class Service", body(service)[0], "## Attributes"]
    parts += entries(service, service_face, "service.", is_property)
    parts += ["## Methods"]
    parts += entries(service, service_face, "service.", lambda node: not is_property(node))
    parts += ["## Events", ON_EVENT.strip(), words("event", EVENTS)]
    parts += ["## Words in the log", LOG_WORDS, words("word", LOG)]
    return "\n\n".join(parts) + "\n"


def main():
    if undocumented := reported(read("service.py"), read("acd.py")) ^ {*EVENTS, *LOG}:
        sys.exit(f"release/api.py and lib/autoip have different events: {', '.join(sorted(undocumented))}")
    if sys.argv[1:] != ["check"]:
        PAGE.write_text(page())
    elif not PAGE.exists() or PAGE.read_text() != page():
        sys.exit("docs/api.md is stale: run make api")


if __name__ == "__main__":
    main()
