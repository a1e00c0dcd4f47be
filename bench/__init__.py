"""Measurements, one command each: `python -m bench <name>`. Never part of a test: figures drift, so ratios are what counts."""
