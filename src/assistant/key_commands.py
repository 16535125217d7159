"""The commands ``assistant keys add | list | remove``, which keep the file of the API keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from filelock import FileLock
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from assistant.api_keys import ApiKey, KeysUnavailable, Right, new_key, read_keys, write_keys
from assistant.console import errors, fail, load_settings

keys = typer.Typer(
    no_args_is_help=True,
    help="API keys in the file that ASSISTANT_KEYS names. A running server sees every change.",
)

LOCK_SECONDS = 10
"""How long a command waits for another that changes the file."""

Name = Annotated[str, typer.Argument(help="Who uses the key, such as a team.", metavar="NAME")]


@keys.command()
def add(
    name: Name,
    scope: Annotated[list[Right], typer.Option(help="What it is for; may be repeated.")],
    rate: Annotated[str, typer.Option(help="Rate of its own, such as '120/minute'.")] = "",
) -> None:
    """Make a key and print it, the only time that it is shown."""
    path = _path()
    try:
        secret, key = new_key(name, scope, rate)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise fail(f"{wrong['loc'][0]}: {wrong['msg']}", status=2) from error
    with _changing(path):
        known = read_keys(path) if path.exists() else ()
        if name in {other.name for other in known}:
            raise fail(f"there is a key of {name} already; remove it first")
        write_keys(path, (*known, key))
    typer.echo(secret)
    errors.print(f"This is the key of {name}; {path} keeps only its hash.", markup=False)


@keys.command("list")
def show() -> None:
    """List the keys, without what makes them valid."""
    with _reported():
        known = read_keys(_path())
    table = Table("name", "scopes", "created", "rate", box=None)
    for key in known:
        table.add_row(key.name, ", ".join(key.scopes), key.created.isoformat(), key.rate)
    Console().print(table)


@keys.command()
def remove(name: Name) -> None:
    """Make a key invalid at once."""
    path = _path()
    with _changing(path):
        known = read_keys(path)
        kept: list[ApiKey] = [key for key in known if key.name != name]
        if len(kept) == len(known):
            raise fail(f"there is no key of {name}")
        write_keys(path, kept)


def _path() -> Path:
    path = load_settings().keys
    if path is None:
        raise fail("set ASSISTANT_KEYS to the file that is to hold the keys", status=2)
    return path


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    """One command at a time changes the file, and says in one line why it cannot."""
    if not path.parent.is_dir():  # the lock would make it, and hide a slip of the pen
        raise fail(f"there is no folder {path.parent}")
    with _reported(), FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_SECONDS):
        yield


@contextmanager
def _reported() -> Iterator[None]:
    """Failures as one line. ``console.reported_failures`` loads what answers questions."""
    try:
        yield
    except KeysUnavailable as error:
        raise fail(str(error)) from error
    except OSError as error:
        raise fail(f"key file: {error.strerror or error}") from error
