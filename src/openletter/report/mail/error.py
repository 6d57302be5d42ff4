"""What can go wrong with mail, in words for its user.

MailError
├── MailSettingError      what a user wrote as a server, an address or a password file
└── NoServerError         the server cannot be reached, does not do TLS as it must, or does not let us in: nothing is sent
"""


class MailError(Exception):
    """``str()`` is one printable line."""


class MailSettingError(MailError):
    pass


class NoServerError(MailError):
    pass
