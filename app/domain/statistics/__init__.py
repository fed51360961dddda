"""Numbers about the whole: what the seeds ask to be measured, computed from events and shown in aggregate only."""
