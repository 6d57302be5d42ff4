"""The tree map: each country by its affected hosts, and in it the networks in which they are."""

from collections.abc import Sequence

from openletter.report.visible import visible_text
from openletter.statistics.asn import AsnCounts
from openletter.statistics.country import CountryCounts
from openletter.web.charts.lines import affected_lines
from openletter.web.charts.shape import Node, Treemap
from openletter.web.naming import network_name
from openletter.web.words import Words

COUNTRIES = 40
NETWORKS = 12
"""Of a country; the rest of it is one field."""


def country_tree(
    countries: Sequence[CountryCounts], networks: Sequence[AsnCounts], words: Words, *, suffix: str
) -> Treemap:
    """A network stands in the country in which most of its hosts are. ``networks`` may be empty."""
    of: dict[str, list[AsnCounts]] = {}
    for network in networks:
        if network.hosts.wide:
            of.setdefault(network.country, []).append(network)
    nodes = []
    for one in [one for one in countries if one.hosts_either.wide][:COUNTRIES]:
        hosts = one.hosts_either
        name = words.territory(one.country)
        children = [_network(network, words, suffix) for network in of.get(one.country, [])[:NETWORKS]]
        rest = hosts.wide - sum(child.value for child in children)
        if children and rest > 0:
            line = f"{words.text('wide')}: {words.number(int(rest))}"
            other = words.text("other networks")
            children.append(
                Node(name=other, value=rest, share=hosts.wide / max(1, hosts.answered), lines=(line,))
            )
        nodes.append(
            Node(
                name=name,
                value=float(hosts.wide),
                share=hosts.wide / max(1, hosts.answered),
                lines=affected_lines(hosts, words),
                href=f"/country/{one.country or 'ZZ'}{suffix}",
                children=tuple(children),
            )
        )
    return Treemap(name=words.text("All countries"), nodes=tuple(nodes))


def _network(network: AsnCounts, words: Words, suffix: str) -> Node:
    return Node(
        name=_short_name(network, words),
        value=float(network.hosts.wide),
        share=network.hosts.wide / max(1, network.hosts.answered),
        lines=affected_lines(network.hosts, words),
        href=f"/network/{network.asn}{suffix}" if network.asn else "",
    )


def _short_name(network: AsnCounts, words: Words) -> str:
    """With the name before the number, since a small field has room for a few letters."""
    name = visible_text(network.name)
    return f"{name} (AS{network.asn})" if network.asn and name else network_name(network, words)
