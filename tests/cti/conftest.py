import pytest

from db.pool import Pool

CELL = "cell1"


@pytest.fixture
async def pool(emptied: Pool) -> Pool:
    await emptied.execute(
        "insert into agent values"
        " ('1001', 'सीता देवी', 'cell1', '{helpline-hi}'),"
        " ('1002', 'मोहन', 'cell1', '{helpline-hi,helpline-en}'),"
        " ('2001', 'दूर', 'cell2', '{helpline-hi}')"
    )
    return emptied
