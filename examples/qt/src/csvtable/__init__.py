"""Shows, sorts and filters tables in CSV files."""
