"""Sends what is due: each endpoint by a thread of its own, so that one that is slow keeps no other waiting."""

import secrets
import time
from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from uuid import UUID

from sterna.desk.config import clock
from sterna.desk.webhooks.actions.claims import Outcome, Portion, claim, ready, settle
from sterna.desk.webhooks.models import Endpoint, Message
from sterna.desk.webhooks.signing import body_of, headers_of, is_under_this_key, message_id, secrets_of
from sterna.desk.webhooks.wire import Answer, Connection

# Seconds until the second, third, ... attempt, as Standard Webhooks suggests; after the last one it has failed.
WAITS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
MOST_ATTEMPTS = len(WAITS) + 1
# Each wait is made longer by up to this share, so that what failed together does not come back together.
JITTER = 0.2
LONGEST_WAIT = 86_400
# Claimed at once: what an erasure finds already in a sender's hands, and how many are sent again after a kill.
PORTION = 50
PORTION_SECONDS = 10.0
# After so many bad answers in a row the endpoint rests; what was not tried waits as it did.
TIRED = 5
SENDERS = 8


@dataclass
class Sent:
    """What one call did: messages by the state they are in now; `goes_on` when there may be more to send."""

    states: Counter[str] = field(default_factory=Counter)
    goes_on: bool = False

    def __str__(self) -> str:
        told = ", ".join(f"{number} {state}" for state, number in sorted(self.states.items()))
        return told or "no webhook was due"


@dataclass(frozen=True)
class Lines:
    """The connections of one call, one to each address, closed at its end."""

    stack: ExitStack
    open: dict[tuple[UUID, str], Connection] = field(default_factory=dict)

    def to(self, endpoint: Endpoint) -> Connection:
        """The connection to the endpoint where it is now."""
        key = (endpoint.pk, endpoint.url)
        if key not in self.open:
            self.open[key] = self.stack.enter_context(closing(Connection(endpoint.url)))
        return self.open[key]


@dataclass(frozen=True)
class Job:
    """A portion on its way: whose messages, under which claim, signed with what, over which connection."""

    endpoint: UUID
    claim: UUID
    messages: Sequence[Message]
    secrets: Sequence[str]
    line: Connection


def send_due(seconds: float = 20.0) -> Sent:
    """Send what is due for about so many seconds, sooner when nothing is left.

    Several senders may run at once. Not to be called inside a transaction: what has left cannot be rolled back.
    """
    with ExitStack() as stack:
        return _send(time.monotonic() + seconds, stack)


def _send(until: float, stack: ExitStack) -> Sent:
    sent, idle, lines = Sent(), set[UUID](), Lines(stack)
    flying: dict[Future[Portion], Job] = {}
    pool = stack.enter_context(ThreadPoolExecutor(SENDERS))
    while True:
        sent.goes_on = time.monotonic() >= until
        if not sent.goes_on:
            flying |= {pool.submit(deliver, job): job for job in _jobs(flying.values(), idle, lines)}
        if not flying:
            return sent
        for done in wait(flying, return_when=FIRST_COMPLETED).done:
            job, portion = flying.pop(done), done.result()
            settle(job.endpoint, job.claim, portion)
            sent.states.update(one.state.value for one in portion.outcomes if one.tried)
            idle |= {job.endpoint} if portion.tired or portion.is_gone else set()


def _jobs(flying: Collection[Job], idle: set[UUID], lines: Lines) -> list[Job]:
    """A portion of every endpoint that has something due and nothing on its way; the others are idle from now on."""
    free = [one for one in ready() if one not in idle and all(job.endpoint != one for job in flying)]
    found = []
    for endpoint in Endpoint.objects.filter(pk__in=free[: SENDERS - len(flying)]).order_by("pk"):
        job = _job(endpoint, lines)
        idle |= set() if job else {endpoint.pk}
        found += [job] if job else []
    return found


def _job(endpoint: Endpoint, lines: Lines) -> Job | None:
    if not is_under_this_key(endpoint):
        return None  # no receiver would know the signature: the page says so
    claimed, messages = claim(endpoint.pk, PORTION)
    if not messages:
        return None
    return Job(endpoint.pk, claimed, messages, secrets_of(endpoint, clock.now()), lines.to(endpoint))


def deliver(job: Job) -> Portion:
    """Post the messages one after another and say what became of each; touches no record, so it may run in a thread."""
    until, bad, outcomes = time.monotonic() + PORTION_SECONDS, 0, list[Outcome]()
    stopped = False
    for message in job.messages:
        stopped = stopped or bad >= TIRED or time.monotonic() >= until
        if stopped:
            outcomes.append(Outcome(message.pk, Message.State.WAITING, tried=False))
            continue
        outcome = _post(message, job)
        outcomes.append(outcome)
        bad = 0 if outcome.state == Message.State.DELIVERED else bad + 1
        stopped = outcome.status == 410
    return Portion(outcomes, tired=bad >= min(TIRED, len(job.messages)))


def _post(message: Message, job: Job) -> Outcome:
    identity, body = message_id(message), body_of(message)
    # The receiver's clock is compared with it: the real time, whatever the desk takes for the present.
    headers = headers_of(identity, body, job.secrets, int(time.time()))
    answer = job.line.post(headers, body)
    if answer.is_taken:
        return Outcome(message.pk, Message.State.DELIVERED, 0, answer.status, answer.words)
    # Whoever is asked to go away for good may be asked again once somebody has enabled the endpoint.
    if message.attempts + 1 >= MOST_ATTEMPTS and answer.status != 410:
        return Outcome(message.pk, Message.State.FAILED, 0, answer.status, answer.words)
    return Outcome(message.pk, Message.State.WAITING, _seconds(message, answer), answer.status, answer.words)


def _seconds(message: Message, answer: Answer) -> float:
    """How long until the next attempt: by the schedule, or as long as the receiver asks for, up to a day."""
    scheduled = WAITS[min(message.attempts, len(WAITS) - 1)] * (1 + JITTER * secrets.randbelow(1_000) / 1_000)
    asked = (
        int(answer.wait)
        if answer.wait.isascii() and answer.wait[:7].isdecimal() and len(answer.wait) < 8
        else 0
    )
    return max(scheduled, min(asked, LONGEST_WAIT))
