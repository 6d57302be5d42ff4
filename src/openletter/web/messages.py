"""The catalogues of pages, in ``locale`` beside this file."""

from pathlib import Path

from openletter.report import messages
from openletter.report.messages import LANGUAGES as LANGUAGES
from openletter.report.messages import LOCALES as LOCALES
from openletter.report.messages import NAMES as NAMES
from openletter.report.messages import Catalogues

PAGES = Catalogues(Path(__file__).parent / "locale")
messages_of = PAGES.of
path_of = PAGES.path_of


class TemplateMessages(messages.TemplateMessages):
    """Of pages, in one language."""

    def __init__(self, language: str) -> None:
        super().__init__(PAGES, language)
