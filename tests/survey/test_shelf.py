"""A certificate is still there when the dialogue that saw it ends, and gone when none can name it any more.

What a user loses when this fails: the certificates of slow servers, or, one survey later, the machine's memory.
"""

from openletter.survey.shelf import Shelf
from openletter.tls.book import CertificateBook


def test_a_certificate_outlasts_the_longest_dialogue_and_not_much_more():
    book = CertificateBook()
    shelf = Shelf(book, turn=90.0)
    shelf.turn(0.0)
    name = book.keep(b"a certificate")
    for now in (1.0, 50.0, 89.0):
        shelf.turn(now)
        assert shelf.find(name) == b"a certificate"
    shelf.turn(95.0)
    assert shelf.find(name) == b"a certificate", "a dialogue that began at 94 seconds may still be open"
    shelf.turn(150.0)
    assert shelf.find(name) == b"a certificate"
    shelf.turn(190.0)
    assert shelf.find(name) is None


def test_one_that_is_seen_again_stays():
    book = CertificateBook()
    shelf = Shelf(book, turn=10.0)
    for now in (0.0, 10.0, 20.0, 30.0):
        name = book.keep(b"a certificate")
        shelf.turn(now)
        assert shelf.find(name) == b"a certificate"
