"""Named rules of repair for diagrams that were drawn elsewhere."""
