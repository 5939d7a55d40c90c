"""The engine's errors, one small tree.

SternaError
├── BadInput        what came in is wrong; the message names what and where
├── StepFailed      a named SQL step failed; carries the step's name and its SQL
├── LakeMissing     a file of the manifest is not where it should be
├── LakeFailed      a table could not be read from the storage or written to it
└── Unsupported     this engine cannot do it, and says why
"""


class SternaError(Exception):
    """Anything Sterna refuses or cannot do, in one clear line."""


class BadInput(SternaError):
    """The input is wrong; the message names what is wrong, where, and what would mend it."""


class StepFailed(SternaError):
    """A SQL step failed on an engine.

    `step` is its name as stage/name, `sql` the text as it was sent, `engine` where it ran.
    """

    def __init__(self, step: str, engine: str, sql: str, reason: str) -> None:
        super().__init__(f"step {step} failed on {engine}: {reason}")
        self.step = step
        self.engine = engine
        self.sql = sql
        self.reason = reason


class LakeMissing(SternaError):
    """A segment that the manifest lists is not on the storage."""


class LakeFailed(SternaError):
    """A table could not be read from the storage or written to it; the message names the table and why."""


class Unsupported(SternaError):
    """The chosen engine cannot do this; the message says why."""
