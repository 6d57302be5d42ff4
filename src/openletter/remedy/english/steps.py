"""English: what to do."""

from openletter.remedy.settings import Need, Note
from openletter.remedy.words import StepWords
from openletter.verdict.classes import Class
from openletter.verdict.findings import FindingName as F

NEEDS = {
    Need.TLS_ON: StepWords(
        title="Switch TLS on",
        text=(
            "Give the mail server a certificate for the name that your users enter (ACME authorities issue them "
            "free of charge), and let it offer TLS. Do this before you refuse logins without TLS, or nobody can "
            "log in."
        ),
    ),
    Need.LOGIN_OFF: StepWords(
        title="Refuse logins without TLS",
        text=(
            "First tell your users to choose SSL/TLS (or STARTTLS) in their mail programs: a program that is set "
            "to no encryption cannot log in after this change."
        ),
    ),
    Need.VERSIONS: StepWords(
        title="Allow TLS 1.2 and 1.3 only",
        text="If the software does not support TLS 1.2, update it, or put a proxy with a current TLS in front of it.",
    ),
}

NOTES = {
    Note.NONE: "",
    Note.DOVECOT_OWN_MACHINE: (
        "Test from another machine: Dovecot always accepts logins without TLS from the machine it runs on."
    ),
    Note.DOVECOT_WHICH: "Dovecot does not tell its version over the network; run “dovecot --version” on the server.",
    Note.COURIER_POP3_LISTS_USER: (
        "Courier's POP3 server still lists USER before TLS after this change, and then refuses it. From outside, "
        "only --confirm shows that the setting works."
    ),
    Note.COURIER_PEM: (
        "The file holds the private key and the certificate chain together; only the courier user may read it."
    ),
    Note.COURIER_GNUTLS: "For builds with GnuTLS, as in Debian. Builds with OpenSSL use TLS_PROTOCOL=TLSv1.2 instead.",
    Note.CYRUS_READABLE_KEY: "The user that Cyrus runs as must be able to read the key.",
    Note.EXCHANGE_BOTH: "The values PlainTextLogin and PlainTextAuthentication are those that allow cleartext.",
    Note.EXCHANGE_WINDOWS: "These are settings of Windows for all its services. Restart the machine afterwards.",
    Note.ZIMBRA_PROXY: "Where the reverse proxy is in use, it answers on 110 and 143, and its setting counts.",
    Note.ZIMBRA_SERVER_OVERRIDES: (
        "A value set for one server wins over this one. Look with “zmprov gs <server>”, and set it there with "
        "“zmprov ms <server>”."
    ),
    Note.CPANEL_NOT_BY_HAND: "cPanel writes the configuration of Dovecot itself, so changes in its files are lost.",
    Note.HMAILSERVER_LIST: (
        "Old versions still list logins before TLS after this change, and then refuse them. From outside, only "
        "--confirm shows that the setting works."
    ),
    Note.MAILUTILS_CONNECTION: (
        "For 993 and 995 the mode is “connection”. Both programs check a file with --config-lint before you restart."
    ),
}

_READ_THE_LOG = (
    "The server's log tells the reason. Usual ones: the certificate cannot be read, the key does not belong to it, "
    "or no current client supports the versions and ciphers that are allowed."
)

CLASS_STEPS = {
    Class.PREAUTH_EXPOSED: StepWords(
        title="Close the open mailbox at once",
        text=(
            "Disconnect the port from the network. Then find the setting that logs everyone in (PREAUTH; in GNU "
            "mailutils “preauth”) and remove it. Assume that others have read the mail in it."
        ),
    ),
    Class.CLEARTEXT_ON_TLS_PORT: StepWords(
        title="Make the TLS port speak TLS",
        text=(
            "A service without TLS answers on this port. Set its listener to SSL/TLS (not to STARTTLS, not to "
            "none), or close the port."
        ),
    ),
    Class.IMPLICIT_ON_CLEARTEXT_PORT: StepWords(
        title="Move TLS to its own port",
        text="Serve this on 993 (IMAP) or 995 (POP3), and close the port where it is now.",
    ),
    Class.IMPLICIT_BROKEN: StepWords(title="Repair TLS on the TLS port", text=_READ_THE_LOG),
    Class.STARTTLS_BROKEN: StepWords(title="Repair STARTTLS", text=_READ_THE_LOG),
    Class.STARTTLS_BROKEN_CLEARTEXT_OPEN: StepWords(title="Repair STARTTLS", text=_READ_THE_LOG),
    Class.CHALLENGE_ONLY_NO_TLS: StepWords(
        title="Stop using the old challenges",
        text=(
            "When TLS works, switch off CRAM-MD5, DIGEST-MD5, NTLM and APOP: what crosses lets a password be "
            "guessed, and the mail is not protected. Inside TLS a plain password is the better choice."
        ),
    ),
    Class.SILENT: StepWords(
        title="Find out why the server is silent",
        text="It may be overloaded, may limit connections, or may be another service. Check it again from elsewhere.",
    ),
    Class.REFUSED_BY_POLICY: StepWords(
        title="Check again from an address that is allowed",
        text="The server may limit who connects, or how often. From here nothing more can be said about it.",
    ),
    Class.UNKNOWN_AUTH: StepWords(
        title="Look into the configuration of the server",
        text="It does not say what it offers. The conversation shows where it ended (--transcript at the command line).",
    ),
}

_RENEW = "Let it be renewed automatically from now on, and reload the server after each renewal."
_TRUSTED = (
    "Use a certificate of a public authority (ACME authorities issue them free of charge), and configure its whole "
    "chain."
)

FINDING_STEPS = {
    F.HIDDEN_STARTTLS: StepWords(
        title="Offer the TLS that is there",
        text="Look for a list of capabilities that was written by hand, or a firewall that changes mail traffic.",
    ),
    F.WEAK_VERSION: NEEDS[Need.VERSIONS],
    F.CERT_EXPIRED: StepWords(title="Renew the certificate", text=_RENEW),
    F.CERT_NOT_YET_VALID: StepWords(
        title="Install a certificate that is valid now",
        text="Its first day is in the future. Check the clock of the server, or go back to the certificate before.",
    ),
    F.CERT_SELF_SIGNED: StepWords(title="Use a certificate that clients can check", text=_TRUSTED),
    F.CERT_UNKNOWN_CA: StepWords(title="Use a certificate that clients can check", text=_TRUSTED),
    F.CERT_NAME_MISMATCH: StepWords(
        title="Use a certificate for the name that users enter",
        text="The name in the mail programs has to be one of the names in the certificate. Change one or the other.",
    ),
    F.CERT_WEAK_KEY: StepWords(
        title="Make a new key",
        text="Use RSA with 2048 bits or more, or ECDSA on P-256, and get a new certificate for it.",
    ),
    F.CERT_WEAK_SIGNATURE: StepWords(
        title="Get a certificate with a current signature",
        text="Public authorities sign with SHA-256 or better today, so any new certificate of theirs will do.",
    ),
    F.NO_CERTIFICATE: StepWords(
        title="Give the server a certificate, and switch anonymous ciphers off",
        text="Remove aNULL, ADH and AECDH (or “anon”) from the list of ciphers.",
    ),
    F.LOGINDISABLED_CONTRADICTION: StepWords(
        title="Stop offering plain logins beside LOGINDISABLED",
        text="Before TLS, switch off the methods PLAIN and LOGIN of AUTHENTICATE too, not only the LOGIN command.",
    ),
    F.ANONYMOUS_LOGIN: StepWords(
        title="Switch the anonymous login off",
        text="Remove ANONYMOUS from the list of SASL mechanisms, unless the server is meant for the public.",
    ),
    F.BYTES_AFTER_STARTTLS_OK: StepWords(
        title="Find out what is sent before TLS",
        text=(
            "If the text is an error, TLS failed: see the server's log. Otherwise update the server, and look at "
            "what stands between it and the Internet."
        ),
    ),
    F.STARTTLS_MANGLED: StepWords(
        title="Switch off mail inspection in the firewall",
        text="Look for an inspection of POP3 and IMAP (sometimes called “fixup”) near the server and near you.",
    ),
    F.STARTTLS_STILL_LISTED_INSIDE_TLS: StepWords(
        title="Take STARTTLS off the list inside TLS",
        text="The usual reason is a list that was written by hand; let the server write it.",
    ),
    F.LOGIN_STILL_DISABLED_INSIDE_TLS: StepWords(
        title="Allow login inside TLS",
        text="Nobody can log in now. If a proxy ends TLS, tell the server behind it to trust the proxy.",
    ),
    F.TLS_RENEGOTIATED_DOWN: StepWords(
        title="Find out what lowers the TLS version",
        text="Look for a proxy or a firewall that decrypts TLS in between. If there is none, update the server.",
    ),
    F.PASSWORD_GUESSING_EXPOSED: StepWords(
        title="Limit failed logins",
        text=(
            "Delay or block after a few failures (fail2ban, or the server's own settings), and require strong "
            "passwords."
        ),
    ),
    F.COMMAND_INJECTION: StepWords(
        title="Update the mail server",
        text="Current versions throw away what was sent before TLS. If yours is current, report this to its makers.",
    ),
}

PORTS = StepWords(
    title="Close what is not needed",
    text=(
        "Leave 993 and 995 open, and close 110 and 143. If nobody outside needs the server, put it behind a VPN or "
        "close it to the Internet."
    ),
)

PASSWORDS = StepWords(
    title="Have the passwords changed",
    text=(
        "When logins without TLS are refused, have everyone who used them choose a new password, here and wherever "
        "they used the same one. On the public Internet, assume that some of the old passwords were read "
        "(RFC 8314 §4.1)."
    ),
)
