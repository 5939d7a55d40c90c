"""What the desk needs before a request: the folder of static files, which a demo makes when it starts."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def static_folder(settings: Any, tmp_path: Path) -> None:
    """WhiteNoise warns of a missing folder, and warnings are errors."""
    settings.STATIC_ROOT = tmp_path
