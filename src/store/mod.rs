//! FLOOR 2. SQLite: the only room that speaks SQL.
