"""From what a user types to typed studies."""
