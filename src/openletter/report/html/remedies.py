"""What is to be done: each step once, for all hosts that need it, with the lines for each product among them."""

from collections.abc import Sequence

import msgspec

from openletter.remedy.remedies import Change, Step, in_order
from openletter.report.html.hosts import HostEntry


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """For one edition of one product."""

    change: Change
    hosts: tuple[HostEntry, ...]
    """Where it was recognised, or guessed."""


class Treatment(msgspec.Struct, frozen=True, kw_only=True):
    """One step."""

    number: int
    """From 1, in the order in which to take them."""
    title: str
    text: str
    hosts: tuple[HostEntry, ...]
    lines: tuple[Lines, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    treatments: tuple[Treatment, ...]
    of_host: dict[int, tuple[int, ...]]
    """Numbers of treatments by the host's number."""


_StepKey = tuple[str, str]


def plan_of(hosts: Sequence[HostEntry]) -> Plan:
    """``hosts``: the worst first."""
    helped: dict[_StepKey, list[HostEntry]] = {}
    applied: dict[tuple[_StepKey, Change], list[HostEntry]] = {}
    every: dict[Step, None] = {}
    for host in hosts:
        for step in host.steps:
            every[step] = None
            helped.setdefault(_key(step), []).append(host)
            for change in step.changes:
                applied.setdefault((_key(step), _sure(change)), []).append(host)
    treatments = tuple(
        Treatment(
            number=number,
            title=step.title,
            text=step.text,
            hosts=tuple(helped[_key(step)]),
            lines=tuple(
                Lines(change=change, hosts=tuple(applied[_key(step), _sure(change)]))
                for change in step.changes
            ),
        )
        for number, step in enumerate(in_order(every), 1)
    )
    of_host: dict[int, list[int]] = {}
    for one in treatments:
        for host in one.hosts:
            of_host.setdefault(host.number, []).append(one.number)
    return Plan(
        treatments=treatments, of_host={number: tuple(numbers) for number, numbers in of_host.items()}
    )


def _key(step: Step) -> _StepKey:
    return step.title, step.text


def _sure(change: Change) -> Change:
    return msgspec.structs.replace(change, guessed=False)
