"""The schema, as numbered SQL files that only ever go forward; a file that was released is never edited."""
