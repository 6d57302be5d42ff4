"""JSON Lines on a terminal.

What a user loses when these fail: a server's words move the cursor of whoever looks at the data, or the data is not what
the server said.
"""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from openletter.report.json_lines import json_lines


@given(
    st.lists(
        st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"])),
            st.text(st.characters(exclude_categories=["Cs"])),
        ),
        max_size=4,
    )
)
def test_it_reads_back_as_it_was_and_holds_text_alone(values):
    octets = json_lines(values)
    assert [json.loads(line) for line in octets.split(b"\n")[:-1]] == values
    odd = {c for c in octets.decode() if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")}
    assert odd == set()


def test_text_that_prints_stays_readable():
    assert json_lines([{"name": "Größe 日本 §"}]) == '{"name":"Größe 日本 §"}\n'.encode()
    assert json_lines([{"name": "\x7f\u202e\U000e0001"}]) == b'{"name":"\\u007f\\u202e\\udb40\\udc01"}\n'
    assert json_lines([]) == b""
