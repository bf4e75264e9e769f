//! The command line: what can be typed, and one file for what each subcommand does.

mod completions;
mod cost;
mod diff;
mod dry_run;
mod flags;
mod fork;
mod models;
mod open;
mod prune;
mod resume;
mod run;
mod runs;
mod show;
mod verify;
mod why;

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::app;

const EXIT_CODES: &str = "\
Exit codes:
    0  answered
    1  the run ended without an answer, or verify found damage
    2  usage, configuration or unreadable input
    3  a budget stopped the run
    4  a decision is needed and no policy gives it (headless never waits for a person)
  130  interrupted; the run is saved, and a line says how to resume it";

/// Runs decentralized teams of language-model agents, and debugs them.
///
/// Parallel agents claim subtasks from a queue, read a shared verified context, reason on their own and write back
/// compact updates that are verified before anyone else can read them. You see all of it, and can hold, edit or veto
/// every write.
#[derive(Debug, Parser)]
#[command(name = "delm", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Subcommands,

    /// Where runs are kept [default: the platform's data directory]
    #[arg(long, global = true, value_name = "DIR")]
    run_dir: Option<PathBuf>,

    /// A configuration file to read instead of the default one
    #[arg(long, global = true, value_name = "FILE", env = "DELM_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Start a run on documents, or with a model on a question alone
    Run(run::RunArgs),
    /// Look at a saved run on the screen; an unfinished one can be taken up there
    Open(open::OpenArgs),
    /// Go on with an unfinished run
    Resume(resume::ResumeArgs),
    /// Start a run that shares the past of another one, and goes on differently
    Fork(fork::ForkArgs),
    /// List the saved runs, or prune them
    Runs(runs::RunsArgs),
    /// Print a run's answer with its citations, then its entries
    Show(show::ShowArgs),
    /// Say how an entry, a task or a line of the answer came about, down to the evidence, and what came of it
    Why(why::WhyArgs),
    /// Put two runs side by side, from the first thing that differs; or say what changed in one between two events
    Diff(diff::DiffArgs),
    /// Check that a run's file is what was written: every event, every body
    Verify(verify::VerifyArgs),
    /// List providers, where their keys were found, and their models; or try one model
    Models(models::ModelsArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Reads a PDF on standard input and prints its text; a process of its own, since a bad file can crash it
    #[command(hide = true)]
    InternalPdfText,
}

/// Runs what the arguments ask for, and says why on standard error when it cannot.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let shared = flags::Shared { run_dir: cli.run_dir, config: cli.config };
    let done = match cli.command {
        Subcommands::Run(args) => run::run(args, shared),
        Subcommands::Open(args) => open::open(args, shared),
        Subcommands::Resume(args) => resume::resume(args, shared),
        Subcommands::Fork(args) => fork::fork(args, shared),
        Subcommands::Runs(args) => runs::runs(&args, shared),
        Subcommands::Show(args) => show::show(&args, shared),
        Subcommands::Why(args) => why::why(&args, shared),
        Subcommands::Diff(args) => diff::diff(&args, shared),
        Subcommands::Verify(args) => verify::verify(&args, shared),
        Subcommands::Models(args) => models::models(&args, shared),
        Subcommands::Completions(args) => completions::completions(&args),
        Subcommands::InternalPdfText => return crate::ingest::pdf_text_main(),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "delm: {}", crate::plain::plain(&format!("{error:#}")));
            app::exit_of_error(&error).into()
        }
    }
}
