"""Products known to advertise a login before TLS that they then refuse (VERDICTS §1, grade ``ambiguous``).

Nothing that a survey may send tells such a server from one that means what it says, so the verdict keeps its class and
says how little it rests on. Where a confirmation or a test account gave something stronger, none of this applies.
"""

import re

import msgspec

from openletter.dialogue.observation import Observation, Protocol
from openletter.verdict.login import PLAINTEXT, Reason, mechanisms_of


class Ambiguity(msgspec.Struct, frozen=True, kw_only=True):
    """One product's habit, and its marks. Any one mark is enough."""

    product: str
    protocol: Protocol
    claims: frozenset[Reason]
    """The claims that it makes and does not keep."""
    banner: re.Pattern[bytes] | None = None
    implementation: str = ""
    """What its IMPLEMENTATION line (RFC 2449 §6.9) begins with, upper case."""
    fingerprint: frozenset[str] = frozenset()
    """Capabilities that together are its own."""
    without_password_mechanism: bool = False
    """Applies only where the list names mechanisms and none that shows the password; and then a refusal of PLAIN
    (``Confirmation.MECHANISM_REFUSED``) settles that no password is taken."""


_DOVECOT_READY = re.compile(rb"(?:\+OK|\* OK) (?:\[[^\]]*\] )?Dovecot.* ready\.(?: <[^>]*>)?")

AMBIGUITIES: tuple[Ambiguity, ...] = (
    # Its LOGIN and its PASS are its mechanism PLAIN: where auth_mechanisms has no plain, it goes on listing USER, says no
    # LOGINDISABLED, and refuses every password (dovecot 2.3.19, measured in the lab).
    Ambiguity(
        product="dovecot",
        protocol=Protocol.IMAP,
        claims=frozenset({Reason.LOGIN_NOT_DISABLED}),
        banner=_DOVECOT_READY,
        fingerprint=frozenset({"SASL-IR", "LOGIN-REFERRALS", "ID", "ENABLE", "IDLE", "LITERAL+"}),
        without_password_mechanism=True,
    ),
    Ambiguity(
        product="dovecot",
        protocol=Protocol.POP3,
        claims=frozenset({Reason.USER_LISTED}),
        banner=_DOVECOT_READY,
        fingerprint=frozenset({"CAPA", "TOP", "UIDL", "RESP-CODES", "PIPELINING", "AUTH-RESP-CODE"}),
        without_password_mechanism=True,
    ),
    # POP3_TLS_REQUIRED=1 takes nothing out of the CAPA list (courier-pop 1.0.16, measured in the lab).
    Ambiguity(
        product="courier",
        protocol=Protocol.POP3,
        claims=frozenset({Reason.USER_LISTED, Reason.SASL_OFFERED}),
        banner=re.compile(rb"\+OK Hello there\.( <[^>]*>)?"),
        implementation="COURIER MAIL SERVER",
        fingerprint=frozenset({"UTF8 USER", "LOGIN-DELAY", "USER"}),
    ),
    # A proxy: its list is set by hand and does not follow its own ssl_mode.
    Ambiguity(
        product="perdition",
        protocol=Protocol.POP3,
        claims=frozenset({Reason.USER_LISTED, Reason.SASL_OFFERED}),
        banner=re.compile(rb"\+OK (\[[^\]]*\] )?POP3 Ready \S+ [0-9a-f]{8}"),
        implementation="PERDITION",
    ),
    Ambiguity(
        product="perdition",
        protocol=Protocol.IMAP,
        claims=frozenset({Reason.LOGIN_NOT_DISABLED, Reason.AUTH_OFFERED}),
        banner=re.compile(rb"\* OK (\[[^\]]*\] )?IMAP4 Ready \S+ [0-9a-f]{8}"),
    ),
    # Old versions answer CAPA with one fixed list, whatever the port's connection security.
    Ambiguity(
        product="hmailserver",
        protocol=Protocol.POP3,
        claims=frozenset({Reason.USER_LISTED}),
        banner=re.compile(rb"\+OK POP3"),
    ),
    # Its source knows no LOGINDISABLED; with "STARTTLS (required)" it drops AUTH=PLAIN and refuses LOGIN.
    Ambiguity(
        product="hmailserver",
        protocol=Protocol.IMAP,
        claims=frozenset({Reason.LOGIN_NOT_DISABLED}),
        banner=re.compile(rb"\* OK IMAPrev1"),
        fingerprint=frozenset({"IMAP4", "IMAP4REV1", "CHILDREN", "NAMESPACE", "RIGHTS=TEXK"}),
    ),
)


def ambiguity_of(seen: Observation, claim: Reason, *, starttls: bool) -> Ambiguity | None:
    """The habit that makes ``claim`` doubtful, if any. ``starttls``: whether it is offered or accepted.

    Most habits are those of servers that want TLS first, so without STARTTLS there is no doubt about them.
    """
    return next((entry for entry in AMBIGUITIES if _applies(entry, seen, claim, starttls=starttls)), None)


def _applies(entry: Ambiguity, seen: Observation, claim: Reason, *, starttls: bool) -> bool:
    if entry.protocol is not seen.protocol or claim not in entry.claims:
        return False
    if entry.without_password_mechanism:
        offered = mechanisms_of(seen.protocol, seen.caps_pre)
        if not offered or offered & PLAINTEXT:
            return False
    elif not starttls:
        return False
    if entry.banner is not None and entry.banner.fullmatch(seen.banner):
        return True
    if entry.implementation and _implementation(seen.caps_pre).startswith(entry.implementation):
        return True
    return bool(entry.fingerprint) and entry.fingerprint <= _names(seen)


def _implementation(capabilities: tuple[str, ...]) -> str:
    prefix = "IMPLEMENTATION "
    found = (line[len(prefix) :] for line in capabilities if line.upper().startswith(prefix))
    return next(found, "").upper()


def _names(seen: Observation) -> frozenset[str]:
    """Whole entries and, for POP3, first words too: ``LOGIN-DELAY`` stands for any number of seconds."""
    entries = set(seen.caps_pre)
    if seen.protocol is Protocol.POP3:
        entries |= {line.split(" ", 1)[0] for line in seen.caps_pre}
    return frozenset(entries)
