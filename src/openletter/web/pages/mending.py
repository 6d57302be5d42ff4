"""How a product is mended: the settings that :mod:`openletter.remedy` knows for it, in the order in which to make them."""

import msgspec

from openletter.enrich.product import Product
from openletter.remedy.settings import Need, Note, settings_for
from openletter.remedy.wording import CATALOGUES, PRODUCT_NAMES


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    applies_to: str
    where: str
    lines: tuple[str, ...]
    apply: tuple[str, ...]
    note: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    text: str
    settings: tuple[Setting, ...]


_ORDER = (Need.TLS_ON, Need.LOGIN_OFF, Need.VERSIONS)
"""First TLS, then the end of logins without it, so that nobody is locked out."""


def mending(product: str, language: str) -> tuple[Step, ...]:
    """Empty where nothing is known of the product. ``language`` is one of ``CATALOGUES``."""
    if product not in list(Product):
        return ()
    words = CATALOGUES[language]
    steps = []
    for need in _ORDER:
        settings = tuple(
            Setting(
                applies_to=f"{PRODUCT_NAMES[one.product]} {one.edition}".strip(),
                where=one.where,
                lines=one.lines,
                apply=one.apply,
                note=words.notes[one.note] if one.note is not Note.NONE else "",
            )
            for one in settings_for(Product(product), need)
        )
        if settings:
            said = words.needs[need]
            steps.append(Step(title=said.title, text=said.text, settings=settings))
    return tuple(steps)
