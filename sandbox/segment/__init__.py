"""Segment's runtime: an event and mappings in, requests out; no network, disk or clock."""
