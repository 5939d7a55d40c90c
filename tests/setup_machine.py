"""Installs Chromium, Java and Node for the tests that need them, or says loudly that they are missing."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Tool:
    """A program that a group of tests needs, its Debian package and the marker of those tests."""

    program: str
    package: str
    marker: str


TOOLS = (
    Tool("chromium", "chromium", "browser"),
    Tool("java", "openjdk-17-jre-headless", "spark"),
    Tool("node", "nodejs", "node"),
    # Debian's package of Node holds none; that of Node's own makers does.
    Tool("npm", "npm", "node"),
)


def missing_tools() -> list[Tool]:
    """The tools whose program is not on the path."""
    return [tool for tool in TOOLS if shutil.which(tool.program) is None]


def in_ci() -> bool:
    """Whether a missing tool is a failure: continuous integration may not skip anything."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def can_install() -> bool:
    """Whether this user may install Debian packages."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(tools: list[Tool]) -> None:
    """Installs the tools' packages; a failure is told on standard error and leaves them missing."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = [tool.package for tool in tools]
    print("Installing for the tests:", *packages, flush=True)
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(command, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            print(done.stdout, file=sys.stderr)
            return


def report(tools: list[Tool]) -> int:
    """Says what will not be tested; returns the exit code, which is a failure under CI."""
    for tool in tools:
        print(
            f"*** {tool.program} is not installed: every test marked '{tool.marker}' will be SKIPPED. "
            f"On Debian: apt-get install {tool.package}",
            file=sys.stderr,
        )
    return 1 if tools and in_ci() else 0


def main() -> int:
    """Installs what is absent where that is possible, then reports what still is."""
    absent = missing_tools()
    if absent and can_install():
        install(absent)
    return report(missing_tools())


if __name__ == "__main__":
    sys.exit(main())
