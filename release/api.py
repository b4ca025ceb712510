# SPDX-License-Identifier: MIT
"""docs/api.md, from the docstrings of lib/autoip and the types of its stubs.

api.py          writes it
api.py check    ends with a line that says what to do, if it is stale

The form is that of MicroPython's library pages: the module, its functions, its class. Public is what a stub
declares without an underscore.
"""

import ast
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "lib" / "autoip"
PAGE = ROOT / "docs" / "api.md"
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
NOTE = "<!-- Made by `make api` from the docstrings and stubs of lib/autoip: change those. -->"
TITLE = "# autoip --- IPv4 link-local addresses"


def read(name):
    return ast.parse((PACKAGE / name).read_text())


def named(tree, kind):
    """Name -> node, of the definitions of one kind in a module or class."""
    return {node.name: node for node in tree.body if isinstance(node, kind)}


def is_property(node):
    return any(isinstance(mark, ast.Name) and mark.id == "property" for mark in node.decorator_list)


def parameters(node):
    """Name -> type, as text, of a function's arguments."""
    arguments = node.args.args + node.args.kwonlyargs
    return {
        argument.arg: ast.unparse(argument.annotation) for argument in arguments if argument.arg != "self"
    }


def signature(node, prefix):
    """As MicroPython's pages have it: `await service.ready() -> str`."""
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
    """A docstring's words as Markdown: names of errors as code, stars as they are."""
    text = text.replace("*", r"\*")
    return re.sub(r"\b((?:Value|Type|OS|Import)Error(?:\(\w+\))?)", r"`\1`", text)


def paragraph(text, types):
    """A paragraph; one that tells of arguments, each from the start of a line, is a list of them."""
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
    """The docstring of a definition."""
    return [paragraph(text, types) for text in ast.get_docstring(node).split("\n\n")]


def entries(code, stub, prefix, chosen):
    """Signature and docstring of each public definition in the stub that is chosen, in its order."""
    documented = named(code, FUNCTION)
    for name, node in named(stub, FUNCTION).items():
        if not name.startswith("_") and chosen(node):
            yield f"### {signature(node, prefix)}"
            yield from body(documented[name], parameters(node))


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
    return "\n\n".join(parts) + "\n"


def main():
    if sys.argv[1:] != ["check"]:
        PAGE.write_text(page())
    elif not PAGE.exists() or PAGE.read_text() != page():
        sys.exit("docs/api.md is stale: `make api` writes it anew")


if __name__ == "__main__":
    main()
