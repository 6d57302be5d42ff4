"""Whom a plan asks: the hosts of its scope, or those of a list."""

from collections.abc import Iterator
from pathlib import Path

from openletter.dialogue.observation import Endpoint
from openletter.discovery.error import DiscoveryError
from openletter.discovery.target_list import TargetList
from openletter.scope.scope import Scope
from openletter.survey.plan import Plan


def asked_by(plan: Plan) -> Scope | TargetList:
    """Raises DiscoveryError where the list is gone or is another one by now."""
    if plan.targets is None:
        return Scope(plan.scope)
    targets = TargetList(Path(plan.targets.file), Scope(plan.scope).exclusions)
    if targets.description.id != plan.targets.id:
        raise DiscoveryError(
            f"{plan.targets.file} holds the list {targets.description.id}, and the survey is of {plan.targets.id}; "
            "put that one back"
        )
    return targets


def endpoints_of(plan: Plan, asked: Scope | TargetList, number: int) -> Iterator[Endpoint]:
    """Those of a shard, as in the first pass. Part i of n has the shards i·S … i·S + S-1 of n·S."""
    part = plan.part
    shard = part.index * plan.shards + number % plan.shards
    return asked.endpoints(shard, part.of * plan.shards, seed=plan.seed)
