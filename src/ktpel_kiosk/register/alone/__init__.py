"""A desk of a shared register that goes on recording while the office server is away, and comes back once (docs/adr/0044)."""
