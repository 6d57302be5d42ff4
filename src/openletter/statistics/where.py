"""Of one country alone, where that is asked for."""

NOT_KNOWN = "ZZ"
"""The endpoints of which no country is known (the code that CLDR has for an unknown region)."""


def of_country(country: str | None) -> tuple[str, list[object]]:
    """A condition of SQL, and its parameter."""
    if country is None:
        return "true", []
    return "country = ?", ["" if country == NOT_KNOWN else country]
