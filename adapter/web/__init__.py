"""What the adapter shows over HTTP: health, readiness, metrics."""
