"""Executing a plan: the only stage that writes."""
