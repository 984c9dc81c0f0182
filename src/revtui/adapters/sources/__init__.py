"""Sources of events, each behind `revtui.engine.ports.Source`."""
