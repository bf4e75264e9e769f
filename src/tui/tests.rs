//! Keys in, effects and state out; and pictures of the screen.

mod budget;
mod calling;
mod hostile;
mod house;
mod inspector;
mod past;
mod pictures;
mod playing;
mod rules;
mod watching;
