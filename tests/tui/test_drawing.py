"""A widget that changes in several ways is drawn once."""

from stage import staged

from factories import SCENES
from revtui.views.palette import Role


async def test_what_changes_together_is_drawn_at_the_end() -> None:
    async with staged(SCENES["outage"]()) as stage:
        log = stage.app.monitor.alert_log
        assert log is not None
        with log.held():
            log.entitle((("another title", Role.TEXT),))
            assert "another title" not in log._painted[0].text
            log.frame_in(Role.CRIT)
        assert "another title" in log._painted[0].text


async def test_a_widget_held_without_a_change_is_not_drawn() -> None:
    async with staged(SCENES["outage"]()) as stage:
        log = stage.app.monitor.alert_log
        assert log is not None
        before = log._painted
        with log.held():
            pass
        assert log._painted is before
