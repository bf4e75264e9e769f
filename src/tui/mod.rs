//! The screen. Knows `run` only: it is handed facts and hands back commands.
