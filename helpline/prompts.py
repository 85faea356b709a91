"""The prompt store of these settings: studio recordings, the engine asked for, eSpeak NG."""

from dialplans.names import LANGUAGE_DEFAULT, emergency_prompt, language_prompt
from helpline.cell import state_folder
from helpline.settings import Settings
from helpline.tools import Tools
from speech import english
from speech.numbers import TEXTS
from speech.render import PromptStore
from speech.tts import EspeakNg, Gtts, Synthesiser


def prompt_store(settings: Settings, tools: Tools) -> PromptStore:
    """The Hindi store in the state folder; nothing is rendered yet."""
    named = {emergency_prompt(target.code): target.name for target in settings.cell.emergency}
    named |= {language_prompt(one.code): one.name for one in settings.cell.languages}
    return PromptStore(
        state_folder(settings).prompts,
        engines=_engines(settings, tools, LANGUAGE_DEFAULT),
        studio_dir=settings.speech.studio,
        texts={**TEXTS, **named},
    )


def other_stores(settings: Settings, tools: Tools) -> list[PromptStore]:
    """Of the other languages that citizens are offered and that we have texts for.

    Each in a folder named as the channel's language, where Asterisk looks first.
    """
    if english.CODE not in {one.code for one in settings.cell.languages}:
        return []
    named = {
        emergency_prompt(target.code): target.name_en
        for target in settings.cell.emergency
        if target.name_en
    }
    studio = settings.speech.studio
    return [
        PromptStore(
            state_folder(settings).prompts / english.CODE,
            engines=_engines(settings, tools, english.CODE),
            studio_dir=studio / english.CODE if studio else None,
            texts={**english.TEXTS, **named},
        )
    ]


def without_studio(settings: Settings) -> str | None:
    """Why none of a site's own recordings are heard, where it has named a folder of them."""
    studio = settings.speech.studio
    if studio is None or studio.is_dir():
        return None
    return f"speech.studio {studio} is no folder: all is said by the machine's voice"


def render_prompts(settings: Settings, tools: Tools) -> None:
    """Make all prompts of all languages ready. Blocks. Raises `SpeechError`."""
    for store in (prompt_store(settings, tools), *other_stores(settings, tools)):
        store.render_all()


def _engines(settings: Settings, tools: Tools, language: str) -> list[Synthesiser]:
    offline = EspeakNg(tools.espeak_ng.argv, tools.espeak_ng.env, language=language)
    if settings.speech.engine == "gtts":
        return [Gtts(language=language), offline]
    return [offline]
