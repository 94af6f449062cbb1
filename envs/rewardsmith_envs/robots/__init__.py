"""Robots: how actions become controls."""
