"""The prompt store of these settings: studio recordings, the engine asked for, eSpeak NG."""

from dialplans.names import emergency_prompt, language_prompt
from helpline.cell import state_folder
from helpline.settings import Settings
from helpline.tools import Tools
from speech.numbers import TEXTS
from speech.render import PromptStore
from speech.tts import EspeakNg, Gtts, Synthesiser


def prompt_store(settings: Settings, tools: Tools) -> PromptStore:
    """The store in the state folder; nothing is rendered yet."""
    offline = EspeakNg(tools.espeak_ng.argv, tools.espeak_ng.env)
    engines: list[Synthesiser] = [offline]
    if settings.speech.engine == "gtts":
        engines.insert(0, Gtts())
    named = {emergency_prompt(target.code): target.name for target in settings.cell.emergency}
    named |= {language_prompt(one.code): one.name for one in settings.cell.languages}
    return PromptStore(
        state_folder(settings).prompts,
        engines=engines,
        studio_dir=settings.speech.studio,
        texts={**TEXTS, **named},
    )
