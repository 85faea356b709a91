"""Which prompts a site has, in which language, and where Asterisk finds them."""

from pathlib import Path

from helpline.options.cell import CellOptions, LanguageOptions
from helpline.options.process import SpeechOptions
from helpline.prompts import other_stores, render_prompts, without_studio
from helpline.settings import GivenSettings
from helpline.tools import load_tools

ROOT = Path(__file__).parents[2]
BOTH = (LanguageOptions(code="hi", name="हिन्दी"), LanguageOptions(code="en", name="अंग्रेज़ी"))


def site(folder: Path, languages: tuple[LanguageOptions, ...]) -> GivenSettings:
    return GivenSettings(
        state_dir=folder / "state",
        cell=CellOptions(languages=languages),
        speech=SpeechOptions(engine="espeak"),
    )


def test_english_is_rendered_where_it_is_offered_below_the_hindi(tmp_path: Path) -> None:
    settings = site(tmp_path, BOTH)
    render_prompts(settings, load_tools(ROOT))
    prompts = tmp_path / "state/prompts"
    for name in ("menu.wav", "number_7.wav", "emergency_108.wav", "queue_where.wav"):
        assert (prompts / name).exists()
        assert (prompts / "en" / name).exists()
        assert (prompts / "en" / name).read_bytes() != (prompts / name).read_bytes()
    assert not (prompts / "en/officer_pin.wav").exists()  # so it is said in Hindi


def test_where_only_hindi_is_offered_nothing_else_is_rendered(tmp_path: Path) -> None:
    assert other_stores(site(tmp_path, BOTH[:1]), load_tools(ROOT)) == []


def test_a_folder_of_own_recordings_that_is_not_there_is_told(tmp_path: Path) -> None:
    given = GivenSettings(speech=SpeechOptions(studio=tmp_path / "studio"))
    assert "is no folder" in (without_studio(given) or "")
    (tmp_path / "studio").mkdir()
    assert without_studio(given) is None
    assert without_studio(GivenSettings()) is None
