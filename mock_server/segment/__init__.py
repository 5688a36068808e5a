"""Segment's side of the mock: the Tracking API, the ledger, the queue, the deliveries."""
