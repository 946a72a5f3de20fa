"""Measurements that docs/performance.md quotes. Nothing imports them."""
