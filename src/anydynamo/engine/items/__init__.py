"""Operations on items: one at a time, in batches, in transactions."""
