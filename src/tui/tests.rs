//! Keys in, effects and state out; and pictures of the screen.

mod budget;
mod calling;
mod hostile;
mod house;
mod inspector;
mod pictures;
mod rules;
