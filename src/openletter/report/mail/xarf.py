"""Reports for abuse desks that read them by program: X-ARF 0.2, with the JSON of XARF 4 beside it.

X-ARF 0.2 is a message of its own, ``multipart/mixed`` with ``X-XARF: PLAIN`` in its header: a text for people; ``report.txt``,
a map in YAML; and the evidence, here what both sides said. One such message is about one endpoint. XARF 4, which newer desks
read, is a JSON object (MIT-licensed specification, type ``vulnerability/misconfiguration``); it comes as a fourth part,
``xarf.json``, where readers of 0.2 do not look.

The published schemas of 0.2 know attacks and listings, and no open service: so ``Schema-URL`` names one of ours, which holds
the required fields of that version (``Reported-From``, ``Report-ID``, ``Category``, ``Report-Type``, ``Date``, ``Source``,
``Source-Type``, ``Attachment``, ``Schema-URL``).
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from openletter import __version__
from openletter.dialogue.observation import Exchange, Side
from openletter.remedy.wording import CATALOGUES
from openletter.report.mail.mailbox import Mailbox, header_text
from openletter.report.mail.message import POLICY
from openletter.report.visible import transcript_lines, visible_text
from openletter.verdict.classes import Class, Evidence
from openletter.verdict.findings import FindingName

XARF_VERSION = 0.2
XARF_4 = "4.2.0"
SCHEMA_URL = "urn:openletter:xarf:info_cleartext-login_0.1.0"
REPORT_TYPE = "cleartext-login"
MAX_ATTACHED = 20
"""Messages inside one message: more are a burden for a desk, and the CSV has them all."""
MAX_EVIDENCE = 64_000
"""Octets."""

_CONFIDENCE = {Evidence.PROVEN: 1.0, Evidence.OFFERED: 0.95, Evidence.ADVERTISED: 0.9}
_LESS_SURE = 0.5
_MARKS = {Side.CLIENT: "C: ", Side.SERVER: "S: "}


class Xarf(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint. All texts but ``evidence`` are one printable line."""

    reporter: Mailbox
    ip: str
    port: int
    protocol: str
    seen: datetime
    """With a time zone."""
    severity: str
    class_: Class
    findings: tuple[FindingName, ...]
    grade: Evidence
    clause: str
    """Empty where none is touched."""
    hostname: str
    """What a stranger calls it; may be empty."""
    evidence: str
    """What both sides said."""

    @property
    def number(self) -> UUID:
        """The same for the same endpoint, seen at the same time, told by the same reporter."""
        named = f"{self.reporter.address} {self.ip} {self.port} {self.hostname} {self.seen.isoformat()}"
        return UUID(bytes=sha256(named.encode("utf-8", "surrogatepass")).digest()[:16], version=4)

    @property
    def title(self) -> str:
        return CATALOGUES["en"].classes[self.class_].title


def xarf_of(row: Mapping[str, Any], reporter: Mailbox, transcript: Iterable[Exchange] = ()) -> Xarf:
    """Of a report row (``shadowserver.columns.SCHEMA``); without a transcript its banner is the evidence."""
    protocol, class_, *findings = row["tag"].replace("-", "_").split(";")
    said = evidence_text(transcript) or (f"S: {row['banner']}\n" if row["banner"] else "")
    return Xarf(
        reporter=reporter,
        ip=row["ip"],
        port=row["port"],
        protocol=protocol,
        seen=datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC),
        severity=row["severity"],
        class_=Class(class_),
        findings=tuple(map(FindingName, findings)),
        grade=Evidence(row["evidence"]),
        clause=row["clause"] or "",
        hostname=header_text(row["hostname"] or ""),
        evidence=said or "nothing was kept of what was said\n",
    )


def evidence_text(transcript: Iterable[Exchange]) -> str:
    """A transcript as lines that print, with ``C: `` and ``S: `` before them; cut to ``MAX_EVIDENCE``."""
    lines = []
    size = 0
    for line in transcript_lines(transcript):
        text = f"{_MARKS.get(line.side, '-- ')}{''.join(piece.text for piece in line.pieces)}\n"
        size += len(text.encode("utf-8", "surrogatepass"))
        if size > MAX_EVIDENCE:
            lines.append("-- the rest is left out\n")
            break
        lines.append(text)
    return "".join(lines)


def report_fields(xarf: Xarf) -> dict[str, str | int | float]:
    """The map of ``report.txt``, in its order."""
    return {
        "Reported-From": xarf.reporter.address,
        "Category": "info",
        "Report-Type": REPORT_TYPE,
        "Service": xarf.protocol,
        "Version": XARF_VERSION,
        "User-Agent": f"openletter {__version__}",
        "Date": format_datetime(xarf.seen),
        "Source-Type": "ipv6" if ":" in xarf.ip else "ip-address",
        "Source": xarf.ip,
        "Port": xarf.port,
        "Report-ID": f"{xarf.number.hex}@{xarf.reporter.domain}",
        "Schema-URL": SCHEMA_URL,
        "Attachment": "text/plain",
        "Severity": xarf.severity,
        "Class": xarf.class_.value,
        "Findings": " ".join(xarf.findings) or "none",
        "Evidence": xarf.grade.value,
        **({"Clause": xarf.clause} if xarf.clause else {}),
        **({"Source-Name": xarf.hostname} if xarf.hostname else {}),
    }


def report_text(xarf: Xarf) -> str:
    """``report.txt``: YAML, a line a field; a scalar is plain where every reader of YAML takes it for the text that it is."""
    return "---\n" + "".join(f"{name}: {_scalar(value)}\n" for name, value in report_fields(xarf).items())


_WORDS = re.compile(r"[A-Za-z](?:[A-Za-z0-9 ,.+/@_()-]|:(?! ))*(?<![ :])")
_DOTTED = re.compile(r"\d+\.\d+\.\d+\.\d+")
_HEXADECIMAL = re.compile(
    r"[0-9a-f]+:(?=[0-9:]*[a-f])[0-9a-f:]*[0-9a-f]|[0-9a-f]*[a-f][0-9a-f]*@[A-Za-z0-9.-]+"
)
_NO_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def _scalar(value: str | float) -> str:
    if not isinstance(value, str):
        return str(value)
    plain = any(form.fullmatch(value) for form in (_WORDS, _DOTTED, _HEXADECIMAL))
    if plain and value.lower() not in _NO_TEXT:
        return value
    return json.dumps(value, ensure_ascii=False)


def xarf_text(xarf: Xarf) -> str:
    """For people."""
    words = CATALOGUES["en"].classes[xarf.class_]
    place = f"[{xarf.ip}]:{xarf.port}" if ":" in xarf.ip else f"{xarf.ip}:{xarf.port}"
    lines = [f"{place} ({xarf.protocol.upper()}), seen {format_datetime(xarf.seen)}:", words.title, ""]
    lines += [text for text in (words.crosses, words.passive) if text]
    for finding in xarf.findings:
        lines.append(f"Also: {CATALOGUES['en'].findings[finding].title}")
    lines += ["", "Seen from outside, without a password and without a login. What was said is attached."]
    return "\n".join(lines) + "\n"


def xarf_json(xarf: Xarf) -> bytes:
    """The same as an object of XARF 4."""
    said = xarf.evidence.encode("utf-8", "surrogatepass")
    organisation = visible_text(xarf.reporter.name) or xarf.reporter.domain
    contact = {
        "org": organisation[:200],
        "contact": xarf.reporter.address,
        "domain": xarf.reporter.domain,
    }
    tags = [f"severity:{xarf.severity}", f"custom:{xarf.class_.value}"]
    report = {
        "xarf_version": XARF_4,
        "report_id": str(xarf.number),
        "timestamp": xarf.seen.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "reporter": contact,
        "sender": contact,
        "source_identifier": xarf.ip,
        "source_port": xarf.port,
        "category": "vulnerability",
        "type": "misconfiguration",
        "service": xarf.protocol.upper(),
        "evidence_source": "vulnerability_scan",
        "confidence": _CONFIDENCE.get(xarf.grade, _LESS_SURE),
        "description": xarf.title[:1000],
        "tags": [*tags, *(f"custom:{name.value}" for name in xarf.findings)][:20],
        "evidence": [
            {
                "content_type": "text/plain",
                "description": "What both sides said",
                "payload": b64encode(said).decode(),
                "hash": f"sha256:{sha256(said).hexdigest()}",
                "size": len(said),
            }
        ],
    }
    return json.dumps(report, ensure_ascii=False, indent=1).encode()


def xarf_message(xarf: Xarf) -> EmailMessage:
    """A whole X-ARF message about one endpoint, without a recipient; the same endpoint gives the same octets."""
    message = EmailMessage(policy=POLICY)
    message["From"] = xarf.reporter.header()
    message["Date"] = xarf.seen
    message["Subject"] = f"abuse report about {xarf.ip} - {format_datetime(xarf.seen)}"
    message["Auto-Submitted"] = "auto-generated"
    message["X-XARF"] = "PLAIN"
    message.set_content(xarf_text(xarf), cte="quoted-printable")
    message.make_mixed()
    for name, text in (("report.txt", report_text(xarf)), ("transcript.txt", xarf.evidence)):
        part = EmailMessage(policy=POLICY)
        part.set_content(
            text, cte="quoted-printable", params={"name": name}, disposition="attachment", filename=name
        )
        message.attach(part)
    message.add_attachment(
        xarf_json(xarf), maintype="application", subtype="json", filename="xarf.json", cte="base64"
    )
    message.set_boundary(f"=_{xarf.number.hex}")
    return message


def attach_xarf(message: EmailMessage, reports: Sequence[Xarf]) -> int:
    """Hang the first ``MAX_ATTACHED`` of some reports on a message, each as a message of its own; how many that were."""
    attached = reports[:MAX_ATTACHED]
    for xarf in attached:
        place = xarf.ip.replace(":", "-")
        message.add_attachment(
            xarf_message(xarf),
            disposition="attachment",
            filename=f"xarf-{place}-{xarf.port}.eml",
            cte="7bit",
        )
    return len(attached)
