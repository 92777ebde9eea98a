"""On top: order, policy, persistence, screens."""
