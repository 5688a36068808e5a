"""Reasoning: which events make a trigger's clauses hold, and where two triggers differ.

A result is never trusted because it was derived: callers test it on the trigger itself.
"""
