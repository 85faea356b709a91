from collections.abc import Sequence
from dataclasses import dataclass

from agi.ports import Prompts
from agi.session import Session
from speech.prompts import Prompt


@dataclass(frozen=True, slots=True)
class KeyListener:
    """A choice by one key, also during the prompts; after a wrong one it is asked again."""

    prompts: Prompts
    rounds: int = 3
    seconds: float = 5.0

    async def choose(
        self,
        session: Session,
        prompts: Sequence[Prompt],
        choices: str,
        *,
        before: Sequence[str] = (),
    ) -> str | None:
        """See `ports.Listener`."""
        files = [self.prompts.file(key) for key in prompts]
        invalid = [self.prompts.file(Prompt.INVALID_KEY)]
        said = [*before, *files]
        for _ in range(self.rounds):
            key = await session.ask_digits(
                said, max_digits=1, first_timeout=self.seconds, terminator=""
            )
            if key and key in choices:
                return key
            session.heed(key)
            said = invalid + files if key else files
        return None
