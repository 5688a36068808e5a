"""Reasoning: which events make a trigger's clauses hold, and where two triggers differ.

Nothing here is believed because it was derived: whoever hands a result on asks the trigger itself.
"""
