"""Django settings as the type checker loads them: no database is started, no secret is written."""

import os

os.environ["STERNA_DATABASE_URL"] = "postgresql://nobody@localhost/typing"
os.environ["STERNA_SECRET_KEY"] = "only for the type checker"

from sterna.desk.config.settings import *  # noqa: F403
