"""The settings: what the environment may say, and what is said back when it cannot be used."""

from pathlib import Path

import pytest

from services.settings import Settings, SettingsError, read


def test_an_empty_environment_suits_one_machine() -> None:
    assert read({}) == Settings()
    assert read({"COI_PORT": "", "COI_DSN": "", "COI_HTTP": ""}) == Settings()


def test_every_setting_can_be_given() -> None:
    found = read(
        {
            "COI_HOST": "0.0.0.0",  # noqa: S104 - what somebody may write
            "COI_PORT": "0",
            "COI_HTTP": "[::1]:8401",
            "COI_TARGET": "db:1",
            "COI_DSN": "host=db",
            "COI_DATA": "/srv/coi",
            "COI_ORIGIN": "ledger.example/coi",
        }
    )
    assert (found.host, found.port, found.target, found.dsn) == ("0.0.0.0", 0, "db:1", "host=db")  # noqa: S104
    assert found.http == "[::1]:8401"
    assert (found.data, found.origin) == (Path("/srv/coi"), "ledger.example/coi")


def test_the_port_is_also_where_readers_ask() -> None:
    assert read({"COI_PORT": "50099"}).target == "localhost:50099"


@pytest.mark.parametrize("text", ["x", "-1", "65536", "٣"])
def test_a_port_that_is_none_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="COI_PORT"):
        read({"COI_PORT": text})


@pytest.mark.parametrize(
    "text", ["8401", ":8401", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536", "::1:8401", "h:" + "9" * 5000]
)
def test_an_address_for_http_that_is_none_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="COI_HTTP"):
        read({"COI_HTTP": text})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("COI_STANDBYS", "many", "COI_STANDBYS is 'many': give how many must confirm each commit, 0 to 8"),
        ("COI_STANDBYS", "9", "COI_STANDBYS is '9': give how many must confirm each commit, 0 to 8"),
        ("COI_NOTICE", "-1", "COI_NOTICE is '-1': give seconds, 0 to 60"),
        ("COI_LOG", "loud", "COI_LOG is 'loud': give one of debug, info, warning"),
        ("COI_METRICS", "9464", "COI_METRICS is '9464': give HOST:PORT, such as 127.0.0.1:8401 or [::1]:8401"),
    ],
)
def test_what_an_operator_mistyped_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read({name: value})
    assert str(caught.value) == said


def test_an_operator_sets_instruments_standbys_severity_and_notice() -> None:
    given = {"COI_METRICS": "127.0.0.1:9464", "COI_STANDBYS": "1", "COI_LOG": "debug", "COI_NOTICE": "5"}
    found = read(given)
    assert (found.metrics, found.standbys, found.log, found.notice) == ("127.0.0.1:9464", 1, "debug", 5)
