# SPDX-License-Identifier: MIT
"""The features of GitHub's workflows that this project uses: jobs, a matrix, expressions."""

import json
import re

from ruamel.yaml import YAML

EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
PATH = re.compile(r"\b[a-z]+(?:\.[\w-]+)+")


def load(path):
    return YAML(typ="safe", pure=True).load(path)


class Contexts:
    """The values that expressions may name, such as `needs.plan.outputs.boards`."""

    def __init__(self, **values):
        self._values = values
        self.failed = False  # whether a step of the job has failed

    def evaluate(self, expression):
        python = re.sub(r"!(?!=)", " not ", expression).replace("&&", " and ").replace("||", " or ")
        python = PATH.sub(lambda path: f"look({path[0]!r})", python).strip()
        functions = {
            "look": self._look,
            "fromJSON": json.loads,
            "cancelled": lambda: False,
            "failure": lambda: self.failed,
        }
        return eval(python, {"__builtins__": {}}, functions)

    def holds(self, condition):
        """Returns whether a job or step with this `if` runs."""
        if condition is None:
            return not self.failed
        expression = EXPRESSION.sub(r"\1", condition)
        says = re.search(r"\b(cancelled|failure)\(\)", expression)
        return (says or not self.failed) and bool(self.evaluate(expression))

    def expand(self, value):
        """A value of the file, with its expressions evaluated."""
        if isinstance(value, dict):
            return {name: self.expand(each) for name, each in value.items()}
        if not isinstance(value, str):
            return value
        if whole := EXPRESSION.fullmatch(value):
            return self.evaluate(whole[1])
        return EXPRESSION.sub(lambda match: str(self.evaluate(match[1])), value)

    def _look(self, path):
        found = self._values
        for name in path.split("."):
            found = found[name]
        return found


def variants(job, contexts):
    """The values of `matrix` for each run of a job."""
    matrix = job.get("strategy", {}).get("matrix")
    return contexts.expand(matrix)["include"] if matrix else [{}]
