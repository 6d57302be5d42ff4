"""English: what to do."""

from openletter.remedy.settings import Need, Note
from openletter.remedy.words import StepWords
from openletter.verdict.classes import Class
from openletter.verdict.findings import FindingName as F

NEEDS = {
    Need.TLS_ON: StepWords(
        title="Switch TLS on",
        text=(
            "Get a certificate for the name that your users enter (a free one from an ACME authority will do) "
            "and give it to the mail server. Do this first: without it the next step would lock everyone out."
        ),
    ),
    Need.LOGIN_OFF: StepWords(
        title="Take no password before TLS",
        text=(
            "Tell your users first to choose SSL/TLS (or STARTTLS) in their mail programs: those that are set to "
            "no encryption will not get in any more."
        ),
    ),
    Need.VERSIONS: StepWords(
        title="Allow TLS 1.2 and 1.3 only",
        text="If the software is too old for TLS 1.2, update it, or put a proxy with a current TLS before it.",
    ),
}

NOTES = {
    Note.NONE: "",
    Note.DOVECOT_OWN_MACHINE: (
        "Dovecot takes connections from its own machine for safe and still allows logins there; test from another."
    ),
    Note.DOVECOT_WHICH: "Dovecot does not say its version over the network; “dovecot --version” on the server does.",
    Note.COURIER_POP3_LISTS_USER: (
        "Courier's POP3 server goes on listing USER before TLS and then refuses it, so only a confirmation shows "
        "from outside that the setting works."
    ),
    Note.COURIER_PEM: "The file holds the private key and the certificate chain together, readable by courier only.",
    Note.COURIER_GNUTLS: "For builds with GnuTLS, as in Debian; builds with OpenSSL use TLS_PROTOCOL instead.",
    Note.CYRUS_READABLE_KEY: "The key has to be readable by the user that cyrus runs as.",
    Note.EXCHANGE_BOTH: "PlainTextLogin and PlainTextAuthentication are the values that allow cleartext.",
    Note.EXCHANGE_WINDOWS: "The versions are Windows' own setting, for every service of the machine; it needs a restart.",
    Note.ZIMBRA_PROXY: "Where the reverse proxy is in front, it answers on 110 and 143, and its setting counts.",
    Note.ZIMBRA_SERVER_OVERRIDES: (
        "A value set for one server wins over this one: look with “zmprov gs <server>” and set it there with "
        "“zmprov ms <server>”."
    ),
    Note.CPANEL_NOT_BY_HAND: "cPanel writes dovecot's files itself; changes by hand are lost.",
    Note.HMAILSERVER_LIST: (
        "Old versions go on listing logins before TLS and then refuse them, so only a confirmation shows from "
        "outside that the setting works."
    ),
}

CLASS_STEPS = {
    Class.PREAUTH_EXPOSED: StepWords(
        title="Close the open mailbox at once",
        text=(
            "Take the port off the network, then find the setting that logs every caller in (PREAUTH, in GNU "
            "mailutils “preauth”) and remove it. Take the mail in it for read by others."
        ),
    ),
    Class.CLEARTEXT_ON_TLS_PORT: StepWords(
        title="Make the TLS port speak TLS",
        text=(
            "The port is bound to a service that does not wrap its connections in TLS: set its listener to SSL/TLS "
            "(not STARTTLS, not none), or close it."
        ),
    ),
    Class.IMPLICIT_ON_CLEARTEXT_PORT: StepWords(
        title="Move TLS to its own port",
        text="Let 993 (IMAP) or 995 (POP3) do this, and close the port on which it stands now.",
    ),
    Class.IMPLICIT_BROKEN: StepWords(
        title="Repair TLS on the TLS port",
        text=(
            "Look into the server's log for the reason: a certificate that cannot be read, a key that does not "
            "belong to it, or versions and ciphers that no current client knows."
        ),
    ),
    Class.STARTTLS_BROKEN: StepWords(
        title="Repair STARTTLS",
        text=(
            "Look into the server's log for the reason: a certificate that cannot be read, a key that does not "
            "belong to it, or versions and ciphers that no current client knows."
        ),
    ),
    Class.STARTTLS_BROKEN_CLEARTEXT_OPEN: StepWords(
        title="Repair STARTTLS",
        text=(
            "Look into the server's log for the reason: a certificate that cannot be read, a key that does not "
            "belong to it, or versions and ciphers that no current client knows."
        ),
    ),
    Class.CHALLENGE_ONLY_NO_TLS: StepWords(
        title="Give up the old challenges",
        text=(
            "CRAM-MD5, DIGEST-MD5, NTLM and APOP need passwords stored in a readable form and do not protect the "
            "mail. Inside TLS a plain password is safer than they are."
        ),
    ),
    Class.SILENT: StepWords(
        title="Find out why the server is silent",
        text="It may be overloaded, may limit connections, or may be another service; ask it again from elsewhere.",
    ),
    Class.REFUSED_BY_POLICY: StepWords(
        title="Ask again from an address that is allowed",
        text="The server limits who may connect or how often; from here nothing more can be said of it.",
    ),
    Class.UNKNOWN_AUTH: StepWords(
        title="Look into the server itself",
        text="It does not say what it offers; its configuration or a look with --transcript may tell.",
    ),
}

_RENEW = (
    "Renew it, and let it be renewed by itself from now on; the server has to be reloaded after each renewal."
)
_TRUSTED = (
    "Use a certificate of a public authority (ACME authorities give them free) and send its whole chain."
)

FINDING_STEPS = {
    F.HIDDEN_STARTTLS: StepWords(
        title="Offer the TLS that is there",
        text="Look for a hand-written capability list or a firewall that edits mail traffic, and remove it.",
    ),
    F.WEAK_VERSION: NEEDS[Need.VERSIONS],
    F.CERT_EXPIRED: StepWords(title="Renew the certificate", text=_RENEW),
    F.CERT_NOT_YET_VALID: StepWords(
        title="Put a valid certificate in place",
        text="Its first day lies ahead: check the server's clock, or go back to the certificate before it.",
    ),
    F.CERT_SELF_SIGNED: StepWords(title="Use a certificate that clients can check", text=_TRUSTED),
    F.CERT_UNKNOWN_CA: StepWords(title="Use a certificate that clients can check", text=_TRUSTED),
    F.CERT_NAME_MISMATCH: StepWords(
        title="Use a certificate for the name that users enter",
        text="The name in the mail programs has to stand in the certificate; change the one or the other.",
    ),
    F.CERT_WEAK_KEY: StepWords(
        title="Make a new key",
        text="RSA with 2048 bits or more, or ECDSA on P-256; then a new certificate for it.",
    ),
    F.CERT_WEAK_SIGNATURE: StepWords(
        title="Get a certificate with a current signature",
        text="Public authorities have signed with SHA-256 or better for years; any new certificate will do.",
    ),
    F.NO_CERTIFICATE: StepWords(
        title="Give the server a certificate and switch anonymous ciphers off",
        text="Remove aNULL, ADH and AECDH (or “anon”) from the list of ciphers.",
    ),
    F.LOGINDISABLED_CONTRADICTION: StepWords(
        title="Stop offering the plain login beside LOGINDISABLED",
        text="Switch off PLAIN and LOGIN before TLS as well, not the LOGIN command alone.",
    ),
    F.ANONYMOUS_LOGIN: StepWords(
        title="Switch the anonymous login off",
        text="Remove ANONYMOUS from the list of SASL mechanisms, unless the server is there for the public.",
    ),
    F.BYTES_AFTER_STARTTLS_OK: StepWords(
        title="Find out who speaks before TLS",
        text=(
            "If the text is an error, TLS failed: see the server's log. Otherwise update the server and look at "
            "what stands between it and the Internet."
        ),
    ),
    F.STARTTLS_MANGLED: StepWords(
        title="Switch off mail inspection in the firewall",
        text="Look for an inspection or “fixup” of POP3 and IMAP on the way, on either side.",
    ),
    F.STARTTLS_STILL_LISTED_INSIDE_TLS: StepWords(
        title="Take STARTTLS off the list inside TLS",
        text="A list written by hand is the usual reason; let the server make it.",
    ),
    F.LOGIN_STILL_DISABLED_INSIDE_TLS: StepWords(
        title="Allow login inside TLS",
        text="As it stands nobody can log in; where a proxy ends TLS, tell the server behind it to trust the proxy.",
    ),
    F.TLS_RENEGOTIATED_DOWN: StepWords(
        title="Find out who lowers the TLS version",
        text="Look for a proxy or a firewall that opens TLS on the way; if there is none, update the server.",
    ),
    F.PASSWORD_GUESSING_EXPOSED: StepWords(
        title="Limit failed logins",
        text="Delay or block after a few failures (fail2ban or the server's own means), and ask for strong passwords.",
    ),
    F.COMMAND_INJECTION: StepWords(
        title="Update the mail server",
        text="Versions that throw away what came before TLS are out for every maintained server.",
    ),
}

PORTS = StepWords(
    title="Close what is not needed",
    text=(
        "Leave 993 and 995 open and close 110 and 143. If no one outside needs the server, put it behind a VPN or "
        "close it to the Internet altogether."
    ),
)

PASSWORDS = StepWords(
    title="Have the passwords changed",
    text=(
        "After cleartext login is off, everyone who logged in through it should choose a new password, there and "
        "wherever they used the same one: the old one may have been read on the way at any time "
        "(RFC 8314 §4.1)."
    ),
)
