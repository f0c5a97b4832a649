"""Sensor readings from CSV to SQLite to a report."""
