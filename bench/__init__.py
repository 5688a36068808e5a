"""The bench: ours and the peers in turn in one run, as ratios with their spread."""
