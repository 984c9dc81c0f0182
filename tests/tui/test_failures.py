"""When the feed ends early: what is shown, what ends the program, and with what."""

import pytest
from stage import staged

from factories import SCENES
from fakes import FakeFeed
from revtui.core.errors import SourceError
from revtui.tui.ending import Ending


async def test_a_feed_that_fails_before_it_showed_anything_ends_the_program() -> None:
    failure = SourceError("orders.csv: no such file")
    async with staged(FakeFeed(failure=failure)) as stage:
        await stage.until(lambda: stage.app._exit)
        assert stage.app.failure is failure
        assert stage.app.return_code == 1


async def test_a_source_lost_later_leaves_its_last_data_on_the_screen() -> None:
    feed = FakeFeed(SCENES["healthy"](), failure=SourceError("kafka: connection refused"))
    async with staged(feed, size=(160, 48)) as stage:
        await stage.until(lambda: stage.app.failure is not None)
        await stage.tick()
        assert "source lost: kafka: connection refused" in stage.footer
        assert "REVENUE" in stage.text
        assert not stage.app._exit


async def test_a_defect_in_the_feed_ends_the_program_even_with_data() -> None:
    defect = ZeroDivisionError("a defect")
    async with staged(FakeFeed(SCENES["healthy"](), failure=defect)) as stage:
        await stage.until(lambda: stage.app._exit)
        assert stage.app.failure is defect


def test_what_asked_first_decides_the_status() -> None:
    asked: list[int] = []
    stops: list[bool] = []
    ending = Ending(lambda: stops.append(True))
    ending.gone.set()
    ending.request(15)
    ending.attach(asked.append)
    ending.request(1)
    assert ending.status == 143
    assert asked == [143, 143]
    assert stops


@pytest.mark.parametrize("number", [1, 15])
def test_only_an_impatient_person_is_obeyed_at_once(number: int) -> None:
    ending = Ending(lambda: None)
    ending.gone.set()
    ending.request(number)
    ending.request(number)
    assert ending.status == 128 + number
