"""English: the classes."""

from openletter.remedy.words import Words
from openletter.verdict.classes import Class

_NOT_KNOWN = "Not known."

CLASSES: dict[Class, Words] = {
    Class.UNREACHABLE: Words(
        title="Nothing answers here",
        crosses="Nothing: no connection came about.",
        passive="Nothing.",
        active="Nothing.",
        law="",
        clause="",
    ),
    Class.SILENT: Words(
        title="Connected, but the server said nothing",
        crosses="Not known: the server accepted the connection and never greeted.",
        passive=_NOT_KNOWN,
        active=_NOT_KNOWN,
        law="",
        clause="",
    ),
    Class.NOT_MAIL: Words(
        title="Another service answers here",
        crosses="No mail: what answers is neither POP3 nor IMAP.",
        passive="Nothing that concerns mail.",
        active="Nothing that concerns mail.",
        law="",
        clause="",
    ),
    Class.IMPLICIT_ON_CLEARTEXT_PORT: Words(
        title="TLS from the first byte, on the port for cleartext",
        crosses="Nothing: the server speaks TLS at once.",
        passive="He sees that there is mail traffic, and none of it.",
        active="He can pretend to be a server without TLS, which is what clients expect on this port.",
        law="TLS from the first byte has ports of its own: 993 for IMAP and 995 for POP3.",
        clause="RFC 8314 §3",
    ),
    Class.REFUSED_BY_POLICY: Words(
        title="The server turned us away",
        crosses="Not known: the server ended the conversation with its greeting.",
        passive=_NOT_KNOWN,
        active=_NOT_KNOWN,
        law="A server may refuse a connection by saying so in its greeting; it owes no reason.",
        clause="RFC 9051 §7.1.5",
    ),
    Class.PREAUTH_EXPOSED: Words(
        title="The mailbox is open without a password",
        crosses="The mail itself: the server greets every caller as if he had logged in.",
        passive="He reads whatever mail is fetched, unless the connection is inside TLS.",
        active="He needs no trick: whoever connects is in the mailbox.",
        law=(
            "A greeting that skips the login also skips STARTTLS, so it belongs only on connections "
            "that are protected by other means."
        ),
        clause="RFC 9051 §7.1.4",
    ),
    Class.CLEARTEXT_ON_TLS_PORT: Words(
        title="No TLS on the port that is meant for TLS",
        crosses="Everything: the server greets in the clear where TLS should begin.",
        passive="He reads user names, passwords and mail of every client that goes along with it.",
        active="He can also change what is said.",
        law="On ports 993 and 995 TLS begins with the first byte; nothing is said before it.",
        clause="RFC 8314 §3",
    ),
    Class.IMPLICIT_BROKEN: Words(
        title="The TLS port does not get TLS going",
        crosses="Nothing was seen to cross: no client gets as far as a login.",
        passive="Nothing.",
        active="Users who cannot connect are likely to switch TLS off, and that is what he waits for.",
        law="Versions before TLS 1.2 must no longer be used; a server needs a current one.",
        clause="RFC 8996",
    ),
    Class.NO_TLS: Words(
        title="Passwords and mail cross without encryption, and there is no TLS to be had",
        crosses="Everything: user name, password and every message, readable by anyone on the way.",
        passive="He writes down user names and passwords and reads all mail that is fetched.",
        active="He can also change mail, or answer in the server's place.",
        law=(
            "Mail is to be offered by TLS and cleartext is to be given up. A server that listens on a "
            "cleartext port has to allow STARTTLS there, and no site should take plain passwords without it."
        ),
        clause="RFC 8314 §4, RFC 9051 §6.2.2",
    ),
    Class.CLEARTEXT_PORT_OPEN: Words(
        title="Passwords cross without encryption here, though the TLS port is there",
        crosses="Everything that a client says on this port: user name, password, mail.",
        passive="He writes down the passwords of all clients that use this port instead of the TLS port.",
        active="He can block the TLS port, so that clients fall back to this one.",
        law="Cleartext access is to be ended as soon as practicable, and users moved to TLS.",
        clause="RFC 8314 §4.1",
    ),
    Class.TLS_OPTIONAL: Words(
        title="TLS is offered, but passwords are also taken without it",
        crosses="User name, password and mail of every client that does not ask for TLS.",
        passive="He writes down the passwords of clients that are set to no encryption.",
        active="He can remove the offer of TLS; many clients then go on in the clear without a word.",
        law=(
            "No site should accept plain passwords before TLS, and a server must have a setting that refuses "
            "them. Cleartext access is to be ended as soon as practicable."
        ),
        clause="RFC 9051 §6.2.2, RFC 8314 §4.1",
    ),
    Class.STARTTLS_BROKEN_CLEARTEXT_OPEN: Words(
        title="TLS is promised and fails, and passwords are taken without it",
        crosses="Everything that a client says once it gives up on TLS: user name, password, mail.",
        passive="He writes down the passwords of clients that go on in the clear.",
        active="He need do nothing: the server's own fault drives clients into the clear.",
        law=(
            "Servers must be able to speak a current TLS version, and both sides must check that TLS really "
            "came about before they rely on it."
        ),
        clause="RFC 9051 §11.1",
    ),
    Class.STARTTLS_BROKEN: Words(
        title="TLS is promised and fails; nobody can log in on this port",
        crosses="Nothing of worth: no password is taken before TLS, and TLS does not come about.",
        passive="Nothing.",
        active="Users who cannot connect are likely to switch TLS off elsewhere, and that is what he waits for.",
        law=(
            "Servers must be able to speak a current TLS version, and both sides must check that TLS really "
            "came about before they rely on it."
        ),
        clause="RFC 9051 §11.1",
    ),
    Class.CHALLENGE_ONLY_NO_TLS: Words(
        title="No TLS; the password is hidden by a challenge, the mail is not",
        crosses="All mail, and an answer to a challenge from which the password can be guessed.",
        passive="He reads the mail and tries passwords against the recorded answer, as many as he likes.",
        active="He can also take over the connection after the login.",
        law=(
            "Sites should protect the session against listening; where plain passwords are avoided, current "
            "mechanisms such as SCRAM-SHA-256 are asked for, and TLS all the same."
        ),
        clause="RFC 9051 §6.2.2",
    ),
    Class.NO_SECURE_LOGIN: Words(
        title="No TLS here, and no login with a plain password either",
        crosses="No password. If a login by other means succeeds, the mail that follows is readable.",
        passive="He reads mail of whoever gets in by such other means.",
        active="He can take over such a session after the login.",
        law="Mail is to be offered by TLS; a port without it serves nobody.",
        clause="RFC 8314 §4",
    ),
    Class.TLS_REQUIRED: Words(
        title="Passwords are taken only after TLS has begun",
        crosses="The greeting and the command that starts TLS; no password and no mail.",
        passive="He sees that there is mail traffic, and none of it.",
        active=(
            "He can keep clients from TLS, but gets no password from those that insist on it. A client that "
            "does not insist may be led to tell its password to him."
        ),
        law="This is what the standard asks of a cleartext port.",
        clause="",
    ),
    Class.IMPLICIT_TLS: Words(
        title="TLS from the first byte",
        crosses="Nothing.",
        passive="He sees that there is mail traffic, and none of it.",
        active="Nothing, as long as clients check the certificate.",
        law="This is the way that is preferred for all access to mail.",
        clause="RFC 8314 §3",
    ),
    Class.UNKNOWN_AUTH: Words(
        title="A mail server, but what login it takes could not be found out",
        crosses="Not known: the server did not say what it offers, or ended the conversation before it was clear.",
        passive=_NOT_KNOWN,
        active=_NOT_KNOWN,
        law="",
        clause="",
    ),
}
