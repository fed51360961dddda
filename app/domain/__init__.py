"""Pure values and rules of the domain; imports nothing of ours, no clock, no input or output."""
