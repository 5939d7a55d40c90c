"""The page on settings says what the code declares."""

import re

from sterna.desk.config import options
from tests.docs.settings_page import PAGE


def test_the_page_is_what_the_code_declares() -> None:
    assert PAGE.read_text(encoding="utf-8") == options.as_markdown(), "stale: run make docs"


def test_every_setting_has_a_name_of_ours_and_a_sentence() -> None:
    names = [option.name for option in options.OPTIONS]
    assert len(names) == len(set(names))
    for option in options.OPTIONS:
        assert re.fullmatch(r"STERNA_[A-Z_]+", option.name)
        assert option.help.endswith("."), option.name
