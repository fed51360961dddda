"""Systems outside that service tasks call."""
