"""Who has signed a request: the secret is opened for this alone, and the HMAC is compared in a time that tells nothing of it.

A key that was never made costs what one that holds costs (:meth:`~openletter.subscriber.directory.Directory.signed`).
"""

import hmac
import logging
from hashlib import sha256

from openletter.subscriber.api_key import LostSecretError
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Subscriber

_log = logging.getLogger("openletter.web")


def signer(directory: Directory, key: str, body: bytes, given: str) -> Subscriber | None:
    """``given`` is the HMAC in hex. Raises StoreError where the directory cannot be read, whatever the key is."""
    said = given.strip().lower().encode("utf-8", "surrogatepass")

    def is_right(secret: bytes) -> bool:
        return hmac.compare_digest(hmac.new(secret, body, sha256).hexdigest().encode(), said)

    try:
        return directory.signed(key, is_right)
    except LostSecretError as error:
        # Only of a key that was made once; whoever asks must not learn of that.
        _log.error("%s", error)
        return None
