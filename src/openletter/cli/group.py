"""Verbs that have verbs of their own, and how their help lists these."""

from typing import Any

from typer.core import TyperGroup

_NO_LIMIT = 1_000


class Group(TyperGroup):
    """Lists each verb with the whole first sentence of what it does: one that ends in dots says too little."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        rows = [
            (name, command.get_short_help_str(_NO_LIMIT))
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None and not command.hidden
        ]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)
