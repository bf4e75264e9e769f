//! Keys in, effects and state out; and pictures of the screen.

mod budget;
mod calling;
mod crowd;
mod deciding;
mod forms;
mod hostile;
mod house;
mod inspector;
mod keeping;
mod palette;
mod past;
mod pictures;
mod playing;
mod prompt;
mod recalling;
mod report;
mod rules;
mod sheet;
mod watching;
mod weighing;
