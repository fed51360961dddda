"""Read models for pages and the API: selected columns in frozen lines."""
