"""How long endpoints stay exposed: the curve of Kaplan and Meier over the state.

An endpoint is exposed from the survey that found it so (``exposed_since``) to the one that found it mended or without an
answer (``exposed_until``); of one that was exposed several times the state has the latest. Of one that was exposed when
it was asked last (``asked``) nobody knows how long it will be: it is censored on the right there, and counts among those
at risk until then (E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958)
457-481). Days are those between the surveys that saw it; what happened between two of them is not known, so the curve's
steps lie on the rhythm of the surveys.
"""

import msgspec

from openletter.statistics.where import of_country
from openletter.store.database import connect, quoted
from openletter.store.file_set import Kind
from openletter.store.store import Store

DAY = 86_400.0


class Step(msgspec.Struct, frozen=True):
    days: float
    """Since they were found exposed."""
    share: float
    """Still exposed then, 0 to 1."""
    at_risk: int
    """How many were exposed and watched until just before."""
    mended: int
    """At this time."""


class Persistence(msgspec.Struct, frozen=True, kw_only=True):
    endpoints: int
    """That were ever found exposed (wide)."""
    mended: int
    """Of them; the others were exposed when they were asked last."""
    median_days: float | None
    """After which at most half are exposed; none where the curve has not come down to that."""
    curve: tuple[Step, ...]
    """Where it falls, from (0 days, all of them) on."""


_LIVES = """
SELECT coalesce({until}, asked) - {since} AS seconds, count(*) FILTER (WHERE {until} IS NOT NULL),
       count(*) FILTER (WHERE {until} IS NULL)
FROM read_parquet([{files}]) WHERE {since} IS NOT NULL AND {where} GROUP BY seconds ORDER BY seconds
"""
_KEPT = {"since": "exposed_since", "until": "exposed_until"}
_OF_OLD = {"since": "CASE WHEN wide THEN changed_at END", "until": "NULL::DOUBLE"}
"""Of a state that an earlier version of this program merged: it knows nothing of what was mended."""


ROUNDING = 1e-12
"""A product of shares that is one half can come out a little above it."""


def kaplan_meier(lives: list[tuple[float, int, int]]) -> Persistence:
    """``lives``: for each time in days, the shortest first, how many were mended then and how many censored."""
    at_risk = everyone = sum(ended + censored for _, ended, censored in lives)
    share, median = 1.0, None
    curve = [Step(0.0, 1.0, everyone, 0)] if everyone else []
    for days, ended, censored in lives:
        if ended:
            share *= 1 - ended / at_risk
            curve.append(Step(days, share, at_risk, ended))
            if median is None and share <= 0.5 + ROUNDING:
                median = days
        # Whoever is censored at a time was still at risk at that time.
        at_risk -= ended + censored
    return Persistence(
        endpoints=everyone,
        mended=sum(ended for _, ended, _ in lives),
        median_days=median,
        curve=tuple(curve),
    )


def persistence(store: Store, *, country: str | None = None) -> Persistence:
    """Of all endpoints of the state, or of those in a country. Raises StoreError."""
    current = store.current(Kind.STATE)
    files = store.files_of(current) if current is not None else []
    if not files:
        return kaplan_meier([])
    where, parameters = of_country(country)
    listed = ", ".join(map(quoted, files))
    with connect(store.root) as database:
        described = database.execute(f"DESCRIBE SELECT * FROM read_parquet([{listed}])").fetchall()  # noqa: S608
        columns = {name for name, *_ in described}
        terms = _KEPT if "exposed_since" in columns else _OF_OLD
        sql = _LIVES.format(files=listed, where=where, **terms)
        found = database.execute(sql, parameters).fetchall()
    return kaplan_meier([(seconds / DAY, ended, censored) for seconds, ended, censored in found])
