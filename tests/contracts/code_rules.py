"""Rules on the manner of code: size, annotations, names, comments, exceptions, evaluation."""

import ast
import re
from pathlib import PurePosixPath

from tests.contracts.source_tree import Function, Module, calls, code_lines, dotted

MAX_FILE_LINES = 500
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "misc", "common"}
BROAD = {"Exception", "BaseException"}

# Functions outside a `tasks` module that may catch everything, as "path::function". A worker's outer edge
# belongs in `tasks`, so an entry here is an exception that a decision has to explain.
WORKER_EDGES: frozenset[str] = frozenset()

# Assembled from halves, because this file is itself searched for the words.
UNFINISHED = re.compile(
    r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b(?!\(#\d+\))"
)
BANNER = re.compile(
    r"^\s*(#|--|//|/\*|;)\s*([-=#*~_+])\2{3,}|^\s*(#|--|//|/\*|;).*([-=#*~_])\4{3,}\s*(\*/)?$"
)


def function_sizes(module: Module) -> list[tuple[str, int]]:
    """Each function with its number of code lines, the signature included and decorators left out."""
    lines = code_lines(module)
    return [
        (module.at(node, node.name), sum(node.lineno <= line <= (node.end_lineno or 0) for line in lines))
        for node in module.functions()
    ]


def long_file(module: Module) -> list[str]:
    """A file over the limit."""
    count = len(module.text.splitlines())
    return [f"{module.path}: {count} lines, at most {MAX_FILE_LINES}"] if count > MAX_FILE_LINES else []


def unannotated_arguments(module: Module) -> list[str]:
    """Arguments without a type, `self` and `cls` aside."""
    return [
        module.at(argument, f"argument '{argument.arg}' of {node.name} has no type")
        for node in module.functions()
        for argument in _arguments(node)
        if argument.annotation is None and argument.arg not in {"self", "cls"}
    ]


def _arguments(node: Function) -> list[ast.arg]:
    listed = node.args
    starred = [argument for argument in (listed.vararg, listed.kwarg) if argument is not None]
    return [*listed.posonlyargs, *listed.args, *listed.kwonlyargs, *starred]


def missing_purpose(module: Module) -> list[str]:
    """A module with code whose docstring is absent or does not open with a sentence on one line."""
    if not module.tree.body:
        return []
    docstring = ast.get_docstring(module.tree)
    if not docstring:
        return [f"{module.path}:1: no docstring says what the module is for"]
    if not docstring.splitlines()[0].endswith((".", "?")):
        return [f"{module.path}:1: the docstring does not open with one whole sentence"]
    return []


def vague_names(path: str) -> list[str]:
    """A path with a part that names no purpose."""
    parts = {PurePosixPath(part).stem for part in PurePosixPath(path).parts}
    return [f"{path}: '{name}' names no purpose" for name in sorted(parts & VAGUE_NAMES)]


def banners(path: str, text: str) -> list[str]:
    """Comment lines that are drawn rather than written."""
    return _lines_matching(path, text, BANNER, "banner comment")


def unfinished(path: str, text: str) -> list[str]:
    """Marks of unfinished work that name no issue."""
    return _lines_matching(path, text, UNFINISHED, "unfinished work without an issue number")


def _lines_matching(path: str, text: str, pattern: re.Pattern[str], message: str) -> list[str]:
    lines = enumerate(text.splitlines(), start=1)
    return [f"{path}:{number}: {message}" for number, line in lines if pattern.search(line)]


def broad_excepts(module: Module) -> list[str]:
    """Handlers and suppressions of everything, outside a worker's outer edge.

    A worker's outer edge is a function with a `task` decorator in a module named `tasks`: whatever goes wrong
    there has to be written to the job, because nobody else is listening.
    """
    edges = {
        id(node)
        for function in module.functions()
        if _is_edge(module, function)
        for node in ast.walk(function)
    }
    return [
        module.at(node, "catches everything outside a worker's outer edge")
        for node in ast.walk(module.tree)
        if _is_broad(node) and id(node) not in edges
    ]


def _is_edge(module: Module, function: Function) -> bool:
    if f"{module.path}::{function.name}" in WORKER_EDGES:
        return True
    decorators = [dotted(decorator).split(".")[-1] for decorator in function.decorator_list]
    return PurePosixPath(module.path).stem == "tasks" and any("task" in name for name in decorators)


def _is_broad(node: ast.AST) -> bool:
    if isinstance(node, ast.ExceptHandler):
        return node.type is None or _names_everything(node.type)
    is_suppress = isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == "suppress"
    return is_suppress and any(_names_everything(argument) for argument in node.args)


def _names_everything(node: ast.AST) -> bool:
    members = node.elts if isinstance(node, ast.Tuple) else [node]
    return any(dotted(member) in BROAD for member in members)


def evaluated_text(module: Module) -> list[str]:
    """Text or bytes turned into code."""
    forbidden = {"eval", "exec", "compile", "pickle.loads", "pickle.load", "marshal.loads", "yaml.load"}
    found = [call for call in calls(module) if dotted(call.func) in forbidden]
    return [module.at(call, f"{dotted(call.func)} runs what it reads") for call in found]
