import math
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speech import audio
from speech.errors import SpeechError
from speech.numbers import TEXTS
from speech.prompts import HINDI, Prompt
from speech.render import STUDIO, Progress, PromptStore
from speech.tts import EspeakNg, Gtts
from tests.speech.conftest import FailingEngine, ToneEngine

LONG = (Prompt.MENU, Prompt.FEEDBACK_REASON, Prompt.OUT_OF_SCOPE)
TWO: dict[str, str] = {key: HINDI[key] for key in (Prompt.GREETING, Prompt.GOODBYE)}


@pytest.fixture
def silent_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A proxy that takes the connection and says nothing, ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_every_prompt_is_spoken_as_the_telephone_wants_it(tmp_path: Path, espeak: EspeakNg) -> None:
    store = PromptStore(tmp_path, engines=[espeak])
    assert store.missing() == list(TEXTS)
    sources = store.render_all()
    assert set(sources.values()) == {espeak.id}
    assert store.missing() == []
    for prompt in TEXTS:
        file = Path(store.file(prompt) + ".wav")
        info = soundfile.info(file)
        assert (info.samplerate, info.channels, info.subtype) == (8000, 1, "PCM_16")
        samples = audio.load(file)
        longest = 1.5 if prompt.startswith(("digit", "number", "month")) else 8.5
        # Menus and lists take longer; any key ends them.
        assert 0.2 < info.duration < (30 if prompt in LONG else longest), prompt
        assert audio.active_level(samples) == pytest.approx(audio.TARGET_LEVEL, abs=1.5), prompt
        assert float(np.abs(samples).max()) < 0.95, prompt


def test_longer_texts_take_longer_to_say(tmp_path: Path, espeak: EspeakNg) -> None:
    store = PromptStore(tmp_path, engines=[espeak])
    store.render_all()
    short, long = (
        soundfile.info(store.file(key) + ".wav").duration
        for key in (Prompt.DIGIT_1, Prompt.GREETING)
    )
    assert long > 4 * short


def test_the_second_time_no_engine_is_asked(tmp_path: Path) -> None:
    engine = ToneEngine()
    PromptStore(tmp_path, engines=[engine], texts=TWO).render_all()
    PromptStore(tmp_path, engines=[engine], texts=TWO).render_all()
    assert engine.spoken == list(TWO.values())


def test_a_changed_text_or_voice_is_spoken_anew(tmp_path: Path) -> None:
    engine, other = ToneEngine(), ToneEngine("other", amplitude=0.2)
    PromptStore(tmp_path, engines=[engine], texts=TWO).render_all()
    changed = TWO | {Prompt.GOODBYE: "फिर मिलेंगे।"}
    PromptStore(tmp_path, engines=[engine], texts=changed).render_all()
    assert engine.spoken[2:] == ["फिर मिलेंगे।"]
    assert set(PromptStore(tmp_path, engines=[other], texts=TWO).render_all().values()) == {"other"}
    assert other.spoken == list(TWO.values())


def test_a_failing_engine_leaves_nothing_behind(tmp_path: Path) -> None:
    store = PromptStore(tmp_path, engines=[FailingEngine()])
    with pytest.raises(SpeechError, match="no network"):
        store.render_all()
    assert files(tmp_path) == ["cache"]


def test_a_failing_engine_leaves_the_prompts_of_before(tmp_path: Path) -> None:
    store = PromptStore(tmp_path, engines=[ToneEngine()], texts=TWO)
    store.render_all()
    before = files(tmp_path)
    changed = dict.fromkeys(TWO, "नया")
    with pytest.raises(SpeechError):
        PromptStore(tmp_path, engines=[FailingEngine()], texts=changed).render_all()
    assert files(tmp_path) == before
    assert store.missing() == []


def test_an_engine_that_fails_is_not_waited_for_again(tmp_path: Path) -> None:
    failing, offline = FailingEngine(), ToneEngine()
    sources = PromptStore(tmp_path, engines=[failing, offline]).render_all()
    assert failing.asked == 1
    assert set(sources.values()) == {offline.id}


def test_what_the_better_voice_spoke_earlier_is_kept_without_a_network(tmp_path: Path) -> None:
    better, offline = ToneEngine("better"), ToneEngine("offline")
    PromptStore(tmp_path, engines=[better, offline], texts=TWO).render_all()
    away = FailingEngine()
    away.id = "better"
    sources = PromptStore(tmp_path, engines=[away, offline]).render_all()
    assert {key for key, source in sources.items() if source == "better"} == set(TWO)


def test_a_studio_recording_wins_and_is_brought_into_form(tmp_path: Path) -> None:
    studio = tmp_path / "studio"
    studio.mkdir()
    wave = 0.01 * np.sin(np.arange(48000) * 0.1)
    soundfile.write(studio / "greeting.flac", wave, 48000)
    engine = ToneEngine()
    store = PromptStore(tmp_path / "prompts", engines=[engine], studio_dir=studio, texts=TWO)
    assert store.render_all() == {Prompt.GREETING: STUDIO, Prompt.GOODBYE: engine.id}
    assert engine.spoken == [HINDI[Prompt.GOODBYE]]
    file = Path(store.file(Prompt.GREETING) + ".wav")
    assert soundfile.info(file).samplerate == 8000
    assert audio.active_level(audio.load(file)) == pytest.approx(audio.TARGET_LEVEL, abs=1)
    (studio / "greeting.flac").unlink()
    assert store.render_all()[Prompt.GREETING] == engine.id


def test_progress_names_each_prompt(tmp_path: Path) -> None:
    seen: list[Progress] = []
    PromptStore(tmp_path, engines=[ToneEngine()], texts=TWO).render_all(seen.append)
    assert [(step.done, step.total, step.prompt) for step in seen] == [
        (1, 2, Prompt.GREETING),
        (2, 2, Prompt.GOODBYE),
    ]


@pytest.mark.timeout(30)  # without a limit of its own it would hang for ever
@pytest.mark.usefixtures("silent_proxy")
def test_gtts_behind_a_silent_proxy_gives_up_and_the_offline_voice_speaks(tmp_path: Path) -> None:
    offline = ToneEngine()
    store = PromptStore(tmp_path, engines=[Gtts(timeout=0.5), offline])
    sources = store.render_all()
    assert set(sources.values()) == {offline.id}


def test_an_espeak_that_is_not_there_or_fails_says_so(tmp_path: Path) -> None:
    for argv in (["/nowhere/espeak-ng"], ["false"]):
        with pytest.raises(SpeechError, match="eSpeak NG"):
            EspeakNg(argv).synthesise("नमस्ते", tmp_path / "x.wav")


def test_a_text_is_never_an_option_of_espeak(tmp_path: Path, espeak: EspeakNg) -> None:
    file = tmp_path / "x.wav"
    espeak.synthesise("--version नमस्ते", file)
    assert not math.isinf(audio.active_level(audio.load(file)))
