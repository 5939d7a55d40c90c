"""The terms of the groups as the YAML text that people write."""

import yaml

from sterna.engine.segments.groups import Terms

BLANK = """groups: clients
version: 1
# What A asks for, each at least so much; leave it out where staff judge without any figure.
thresholds: []
# Why somebody is in C, by a code.
reasons:
  family: family of a client in A
  introducer: brings others to us
  staff: works for us
rest_days: 365
review_months: 12
"""


def written(terms: Terms) -> str:
    """The text that `read_terms` reads as these terms."""
    lines = [f"groups: {_quoted(terms.groups)}", f"version: {terms.version}"]
    lines += ["thresholds:"] if terms.thresholds else ["thresholds: []"]
    for one in terms.thresholds:
        title = f", title: {_quoted(one.title)}" if one.title else ""
        lines.append(f"  - {{measure: {_quoted(one.measure)}, least: {one.least:f}{title}}}")
    lines.append("reasons:")
    lines += [f"  {_quoted(code)}: {_quoted(words)}" for code, words in terms.reasons.items()]
    lines += [f"rest_days: {terms.rest_days}", f"review_months: {terms.review_months}"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A text as it stands inside brackets of YAML, quoted where it would mean something else there or in a line."""
    listed: str = yaml.safe_dump([text], default_flow_style=True, allow_unicode=True, width=10_000)
    return listed.removesuffix("\n").removeprefix("[").removesuffix("]")
