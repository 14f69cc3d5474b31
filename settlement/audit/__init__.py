"""The proof of the whole database: questions that list what does not add up.

Lives here: the questions, restated in SQL so that they share no sum with plans, rules or proof.
May import: `settlement.storage.sql`, `settlement.model`, SQLAlchemy.
Start at: `catalogue.py`.
"""
