"""The chat and the pages in a real browser."""
