"""Segment's machinery: an event and mappings in, requests out; no input or output."""
