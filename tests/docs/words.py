"""The words of the code: identifiers of Python, and the text a person sees in a template."""

import ast
import re

from tests.contracts.source_tree import Module

TEMPLATE_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.S)
HIDDEN = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->", re.S | re.I)
SEEN_ATTRIBUTE = re.compile(r"""\b(?:title|alt|placeholder|aria-label)\s*=\s*["']([^"']*)["']""", re.I)
TAG = re.compile(r"<[^>]*>", re.S)


def identifiers(module: Module) -> set[str]:
    """Names that a module gives: classes, functions, arguments, variables, attributes it sets."""
    names: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    return names


def in_words(identifier: str) -> str:
    """An identifier as lower-case words: `ControlGroup` and `control_group` are `control group`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", identifier)
    return " ".join(parted.replace("_", " ").lower().split())


def visible_text(template: str) -> str:
    """What a person can read on the page, in lower case: text and spoken attributes, no tags."""
    bare = HIDDEN.sub(" ", TEMPLATE_TAG.sub(" ", template))
    spoken = " ".join(SEEN_ATTRIBUTE.findall(bare))
    return " ".join(f"{TAG.sub(' ', bare)} {spoken}".lower().split())


def uses(text: str, word: str) -> bool:
    """Whether a text has the word or its plural, as a whole word."""
    return re.search(rf"\b{re.escape(word)}s?\b", text) is not None
