"""From a snapshot to what is shown: text, rows and chart series, as pure functions."""
