"""Start and continue process instances: (state, trigger) -> Step. No database, no clock, no network."""
