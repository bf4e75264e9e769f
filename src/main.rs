//! The `delm` program: hands the arguments to the command line and exits with its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    delm::cli::main()
}
