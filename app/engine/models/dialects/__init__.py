"""What other engines write into diagrams, in the words of ours."""
