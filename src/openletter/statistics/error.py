"""What a question can be refused for.

NotEnrichedError (StoreError)   the survey lacks what the question is about, and can be given it
BadQuestionError (ValueError)   nobody can answer that: the question itself is wrong
"""

from openletter.store.error import StoreError


class NotEnrichedError(StoreError):
    """``str()`` is one line that says how the survey is enriched."""

    def __init__(self, survey: str) -> None:
        which = f" --survey {survey}" if survey else ""
        super().__init__(
            f"survey {survey or 'of these files'} has no networks, products and certificates beside its verdicts; "
            f"add them by: openletter enrich{which}"
        )


class BadQuestionError(ValueError):
    """``str()`` is one line that names the parameter, what stood there, and what would be right."""
