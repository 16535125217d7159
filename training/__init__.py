"""Trains, evaluates, exports and calibrates the reader; see README.md. Not installed."""
