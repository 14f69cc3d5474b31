"""What has to be true after a run, subject by subject. Imports nothing of the product: it proves it."""
