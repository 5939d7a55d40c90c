"""The planted person as staff, other customers and rules know them: notes, promises, refusals, shared values."""

from sterna.desk.customers.actions import (
    Contacted,
    Told,
    add_note,
    add_occasion,
    answer,
    ask,
    block_value,
    complete,
    desk_record,
    form_household,
    retract_note,
    take_request,
)
from sterna.desk.customers.actions.preferences import Choices, choose, rate
from sterna.desk.customers.models import Customer, SourceRecord

PHONED = Contacted("phone", "phone", "inbound", "service")


def serve(customer: Customer, word: str, mail: str) -> None:
    """Have the person served by hand; what others say of them stands on those others."""
    name = f"{word.capitalize()} Person"
    friend = SourceRecord.objects.get(key="web/user_id:friend").customer
    add_note(
        customer, f"{word} has little ones at home, two children, and loves cooking.", PHONED, None, "n1"
    )
    retract_note(add_note(customer, f"{word} flies.", PHONED, None, "n2"), f"it was {word}'s sister", None)
    add_note(friend, f"Came with {name}, who asked us to write to {mail}.", PHONED, None, "n3")
    asked = take_request(customer, "cake", f"a cake for {word}", "counter", None)
    complete(asked, f"{word} took it home", None)
    take_request(friend, "cake", f"the cake that {name} had", "counter", None)
    answer(ask(customer, "name.full", "phone", None, words=f"Is it still {word}?"), name, None)
    told = Told("events.wedding", 9, None, 2017, whose=f"{word}'s daughter", consent=True)
    add_occasion(desk_record(customer), told, "desk", None)
    choose(customer, Choices({("email", "marketing"): True}, 2, [f"shopping.category/{word}"]))
    rate(customer, "counter", 4)
    form_household([customer, friend], f"{word} and the friend", None)
    block_value(mail, False, f"{word} is the till's own address", None)
