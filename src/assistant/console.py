"""What the commands share: settings, progress, errors as one line, exit status."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from assistant.settings import Settings

_ADVICE = {
    errno.ENOSPC: "; free space, then retry",
    errno.EACCES: "; fix permissions, then retry",
    errno.EPERM: "; fix permissions, then retry",
    errno.EROFS: "; choose a folder that can be written",
    errno.EEXIST: "; choose a folder, this is a file",
    errno.ENOTDIR: "; choose a folder, this is a file",
}

errors = Console(stderr=True, soft_wrap=True)


def load_settings(**overrides: Any) -> Settings:
    """The settings, with the options that were given; a wrong one ends the command."""
    try:
        given = {name: value for name, value in overrides.items() if value is not None}
        return Settings(**given)
    except ValidationError as error:
        for problem in error.errors():
            name = "ASSISTANT_" + "_".join(map(str, problem["loc"])).upper()
            errors.print(f"error: setting {name}: {problem['msg']}", markup=False)
        raise typer.Exit(2) from error


def progress_bar(doing: str) -> Progress:
    """A bar on stderr that is gone when the work is done; give its one task an empty name."""
    columns = TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=errors, transient=True)


def fail(message: str, status: int = 1) -> typer.Exit:
    """Say what went wrong; raise the result to end the command."""
    errors.print(f"error: {message}", markup=False)
    return typer.Exit(status)


@contextmanager
def reported_failures() -> Iterator[None]:
    """Turn the failures that a user can mend into one line and exit status 1."""
    from assistant.assembly import AssemblyError
    from assistant.index import IndexUnavailable

    try:
        yield
    except (IndexUnavailable, NotADirectoryError, AssemblyError) as error:
        raise fail(str(error)) from error
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        advice = _ADVICE.get(error.errno or 0, "")
        raise fail(f"{error.strerror or error}{where}{advice}") from error
