"""The eight reports of the Shadowserver Foundation that a subscriber may get."""

from enum import StrEnum

from openletter.dialogue.observation import Protocol
from openletter.verdict.classes import Report


class ReportType(StrEnum):
    """Named as the Foundation names them, in its files and in its API."""

    SCAN_POP3 = "scan_pop3"
    SCAN_IMAP = "scan_imap"
    SCAN_POP3_VULNERABLE = "scan_pop3_vulnerable"
    SCAN_IMAP_VULNERABLE = "scan_imap_vulnerable"
    SCAN6_POP3 = "scan6_pop3"
    SCAN6_IMAP = "scan6_imap"
    SCAN6_POP3_VULNERABLE = "scan6_pop3_vulnerable"
    SCAN6_IMAP_VULNERABLE = "scan6_imap_vulnerable"

    @property
    def protocol(self) -> Protocol:
        return Protocol(self.split("_")[1])

    @property
    def family(self) -> int:
        """4 or 6."""
        return 6 if self.startswith("scan6_") else 4

    @property
    def report(self) -> Report:
        return Report.VULNERABLE if self.endswith("_vulnerable") else Report.ACCESSIBLE


def type_of(report: Report, protocol: Protocol, family: int) -> ReportType | None:
    """The report that an endpoint with this verdict belongs to, of an address of this family (4 or 6); none for most of what
    was probed."""
    if report is Report.NONE:
        return None
    end = "_vulnerable" if report is Report.VULNERABLE else ""
    return ReportType(f"scan{'6' if family == 6 else ''}_{protocol}{end}")
