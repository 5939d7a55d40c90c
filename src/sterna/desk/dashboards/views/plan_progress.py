"""How far a plan has come: review and signatures, its four stages, what it waits for, and what to do next."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from sterna.desk.dashboards.customer_served import Item, html
from sterna.desk.dashboards.page import Section
from sterna.desk.plans.models import DependencyEntry, Plan, Signature
from sterna.desk.plans.queries import dependencies_now
from sterna.desk.users.access import Right, allows
from sterna.desk.web.components import Column, Empty, Row, Table
from sterna.engine.plans import Plan as Document
from sterna.engine.plans import of_body
from sterna.engine.plans.stages import STAGES, may_close
from sterna.engine.plans.strategy import Stage

# In a column of days: nobody has lost the day, it has not come.
NOT_YET = "not yet"


@dataclass(frozen=True)
class Form:
    """One thing that may be done next: where it is posted, what it asks, and what its button says."""

    address: str
    id: str
    asks: str
    button: str
    hint: str = ""
    field: str = "reason"
    longest: int = 300
    hidden: tuple[tuple[str, str], ...] = ()
    is_main: bool = True


def progress(request: HttpRequest, found: Plan) -> list[Section]:
    """Sections on review and signatures, on the stages, and on what the plan waits for."""
    document = of_body(found.definition.body).plan
    sections = [
        Section([_signatures(found), *_forms(request, _next(request, found))], "Who stands behind it?")
    ]
    if document.stages:
        closing = _forms(request, _closing(request, found, document))
        sections.append(Section([_stages(found, document), *closing], "Which stages are closed?"))
    if document.dependencies:
        now = dependencies_now(found, document)
        items: list[Item] = [_dependencies(now), *_writing(request, found, now)]
        sections.append(Section([*items, _log(found)], "What does it wait for?"))
    return sections


def _forms(request: HttpRequest, forms: Iterator[Form]) -> list[Item]:
    told = list(forms)
    if not told:
        return []
    return [html("plan_next", request, forms=told)]


def _next(request: HttpRequest, found: Plan) -> Iterator[Form]:
    if not allows(request.user, Right.MANAGE):
        return
    if found.state == Plan.State.DRAFT:
        hint = "Two people sign it then: one for marketing, one for the technical side."
        yield Form(_at("plan_submit", found), "submit-reason", "Why it is ready", "Submit for review", hint)
    elif found.state == Plan.State.REVIEW:
        yield from _signing(request, found)
    elif found.state == Plan.State.APPROVED:
        hint = "From then on this version, its hold-out and its primary comparison do not change."
        yield Form(_at("plan_launch", found), "launch-reason", "Why it may begin", "Launch plan", hint)
    elif found.state == Plan.State.LIVE:
        hint = "What has not left is withdrawn, and nobody is contacted by it any more."
        yield Form(_at("plan_close", found), "close-reason", "Why it ends", "Close plan", hint, is_main=False)
    if found.state in (Plan.State.REVIEW, Plan.State.APPROVED):
        yield Form(
            _at("plan_send_back", found),
            "back-reason",
            "What is to be mended",
            "Send back",
            "It is a draft again, and its signatures are void.",
            is_main=False,
        )


def _signing(request: HttpRequest, found: Plan) -> Iterator[Form]:
    signed = list(found.signatures.filter(void_at=None))
    if any(one.signed_by_id == request.user.pk for one in signed):
        return
    rights = {Signature.Side.MARKETING: Right.MANAGE, Signature.Side.TECHNICAL: Right.SIGN_TECHNICAL}
    for side, right in rights.items():
        if allows(request.user, right) and side not in {one.side for one in signed}:
            yield Form(
                _at("plan_sign", found),
                f"sign-{side}",
                "What you looked at",
                f"Sign for the {side.label.lower()} side",
                hidden=(("side", side.value),),
            )


def _at(name: str, found: Plan) -> str:
    return reverse(name, args=[found.pk])


def _signatures(found: Plan) -> Item:
    rows = [
        Row(
            [
                one.get_side_display(),
                one.signed_by.name,
                one.signed_at,
                one.reason,
                "void" if one.void_at else "stands",
            ]
        )
        for one in found.signatures.select_related("signed_by")
    ]
    columns = [
        Column("side", "Side"),
        Column("who", "Signed by"),
        Column("at", "At", "instant"),
        Column("reason", "Looked at"),
        Column("stands", "Stands"),
    ]
    nothing = Empty(
        "Signatures.",
        "Nobody has signed it: a plan is launched with one for marketing and one for the technical side.",
    )
    return Table("Signatures", columns, rows, empty=nothing, stacks=True)


def _stages(found: Plan, document: Document) -> Item:
    closed = {one.stage: one for one in found.stages_closed.select_related("closed_by")}
    written = {stage.id: stage for stage in document.stages}
    rows = [_stage(number, name, written.get(name), closed) for number, name in enumerate(STAGES, start=1)]
    columns = [
        Column("number", "Stage", "number"),
        Column("name", "Called"),
        Column("owner", "Owner"),
        Column("by", "By", "day"),
        Column("proof", "What proves it done"),
        Column("closed", "Closed", "instant"),
        Column("who", "By whom"),
        Column("shown", "With what"),
    ]
    return Table("Stages", columns, rows, stacks=True)


def _stage(number: int, name: str, written: Stage | None, closed: dict[str, Any]) -> Row:
    asked = [written.owner, written.by, written.proof] if written else ["", None, ""]
    done = closed.get(name)
    who = (done.closed_by.name if done.closed_by else "Sterna") if done else ""
    return Row([number, name, *asked, done.closed_at if done else NOT_YET, who, done.proof if done else ""])


def _closing(request: HttpRequest, found: Plan, document: Document) -> Iterator[Form]:
    if not allows(request.user, Right.MANAGE) or found.state == Plan.State.CLOSED:
        return
    closed = set(found.stages_closed.values_list("stage", flat=True))
    for name in STAGES:
        if name not in closed and may_close(document.stages, closed, name) is None:
            yield Form(
                _at("plan_stage", found),
                f"stage-{name}",
                f"What proves the stage {name} done",
                "Close stage",
                field="proof",
                longest=600,
                hidden=(("stage", name),),
                is_main=False,
            )


def _dependencies(now: Document) -> Item:
    titles = {one.id: one.title or one.id for one in now.dependencies}
    rows = [
        Row(
            [
                titles[one.id],
                one.kind or "",
                one.owner or "",
                one.by,
                one.done or NOT_YET,
                ", ".join(str(titles.get(name, name)) for name in one.needs),
            ]
        )
        for one in now.dependencies
    ]
    columns = [
        Column("dependency", "What"),
        Column("kind", "Kind"),
        Column("owner", "Owner"),
        Column("by", "Due", "day"),
        Column("done", "There since", "day"),
        Column("needs", "Needs first"),
    ]
    return Table("Dependencies", columns, rows, stacks=True)


def _writing(request: HttpRequest, found: Plan, now: Document) -> Iterator[Item]:
    still = [(one.id, one.title or one.id) for one in now.dependencies if one.done is None]
    if still and found.state != Plan.State.CLOSED and allows(request.user, Right.MANAGE):
        yield html("plan_dependency", request, address=_at("plan_dependency", found), open=still)


def _log(found: Plan) -> Item:
    rows = [
        Row(
            [
                entry.told_at,
                entry.dependency,
                entry.get_kind_display(),
                entry.was_by,
                entry.day,
                entry.told_by.name if entry.told_by else "Sterna",
                entry.reason,
            ]
        )
        for entry in DependencyEntry.objects.filter(plan=found).select_related("told_by")
    ]
    columns = [
        Column("at", "Told", "instant"),
        Column("what", "What"),
        Column("kind", "Is"),
        Column("was", "Was due", "day"),
        Column("day", "Is now", "day"),
        Column("who", "By"),
        Column("reason", "Why"),
    ]
    nothing = Empty("Slip log.", "Nothing has slipped or was delivered yet.")
    return Table("Slip log", columns, rows, empty=nothing, show_caption=True, stacks=True)
