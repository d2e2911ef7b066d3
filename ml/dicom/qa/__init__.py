"""The quality report of a plan, from its ``plan.json``: SR, PDF, encapsulated PDF."""
