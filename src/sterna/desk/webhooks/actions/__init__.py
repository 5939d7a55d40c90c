"""Writes about webhooks: endpoints and their secrets, the outbox of messages, and what became of each."""

from sterna.desk.webhooks.actions.endpoints import (
    Wanted,
    add_endpoint,
    change_endpoint,
    delete,
    disable,
    enable,
    rotate,
)
from sterna.desk.webhooks.actions.repeating import retry, retry_failed, send_test, sweep
from sterna.desk.webhooks.actions.sending import Sent, send_due
from sterna.desk.webhooks.actions.telling import TASK, tell_moves, tell_run, wake

__all__ = [
    "TASK",
    "Sent",
    "Wanted",
    "add_endpoint",
    "change_endpoint",
    "delete",
    "disable",
    "enable",
    "retry",
    "retry_failed",
    "rotate",
    "send_due",
    "send_test",
    "sweep",
    "tell_moves",
    "tell_run",
    "wake",
]
