-- Keys by the position that they answer with, so that verify finds those of batches, which no fact names.

create index key_position on key using brin (position) with (pages_per_range = 16, autosummarize = on);
