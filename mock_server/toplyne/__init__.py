"""Toplyne's API: tokens, faults, the shape of uploads, and the answers."""
