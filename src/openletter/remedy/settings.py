"""Settings of products, as data: which lines, in which file, and how they take effect (VERDICTS §5).

Lines are literal and the same in every language. What is said about them is ``note``, a key into the wording.
"""

from enum import StrEnum

import msgspec

from openletter.enrich.product import Product


class Need(StrEnum):
    TLS_ON = "tls_on"
    """TLS is to be had: a certificate, and a server that uses it."""
    LOGIN_OFF = "login_off"
    """No password is taken before TLS."""
    VERSIONS = "versions"
    """TLS 1.2 and 1.3, nothing older."""


class Note(StrEnum):
    """One remark on a setting; its words are in the catalogue of the language."""

    NONE = "none"
    DOVECOT_OWN_MACHINE = "dovecot_own_machine"
    DOVECOT_WHICH = "dovecot_which"
    COURIER_POP3_LISTS_USER = "courier_pop3_lists_user"
    COURIER_PEM = "courier_pem"
    COURIER_GNUTLS = "courier_gnutls"
    CYRUS_READABLE_KEY = "cyrus_readable_key"
    EXCHANGE_BOTH = "exchange_both"
    EXCHANGE_WINDOWS = "exchange_windows"
    ZIMBRA_PROXY = "zimbra_proxy"
    ZIMBRA_SERVER_OVERRIDES = "zimbra_server_overrides"
    CPANEL_NOT_BY_HAND = "cpanel_not_by_hand"
    HMAILSERVER_LIST = "hmailserver_list"
    MAILUTILS_CONNECTION = "mailutils_connection"


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    product: Product
    need: Need
    edition: str = ""
    """Where a product has several: the versions that these lines are for."""
    where: str
    """The file, the console or the menu that they go to."""
    lines: tuple[str, ...]
    apply: tuple[str, ...] = ()
    """Commands or clicks that make them take effect."""
    note: Note = Note.NONE


_P, _N = Product, Need

SETTINGS: tuple[Setting, ...] = (
    Setting(
        product=_P.DOVECOT,
        need=_N.TLS_ON,
        edition="2.3",
        where="/etc/dovecot/conf.d/10-ssl.conf",
        lines=(
            "ssl = yes",
            "ssl_cert = </etc/ssl/certs/mail.example.org.pem",
            "ssl_key = </etc/ssl/private/mail.example.org.key",
        ),
        apply=("doveconf -n", "systemctl reload dovecot"),
        note=Note.DOVECOT_WHICH,
    ),
    Setting(
        product=_P.DOVECOT,
        need=_N.TLS_ON,
        edition="2.4",
        where="/etc/dovecot/conf.d/10-ssl.conf",
        lines=(
            "ssl = yes",
            "ssl_server_cert_file = /etc/ssl/certs/mail.example.org.pem",
            "ssl_server_key_file = /etc/ssl/private/mail.example.org.key",
        ),
        apply=("doveconf -n", "systemctl reload dovecot"),
        note=Note.DOVECOT_WHICH,
    ),
    Setting(
        product=_P.DOVECOT,
        need=_N.LOGIN_OFF,
        edition="2.3",
        where="/etc/dovecot/conf.d/10-ssl.conf, 10-auth.conf",
        lines=("ssl = required", "disable_plaintext_auth = yes"),
        apply=("doveconf -n", "systemctl reload dovecot"),
        note=Note.DOVECOT_OWN_MACHINE,
    ),
    Setting(
        product=_P.DOVECOT,
        need=_N.LOGIN_OFF,
        edition="2.4",
        where="/etc/dovecot/conf.d/10-ssl.conf, 10-auth.conf",
        lines=("auth_allow_cleartext = no", "ssl = required"),
        apply=("doveconf -n", "systemctl reload dovecot"),
        note=Note.DOVECOT_OWN_MACHINE,
    ),
    Setting(
        product=_P.DOVECOT,
        need=_N.VERSIONS,
        where="/etc/dovecot/conf.d/10-ssl.conf",
        lines=("ssl_min_protocol = TLSv1.2",),
        apply=("doveconf -n", "systemctl reload dovecot"),
    ),
    Setting(
        product=_P.COURIER,
        need=_N.TLS_ON,
        where="/etc/courier/imapd-ssl (IMAP), /etc/courier/pop3d-ssl (POP3)",
        lines=(
            "IMAPDSTARTTLS=YES",
            "POP3_STARTTLS=YES",
            "TLS_CERTFILE=/etc/courier/mail.example.org.pem",
        ),
        apply=("systemctl restart courier-imap courier-imap-ssl courier-pop courier-pop-ssl",),
        note=Note.COURIER_PEM,
    ),
    Setting(
        product=_P.COURIER,
        need=_N.LOGIN_OFF,
        where="/etc/courier/imapd-ssl (IMAP), /etc/courier/pop3d-ssl (POP3)",
        lines=("IMAP_TLS_REQUIRED=1", "POP3_TLS_REQUIRED=1"),
        apply=("systemctl restart courier-imap courier-pop",),
        note=Note.COURIER_POP3_LISTS_USER,
    ),
    Setting(
        product=_P.COURIER,
        need=_N.VERSIONS,
        where="/etc/courier/imapd-ssl (IMAP), /etc/courier/pop3d-ssl (POP3)",
        lines=('TLS_PRIORITY="NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"',),
        apply=("systemctl restart courier-imap courier-imap-ssl courier-pop courier-pop-ssl",),
        note=Note.COURIER_GNUTLS,
    ),
    Setting(
        product=_P.CYRUS,
        need=_N.TLS_ON,
        where="/etc/imapd.conf",
        lines=(
            "tls_server_cert: /etc/ssl/certs/mail.example.org.pem",
            "tls_server_key: /etc/ssl/private/mail.example.org.key",
        ),
        apply=("systemctl restart cyrus-imapd",),
        note=Note.CYRUS_READABLE_KEY,
    ),
    Setting(
        product=_P.CYRUS,
        need=_N.LOGIN_OFF,
        where="/etc/imapd.conf",
        lines=("allowplaintext: no", "tls_required: yes"),
        apply=("systemctl restart cyrus-imapd",),
    ),
    Setting(
        product=_P.CYRUS,
        need=_N.VERSIONS,
        where="/etc/imapd.conf",
        lines=("tls_versions: tls1_2 tls1_3",),
        apply=("systemctl restart cyrus-imapd",),
    ),
    Setting(
        product=_P.EXCHANGE,
        need=_N.TLS_ON,
        where="Exchange Management Shell",
        lines=("Enable-ExchangeCertificate -Thumbprint <thumbprint> -Services IMAP,POP",),
        apply=(
            "Restart-Service MSExchangeIMAP4,MSExchangeIMAP4BE",
            "Restart-Service MSExchangePOP3,MSExchangePOP3BE",
        ),
    ),
    Setting(
        product=_P.EXCHANGE,
        need=_N.LOGIN_OFF,
        where="Exchange Management Shell",
        lines=(
            "Set-ImapSettings -LoginType SecureLogin",
            "Set-PopSettings -LoginType SecureLogin",
        ),
        apply=(
            "Restart-Service MSExchangeIMAP4,MSExchangeIMAP4BE",
            "Restart-Service MSExchangePOP3,MSExchangePOP3BE",
        ),
        note=Note.EXCHANGE_BOTH,
    ),
    Setting(
        product=_P.EXCHANGE,
        need=_N.VERSIONS,
        where="Windows registry, HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols",
        lines=(
            "TLS 1.0\\Server: Enabled = 0, DisabledByDefault = 1 (DWORD)",
            "TLS 1.1\\Server: Enabled = 0, DisabledByDefault = 1 (DWORD)",
        ),
        note=Note.EXCHANGE_WINDOWS,
    ),
    Setting(
        product=_P.ZIMBRA,
        need=_N.TLS_ON,
        where="shell of the user zimbra",
        lines=(
            "zmcertmgr verifycrt comm /opt/zimbra/ssl/zimbra/commercial/commercial.key mail.crt chain.crt",
            "zmcertmgr deploycrt comm mail.crt chain.crt",
        ),
        apply=("zmcontrol restart",),
    ),
    Setting(
        product=_P.ZIMBRA,
        need=_N.LOGIN_OFF,
        where="shell of the user zimbra",
        lines=("zmprov mcf zimbraImapCleartextLoginEnabled FALSE zimbraPop3CleartextLoginEnabled FALSE",),
        apply=("zmmailboxdctl restart",),
        note=Note.ZIMBRA_SERVER_OVERRIDES,
    ),
    Setting(
        product=_P.ZIMBRA,
        need=_N.LOGIN_OFF,
        edition="with the reverse proxy (nginx)",
        where="shell of the user zimbra",
        lines=("zmprov mcf zimbraReverseProxyImapStartTlsMode only zimbraReverseProxyPop3StartTlsMode only",),
        apply=("zmproxyctl restart",),
        note=Note.ZIMBRA_PROXY,
    ),
    Setting(
        product=_P.CPANEL,
        need=_N.TLS_ON,
        where="WHM, SSL/TLS, Manage AutoSSL",
        lines=("Run AutoSSL For All Users",),
        note=Note.CPANEL_NOT_BY_HAND,
    ),
    Setting(
        product=_P.CPANEL,
        need=_N.LOGIN_OFF,
        where="WHM, Service Configuration, Mailserver Configuration",
        lines=("Allow Plaintext Authentication (from remote clients): No",),
        apply=("Save",),
        note=Note.CPANEL_NOT_BY_HAND,
    ),
    Setting(
        product=_P.CPANEL,
        need=_N.VERSIONS,
        where="WHM, Service Configuration, Mailserver Configuration",
        lines=("SSL Minimum Protocol: TLSv1.2",),
        apply=("Save",),
        note=Note.CPANEL_NOT_BY_HAND,
    ),
    Setting(
        product=_P.HMAILSERVER,
        need=_N.TLS_ON,
        where="hMailServer Administrator, Settings, Advanced, SSL certificates",
        lines=("Add the certificate and its key, then choose it under TCP/IP ports for each port",),
        apply=("Restart the hMailServer service",),
    ),
    Setting(
        product=_P.HMAILSERVER,
        need=_N.LOGIN_OFF,
        where="hMailServer Administrator, Settings, Advanced, TCP/IP ports",
        lines=(
            "110 and 143: Connection security: STARTTLS (required)",
            "993 and 995: Connection security: SSL/TLS",
        ),
        apply=("Restart the hMailServer service",),
        note=Note.HMAILSERVER_LIST,
    ),
    Setting(
        product=_P.HMAILSERVER,
        need=_N.VERSIONS,
        where="hMailServer Administrator, Settings, Advanced, SSL/TLS",
        lines=("Versions: TLS 1.2 and newer, nothing older",),
        apply=("Restart the hMailServer service",),
    ),
    Setting(
        product=_P.MAILUTILS,
        need=_N.TLS_ON,
        where="/etc/mailutils.conf, in the server block of 110 and of 143",
        lines=(
            "tls-mode ondemand;",
            "tls { ssl-certificate-file /etc/ssl/certs/mail.example.org.pem; "
            "ssl-key-file /etc/ssl/private/mail.example.org.key; };",
        ),
        apply=("systemctl restart mailutils-imap4d mailutils-pop3d",),
    ),
    Setting(
        product=_P.MAILUTILS,
        need=_N.LOGIN_OFF,
        where="/etc/mailutils.conf, in the server block of 110 and of 143",
        lines=("tls-mode required;",),
        apply=("systemctl restart mailutils-imap4d mailutils-pop3d",),
        note=Note.MAILUTILS_CONNECTION,
    ),
    Setting(
        product=_P.MAILUTILS,
        need=_N.VERSIONS,
        where="/etc/mailutils.conf, in the tls block",
        lines=('ssl-priorities "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";',),
        apply=("systemctl restart mailutils-imap4d mailutils-pop3d",),
    ),
    Setting(
        product=_P.NGINX,
        need=_N.TLS_ON,
        where="nginx.conf, mail { server { … } }",
        lines=(
            "starttls on;",
            "ssl_certificate /etc/ssl/certs/mail.example.org.pem;",
            "ssl_certificate_key /etc/ssl/private/mail.example.org.key;",
        ),
        apply=("nginx -t", "systemctl reload nginx"),
    ),
    Setting(
        product=_P.NGINX,
        need=_N.LOGIN_OFF,
        where="nginx.conf, mail { server { … } }",
        lines=("starttls only;",),
        apply=("nginx -t", "systemctl reload nginx"),
    ),
    Setting(
        product=_P.NGINX,
        need=_N.VERSIONS,
        where="nginx.conf, mail { … }",
        lines=("ssl_protocols TLSv1.2 TLSv1.3;",),
        apply=("nginx -t", "systemctl reload nginx"),
    ),
)


def settings_for(product: Product, need: Need) -> tuple[Setting, ...]:
    """All that are known, an edition each; empty where none is."""
    return tuple(s for s in SETTINGS if s.product is product and s.need is need)
