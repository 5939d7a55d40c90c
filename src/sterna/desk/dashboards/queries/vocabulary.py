"""The taxonomy's text as it is edited: what a new one changes, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sterna.desk.customers import queries, shipped
from sterna.desk.customers.queries import ClassReport
from sterna.desk.web.formats import instant
from sterna.engine.errors import BadInput
from sterna.engine.profiles.inference import check_rules, load_rules
from sterna.engine.taxonomy import Finding, Tree, check, load


@dataclass(frozen=True)
class Gone:
    """A class that a new text no longer has, with what it holds and who uses it."""

    fact_class: str
    facts: int
    users: str


@dataclass(frozen=True)
class Checked:
    """A text that was looked at: what is wrong, and what it would add, change and let go of what is in force."""

    findings: Sequence[Finding]
    problem: str = ""
    added: Sequence[str] = ()
    changed: Sequence[str] = ()
    gone: Sequence[Gone] = ()
    version: int | None = None

    @property
    def publishable(self) -> bool:
        """Whether nothing stands against publishing it but what is in force."""
        return not self.problem and all(finding.severity != "error" for finding in self.findings)


def text_in_force() -> str:
    """The taxonomy's text: as it was published last, else as it was shipped."""
    newest = queries.taxonomy_versions().first()
    return newest.source_text if newest else shipped.text(f"{shipped.FIRST}.yaml")


def rules_in_force() -> str:
    """The text of the rules of inference: as they were published last for the taxonomy in force, else as shipped."""
    name = queries.classes().taxonomy.name
    newest = queries.rules_versions().filter(taxonomy=name).first()
    return newest.source_text if newest else shipped.rules_text(name)


def when_counted(reports: Sequence[ClassReport]) -> str:
    """When it was counted how full the classes are."""
    at = next((one.counted_at for one in reports), None)
    return f"Counted at {instant(at)}." if at else "Counted just now."


def checked(text: str) -> Checked:
    """What is wrong with a text of the taxonomy, and what publishing it would change."""
    document = load(text)
    findings = check(document)
    if any(finding.severity == "error" for finding in findings):
        return Checked(findings, version=document.taxonomy.version)
    after, before = Tree(document), queries.classes()
    kept = [name for name in before.ids() if name in after]
    reports = {one.fact_class: one for one in queries.class_reports()}
    return Checked(
        findings,
        added=[name for name in after.ids() if name not in before],
        changed=[name for name in kept if before.at(name) != after.at(name)],
        gone=[_gone(reports[name]) for name in before.ids() if name not in after],
        version=after.version,
    )


def _gone(one: ClassReport) -> Gone:
    return Gone(one.fact_class, one.facts, ", ".join(use.sentence for use in one.uses))


def checked_rules(text: str) -> Checked:
    """What is wrong with a text of the rules."""
    try:
        book = load_rules(text)
    except BadInput as error:
        return Checked((), str(error))
    before = {rule.id: rule for rule in queries.rules_in_force(queries.classes().taxonomy.name)[1].rules}
    after = {rule.id: rule for rule in book.rules}
    return Checked(
        check_rules(book, queries.classes()),
        added=[name for name in after if name not in before],
        changed=[name for name in after if name in before and after[name] != before[name]],
        gone=[Gone(name, 0, "") for name in before if name not in after],
        version=book.version,
    )
