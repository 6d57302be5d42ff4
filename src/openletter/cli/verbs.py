"""The verbs of the program, each of which is loaded when it is asked for: ``check`` needs no database, and nobody should
wait for one."""

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.main import get_group

from openletter.cli.group import Group

VERBS = {
    **{name: name for name in ("check", "survey", "stats", "diff", "export", "judge", "enrich")},
    "import": "import_",
    **{
        name: name for name in ("notice", "report", "optout", "outbox", "serve", "store", "subscriber", "lab")
    },
}
"""Each with the module of this package that has it: as a function of the module's name, or as ``app``, which has verbs of its
own."""

SETTINGS: dict[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}
"""Of every Typer application of ours."""


class StoppedError(Exception):
    """A verb was ended by Ctrl-C and has said nothing of it."""


def _load(verb: str) -> Any:
    module = import_module(f"openletter.cli.{VERBS[verb]}")
    alone = typer.Typer(**SETTINGS)
    if hasattr(module, "app"):
        alone.add_typer(module.app, name=verb)
    else:
        alone.command(verb)(getattr(module, VERBS[verb]))
    return get_group(alone).commands[verb]


class _Commands(MutableMapping[str, Any]):
    """Commands by verb; their names are known before they are."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, verb: str) -> Any:
        if verb not in self._loaded:
            if verb not in VERBS:
                raise KeyError(verb)
            self._loaded[verb] = _load(verb)
        return self._loaded[verb]

    def __setitem__(self, verb: str, command: Any) -> None:
        self._loaded[verb] = command

    def __delitem__(self, verb: str) -> None:
        del self._loaded[verb]

    def __iter__(self) -> Iterator[str]:
        return iter(VERBS)

    def __len__(self) -> int:
        return len(VERBS)


class Verbs(Group):
    """The group of all of them."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Commands()

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            # Typer would make an exit code of it, and nobody could tell it from that of a verb that has said why it ends.
            raise StoppedError from None
