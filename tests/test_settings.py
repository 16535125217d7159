"""Settings come from the environment and ``.env``, and nowhere else."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant.settings import Settings


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working directory without ``.env`` and an environment without our settings."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ASSISTANT_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_defaults_need_no_network_no_key_and_no_server() -> None:
    settings = Settings()
    assert settings.encoder == "bundled"
    assert (settings.llm, settings.chroma_url, settings.llm_base_url) == ("", "", "")
    assert (settings.corpus, settings.index) == (Path("corpus"), Path("index"))
    assert settings.host == "127.0.0.1"


def test_the_environment_sets_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_PORT", "8123")
    monkeypatch.setenv("ASSISTANT_CORPUS", "elders/documenten")
    assert Settings().port == 8123
    assert Settings().corpus == Path("elders/documenten")


def test_a_name_without_the_prefix_sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    assert Settings().port == 7860


def test_the_dotenv_file_sets_a_setting(elsewhere: Path) -> None:
    (elsewhere / ".env").write_text("ASSISTANT_ENCODER=intfloat/multilingual-e5-base\nANDERS=1\n")
    assert Settings().encoder == "intfloat/multilingual-e5-base"


def test_the_environment_wins_from_the_dotenv_file(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere / ".env").write_text("ASSISTANT_HOST=0.0.0.1\n")
    monkeypatch.setenv("ASSISTANT_HOST", "0.0.0.2")
    assert Settings().host == "0.0.0.2"


@pytest.mark.parametrize("port", ["-1", "65536", "tachtig", ""])
def test_an_impossible_port_is_refused(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_PORT", port)
    with pytest.raises(ValidationError, match="port"):
        Settings()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]


def test_the_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_LLM_API_KEY", "geheime-sleutel")
    settings = Settings()
    assert "geheime-sleutel" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.llm_api_key.get_secret_value() == "geheime-sleutel"


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(("timeout", "grace"), [("60", None), ("60", "60"), ("30", "5")])
def test_stopping_must_wait_for_accepted_questions(
    timeout: str, grace: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_TIMEOUT", timeout)
    if grace:
        monkeypatch.setenv("ASSISTANT_GRACE", grace)
    with pytest.raises(ValidationError, match="ASSISTANT_GRACE"):
        Settings()
