"""What an action raises when it will not do what was asked."""

from sterna.engine.errors import SternaError


class Refused(SternaError):
    """The action changes nothing; the message says why and what would mend it. A form shows it, the API gives 409."""
