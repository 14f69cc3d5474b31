"""The product's own proof of its books, which runs beside the checker that shares nothing with it."""
