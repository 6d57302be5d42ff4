"""English: the classes. Every ``law`` was written beside the cited sections and says no more than they do."""

from openletter.remedy.words import Words
from openletter.verdict.classes import Class

_NOT_KNOWN = "Not known."
_LISTENER_LEARNS_NOTHING = "Someone who only listens learns nothing."
_LISTENER_SEES_TRAFFIC = "Someone who only listens sees that there is mail traffic, but cannot read it."

CLASSES: dict[Class, Words] = {
    Class.UNREACHABLE: Words(
        title="Nothing answers here",
        crosses="Nothing: no connection could be made.",
        passive=_LISTENER_LEARNS_NOTHING,
        active="Someone in the middle gains nothing.",
        law="",
        clause="",
    ),
    Class.SILENT: Words(
        title="Connected, but the server said nothing",
        crosses="Not known: the connection was accepted, but no greeting came.",
        passive=_NOT_KNOWN,
        active=_NOT_KNOWN,
        law="",
        clause="",
    ),
    Class.NOT_MAIL: Words(
        title="Another service answers here",
        crosses="No mail: the service that answers is neither POP3 nor IMAP.",
        passive="Nothing that concerns mail.",
        active="Nothing that concerns mail.",
        law="",
        clause="",
    ),
    Class.IMPLICIT_ON_CLEARTEXT_PORT: Words(
        title="TLS from the first byte, on a port that is not meant for it",
        crosses="Nothing: the server speaks TLS at once.",
        passive=_LISTENER_SEES_TRAFFIC,
        active=(
            "Someone in the middle can pretend to be a server without TLS. Mail programs expect such a server on "
            "this port."
        ),
        law="TLS from the first byte has ports of its own: 993 for IMAP and 995 for POP3.",
        clause="RFC 8314 §3",
    ),
    Class.REFUSED_BY_POLICY: Words(
        title="The server refused the connection",
        crosses="Not known: the server refused us in its greeting.",
        passive=_NOT_KNOWN,
        active=_NOT_KNOWN,
        law="An IMAP server that does not want a connection may greet with BYE and close it.",
        clause="RFC 9051 §7.1.5",
    ),
    Class.PREAUTH_EXPOSED: Words(
        title="A mailbox is open without a password",
        crosses="The mail itself: the server treats everyone who connects as logged in.",
        passive="Someone who only listens can read the mail that others fetch, unless the connection is inside TLS.",
        active="Nobody has to attack anything: whoever connects is in the mailbox.",
        law=(
            "A server should greet with PREAUTH only on connections that TLS or something similar protects, "
            "because after this greeting a client cannot start TLS any more."
        ),
        clause="RFC 9051 §7.1.4",
    ),
    Class.CLEARTEXT_ON_TLS_PORT: Words(
        title="No TLS on the port that is meant for TLS",
        crosses="Everything: the server greets without encryption where TLS should begin.",
        passive=(
            "Someone who only listens can read user names, passwords and mail of every mail program that accepts "
            "this."
        ),
        active="Someone in the middle can also change what is said.",
        law="On ports 993 and 995 the TLS handshake begins as soon as the connection is made.",
        clause="RFC 8314 §3",
    ),
    Class.IMPLICIT_BROKEN: Words(
        title="TLS does not work on the TLS port",
        crosses="Nothing was seen to cross: the connection ends before a login.",
        passive=_LISTENER_LEARNS_NOTHING,
        active=(
            "Someone in the middle gains when users switch TLS off because it fails, and users who cannot connect "
            "may well do that."
        ),
        law="A mail server must support TLS 1.2 or later. TLS 1.0 and TLS 1.1 must not be used.",
        clause="RFC 8996, RFC 8314 §4",
    ),
    Class.NO_TLS: Words(
        title="Passwords and mail cross without encryption, and TLS is not available",
        crosses="Everything: user name, password and every message. Anyone on the network path can read it.",
        passive="Someone who only listens can record user names and passwords and read all mail that is fetched.",
        active="Someone in the middle can also change mail, or answer in place of the server.",
        law=(
            "Providers must offer POP3 and IMAP with TLS, and should end access without it as soon as practicable. "
            "A site should not accept plain passwords without TLS or a similar protection."
        ),
        clause="RFC 8314 §4, RFC 9051 §6.2.2",
    ),
    Class.CLEARTEXT_PORT_OPEN: Words(
        title="Passwords cross without encryption on this port, though the TLS port works",
        crosses="Everything that a mail program says on this port: user name, password, mail.",
        passive=(
            "Someone who only listens can record the passwords of everyone who uses this port instead of the TLS port."
        ),
        active="Someone in the middle can block the TLS port, so that mail programs may fall back to this one.",
        law=(
            "Access without TLS should in the end be switched off, or be kept only for old systems that cannot be "
            "updated."
        ),
        clause="RFC 8314 §4.1",
    ),
    Class.TLS_OPTIONAL: Words(
        title="TLS is offered, but passwords are also accepted without it",
        crosses="User name, password and mail of every mail program that does not ask for TLS.",
        passive="Someone who only listens can record the passwords of mail programs that are set to no encryption.",
        active=(
            "Someone in the middle can remove the offer of TLS. Many mail programs then continue without "
            "encryption and show no warning."
        ),
        law=(
            "A site should not accept plain passwords without TLS or a similar protection. Access without TLS "
            "should in the end be switched off, or be kept only for old systems that cannot be updated."
        ),
        clause="RFC 9051 §6.2.2, RFC 8314 §4.1",
    ),
    Class.STARTTLS_BROKEN_CLEARTEXT_OPEN: Words(
        title="TLS fails, and passwords are accepted without it",
        crosses="Everything that a mail program says once it gives up on TLS: user name, password, mail.",
        passive=(
            "Someone who only listens can record the passwords of mail programs that continue without encryption."
        ),
        active="Nobody has to attack anything: the fault of the server itself keeps mail programs out of TLS.",
        law=(
            "Servers must support TLS 1.2 or later, and should not offer STARTTLS where it is likely to fail. Both "
            "sides must check that TLS has really begun."
        ),
        clause="RFC 9051 §11.1, RFC 8314 §4",
    ),
    Class.STARTTLS_BROKEN: Words(
        title="TLS fails; nobody can log in on this port",
        crosses="No password: none is accepted before TLS, and TLS does not begin.",
        passive=_LISTENER_LEARNS_NOTHING,
        active=(
            "Someone in the middle gains when users switch TLS off because it fails, and users who cannot connect "
            "may well do that."
        ),
        law=(
            "Servers must support TLS 1.2 or later, and should not offer STARTTLS where it is likely to fail. Both "
            "sides must check that TLS has really begun."
        ),
        clause="RFC 9051 §11.1, RFC 8314 §4",
    ),
    Class.CHALLENGE_ONLY_NO_TLS: Words(
        title="No TLS; a challenge hides the password, but nothing hides the mail",
        crosses="All mail, and the answer to a challenge, from which a password can be guessed.",
        passive=(
            "Someone who only listens can read the mail, and can try any number of passwords against the recorded "
            "answer."
        ),
        active="Someone in the middle can also take over the connection after the login.",
        law=(
            "Providers must offer POP3 and IMAP with TLS. The login methods without a plain password that the "
            "standard names are SCRAM-SHA-256, GSSAPI and EXTERNAL; the old challenges are not among them."
        ),
        clause="RFC 9051 §6.2.2, RFC 8314 §4",
    ),
    Class.NO_SECURE_LOGIN: Words(
        title="No TLS on this port, and no login with a plain password either",
        crosses="No password. If another kind of login succeeds, the mail that follows can be read.",
        passive="Someone who only listens can read the mail of users who log in by such other means.",
        active="Someone in the middle can take over such a session after the login.",
        law="Providers must offer POP3 and IMAP with TLS.",
        clause="RFC 8314 §4",
    ),
    Class.TLS_REQUIRED: Words(
        title="Passwords are accepted only after TLS has begun",
        crosses="The greeting and the command that starts TLS; no password and no mail.",
        passive=_LISTENER_SEES_TRAFFIC,
        active=(
            "Someone in the middle can prevent TLS, but gets no password from mail programs that insist on it. A "
            "mail program that does not insist may send its password to them."
        ),
        law="This is what the standards ask of a port that begins without encryption.",
        clause="",
    ),
    Class.IMPLICIT_TLS: Words(
        title="TLS from the first byte",
        crosses="Nothing.",
        passive=_LISTENER_SEES_TRAFFIC,
        active="Someone in the middle gains nothing, as long as mail programs check the certificate.",
        law="This is the way that the standard recommends for access to mail.",
        clause="RFC 8314 §3",
    ),
    Class.UNKNOWN_AUTH: Words(
        title="A mail server, but it is not known which logins it accepts",
        crosses="Not known: the server did not say what it offers, or the conversation ended too early.",
        passive=_NOT_KNOWN,
        active=_NOT_KNOWN,
        law="",
        clause="",
    ),
}
