"""A restore that ends itself in the middle of loading the tables: `python -m tests.cli.killed_restore BACKUP`."""

import sys
from pathlib import Path

from sterna.cli.desk import backup
from tests.desk.killing import dying


def main(folder: str) -> None:
    """Die after the twentieth table."""
    backup._copy_in = dying(backup._copy_in, False, 20)
    backup.restore(Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
