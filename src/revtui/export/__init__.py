"""Files and pipes for other programs: rows as CSV, JSON lines, Parquet or a table, and the JSON snapshot."""
