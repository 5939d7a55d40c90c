"""Writes about contacts: planned by a run, sent once, answered, settled."""

from sterna.desk.contacts.actions.accepting import accept
from sterna.desk.contacts.actions.calls import complete_task, open_task
from sterna.desk.contacts.actions.planning import forget, leave_out, plan_contacts
from sterna.desk.contacts.actions.sending import Sent, send_due
from sterna.desk.contacts.actions.settling import settle_unknown, withdraw

__all__ = [
    "Sent",
    "accept",
    "complete_task",
    "forget",
    "leave_out",
    "open_task",
    "plan_contacts",
    "send_due",
    "settle_unknown",
    "withdraw",
]
