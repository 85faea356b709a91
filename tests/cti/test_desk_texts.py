"""What the desk's script says is there to be said, in both languages."""

import re
from pathlib import Path

import pytest

from web.texts import Texts

SCRIPTS = Path(__file__).parents[2] / "web" / "js"
_SAID = re.compile(r'\bsay\("([a-z_]+)"')


@pytest.mark.parametrize("language", ["hi", "en"])
def test_no_agent_reads_the_name_of_a_text_instead_of_the_text(language: str) -> None:
    sources = [*SCRIPTS.glob("desk/*.js"), SCRIPTS / "entries" / "desk.js"]
    said = {key for one in sources for key in _SAID.findall(one.read_text(encoding="utf-8"))}
    assert len(said) > 50
    texts = Texts(["cti"])
    known = {*texts.beginning(language, "desk.js.")}
    known |= {f"refused_{code}" for code in texts.beginning(language, "refused.")}
    assert said <= known, said - known
