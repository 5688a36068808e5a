"""Liquid: the template language of `@liquid`, as liquidjs renders it with Segment's settings."""
