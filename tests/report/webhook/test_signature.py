"""Signatures after Standard Webhooks. What a user loses when these fail: the receiver puts aside what is posted, or the secret is
told to somebody."""

import pytest

from openletter.report.webhook.signature import VARIABLE, SecretError, key_of, read_secret, signed_headers


def test_the_vector_that_libraries_of_the_specification_are_tested_with():
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "here")
    headers = signed_headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers == {
        "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "Webhook-Timestamp": "1614265330",
        "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize(
    "text", ["", "whsec_", "secret words", "whsec_c2hvcnQ=", "whsec_" + "QUFB" * 40, "whsec_ü"]
)
def test_what_is_no_secret_is_refused_and_not_shown(text):
    with pytest.raises(SecretError) as caught:
        key_of(text, "here")
    assert str(caught.value).startswith("here: ")
    assert "c2hv" not in str(caught.value)
    assert "QUFB" not in str(caught.value)


def test_from_the_environment_or_a_file_of_ones_own(tmp_path, monkeypatch):
    text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    file = tmp_path / "secret"
    file.write_text(text + "\n")
    file.chmod(0o600)
    monkeypatch.setenv(VARIABLE, text)
    assert read_secret(None) == read_secret(file) == key_of(text, "")
    file.chmod(0o640)
    with pytest.raises(SecretError, match="mode 640"):
        read_secret(file)
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(SecretError, match=VARIABLE):
        read_secret(None)
    with pytest.raises(SecretError, match="no such file"):
        read_secret(tmp_path / "none")
