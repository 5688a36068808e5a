"""Segment side of Segment Toplyne destination."""
