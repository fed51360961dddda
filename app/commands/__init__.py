"""One file per intention; commands never commit and have no clock."""
