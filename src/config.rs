//! TOML file, environment and flags, in that rising order, become the options of each room.
