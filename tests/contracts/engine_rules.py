"""Rules on the engine: no clock, no chance without a seed, no file but through the lake, one error tree."""

import ast
import re

from tests.contracts.source_tree import Module, calls, dotted

CLOCK_METHODS = {"now", "today", "utcnow"}
CLOCK_FUNCTIONS = {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime"}
CHANCE = re.compile(
    r"^(random\.\w+|uuid\.uuid[14]|secrets\.\w+|os\.urandom|(np|numpy)\.random\.(?!Generator)\w+)$"
)
SEEDED = {"random.Random", "np.random.default_rng", "numpy.random.default_rng", "default_rng"}
FILE_METHODS = {
    "open",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "iterdir",
    "unlink",
    "mkdir",
    "rename",
}

# The lake is the door to data and steps.py reads the package's own .sql files.
FILE_DOORS = ("src/sterna/engine/lake/", "src/sterna/engine/steps.py")


def clocks(module: Module) -> list[str]:
    """Calls that read the time of day, and such functions handed over uncalled."""
    return [
        module.at(node, f"reads the clock: {dotted(node)}")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and _reads_clock(dotted(node))
    ] + [
        module.at(node, "imports the clock from time")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "time"
        and {"time", "time_ns"} & _imported(node)
    ]


def _reads_clock(name: str) -> bool:
    return name.split(".")[-1] in CLOCK_METHODS or name in CLOCK_FUNCTIONS


def _imported(node: ast.ImportFrom) -> set[str]:
    return {alias.name for alias in node.names}


def chance(module: Module) -> list[str]:
    """Random numbers and identifiers that no seed decides: the same brief would give other bytes."""
    return [
        module.at(call, f"chance without a seed: {dotted(call.func)}")
        for call in calls(module)
        if _is_unseeded(call, dotted(call.func))
    ]


def _is_unseeded(call: ast.Call, name: str) -> bool:
    if name in SEEDED:
        return not call.args and not call.keywords
    return bool(CHANCE.match(name))


def files(module: Module) -> list[str]:
    """Files read or written outside the lake; a function of a lake module is the door itself."""
    if module.path.startswith(FILE_DOORS):
        return []
    doors = _imported_from_the_lake(module)
    return [
        module.at(call, f"touches a file outside the lake: {dotted(call.func)}")
        for call in calls(module)
        if _touches_a_file(call) and dotted(call.func).rpartition(".")[0] not in doors
    ]


def _touches_a_file(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr in FILE_METHODS
    return dotted(call.func) == "open"


def _imported_from_the_lake(module: Module) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "sterna.engine.lake"
        for alias in node.names
    }


def url_requests(module: Module) -> list[str]:
    """Imports of urllib.request; import-linter sees only the top package of a foreign module."""
    return [
        module.at(node, "imports urllib.request")
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Import) and any(a.name.startswith("urllib.request") for a in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "urllib.request")
        or (isinstance(node, ast.ImportFrom) and node.module == "urllib" and "request" in _imported(node))
    ]


def errors_outside_the_tree(module: Module) -> list[str]:
    """Exception classes that are not in errors.py, where the one small tree is drawn."""
    if module.path == "src/sterna/engine/errors.py":
        return []
    return [
        module.at(node, f"exception class {node.name} belongs in errors.py")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and any(_is_exception(dotted(base)) for base in node.bases)
    ]


def _is_exception(base: str) -> bool:
    return base.split(".")[-1].endswith(("Error", "Exception", "Refused", "BadInput"))
