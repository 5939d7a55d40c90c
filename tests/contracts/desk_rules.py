"""Rules on the desk: who writes records, who reads settings, what the database may be asked for."""

import ast
import re
from pathlib import PurePosixPath

from tests.contracts.source_tree import Module, calls, dotted

# Writes belong in actions. models.py may hold a manager or save() that an action calls; migrations and
# management commands run outside any request; personal.py erases, called by one action alone.
MAY_WRITE = {"actions", "models", "migrations", "management", "personal"}

ALWAYS_WRITES = {
    "save",
    "asave",
    "adelete",
    "bulk_create",
    "abulk_create",
    "bulk_update",
    "abulk_update",
    "update_or_create",
    "aupdate_or_create",
    "get_or_create",
    "aget_or_create",
    "acreate",
    "aupdate",
}
QUERYSET_WRITES = {"create", "update", "delete"}
QUERYSET_VERBS = {"objects", "filter", "exclude", "all", "select_for_update", "order_by", "_default_manager"}
SQL_WRITE = re.compile(
    r"^\s*(with\b.*\b)?(insert|update|delete|merge|truncate|copy\s+\S+.*\bfrom)\b", re.I | re.S
)
ENVIRONMENT_READS = {"os.getenv", "os.environ.get", "getenv", "environ.get", "environ"}


def writes_outside_actions(module: Module) -> list[str]:
    """Calls that change a record from a view, form, query, task or template tag."""
    if MAY_WRITE & {PurePosixPath(part).stem for part in PurePosixPath(module.path).parts}:
        return []
    found = [
        call
        for call in calls(module)
        if isinstance(call.func, ast.Attribute)
        and (
            _changes_models(call, call.func) or (_is_sql_write(call, call.func) and not _only_scratch(module))
        )
    ]
    return [module.at(call, f"writes outside actions.py: {dotted(call.func)}()") for call in found]


def _changes_models(call: ast.Call, method: ast.Attribute) -> bool:
    if method.attr in ALWAYS_WRITES:
        return True
    if method.attr not in QUERYSET_WRITES:
        return False
    receiver = set(dotted(method.value).split("."))
    # `delete()` without arguments is the model's; a dictionary, a set and a hash have none.
    return bool(receiver & QUERYSET_VERBS) or (
        method.attr == "delete" and not call.args and not call.keywords
    )


def _is_sql_write(call: ast.Call, method: ast.Attribute) -> bool:
    return method.attr in {"execute", "executemany", "copy"} and bool(SQL_WRITE.match(_leading_text(call)))


def _only_scratch(module: Module) -> bool:
    """Whether its SQL reaches only a DuckDB of its own: the module imports that and no way to the records."""
    imported = {
        name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
    }
    packages = {name.split(".")[0] for name in imported}
    return "duckdb" in packages and not packages & {"django", "psycopg", "psycopg_pool"}


def _leading_text(call: ast.Call) -> str:
    """The text that an SQL call opens with, as far as it is written out."""
    if not call.args:
        return ""
    first = call.args[0]
    if isinstance(first, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in first.values)
    if isinstance(first, ast.Call) and first.args:
        return _leading_text(first)
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def environment_reads(module: Module) -> list[str]:
    """Environment variables read past the declared settings; handing all of them on is not reading."""
    if module.path == "src/sterna/desk/config/options.py":
        return []
    reads = [call for call in calls(module) if dotted(call.func) in ENVIRONMENT_READS]
    items = [node for node in ast.walk(module.tree) if isinstance(node, ast.Subscript) and _is_read(node)]
    return [module.at(node, "reads the environment past config/options.py") for node in [*reads, *items]]


def _is_read(node: ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Load) and dotted(node.value) in {"os.environ", "environ"}


def other_databases(module: Module) -> list[str]:
    """Names of a second database dialect, or of an extension that the embedded server does not ship."""
    forbidden = re.compile("sql" + r"ite|mysql|BtreeGist|TrigramExt|create\s+extension|\bpg_trgm\b", re.I)
    return [
        module.at(node, f"asks for what the embedded PostgreSQL does not have: {node.value[:60]!r}")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and forbidden.search(node.value)
        and not _is_prose(node, module)
    ]


def _is_prose(node: ast.Constant, module: Module) -> bool:
    """Whether the text is a docstring: it may tell why something is not there."""
    return any(isinstance(parent, ast.Expr) and parent.value is node for parent in ast.walk(module.tree))


def money_as_float(module: Module) -> list[str]:
    """Model fields that hold money in floating point."""
    money = re.compile(r"(^|_)(amount|spend|sales|cost|price|revenue|margin|balance|budget|money|fee)(_|$)")
    return [
        module.at(node, f"money in a FloatField: {target.id}")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        for target in node.targets
        if isinstance(target, ast.Name)
        and money.search(target.id)
        and dotted(node.value.func).endswith("FloatField")
    ]


def tenants(module: Module) -> list[str]:
    """Fields and arguments named for a tenant: one installation serves one program."""
    names = [
        (node, node.id if isinstance(node, ast.Name) else node.arg)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.arg)
    ]
    return [module.at(node, f"'{name}' suggests tenants") for node, name in names if "tenant" in name.lower()]
