"""Fleet files: YAML checked against what agents understand, every problem with its place."""
