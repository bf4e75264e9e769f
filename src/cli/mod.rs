//! The command line: what can be typed, and one file for what each subcommand does.

mod completions;
mod cost;
mod diff;
mod dry_run;
mod export;
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
    /// Write a run as text, a JSON object a line; without its texts if you like, to hand it to somebody
    Export(export::ExportArgs),
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

/// What was typed. A refusal quotes it, and a script may have typed what somebody else wrote.
fn parse() -> Cli {
    Cli::try_parse().unwrap_or_else(|error| {
        let said = error.render().to_string();
        let harmless = crate::plain::plain(&said);
        if harmless == said {
            error.exit();
        }
        let _ = write!(std::io::stderr(), "{harmless}");
        std::process::exit(error.exit_code())
    })
}

/// Runs what the arguments ask for, and says why on standard error when it cannot.
#[must_use]
pub fn main() -> ExitCode {
    // Runs hold what people pay for and would not show; that goes for every file that is made from here on, also by
    // SQLite and by the log that begins a new file at midnight.
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let cli = parse();
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
        Subcommands::Export(args) => export::export(&args, shared),
        Subcommands::Verify(args) => verify::verify(&args, shared),
        Subcommands::Models(args) => models::models(&args, shared),
        Subcommands::Completions(args) => completions::completions(&args),
        Subcommands::InternalPdfText => return crate::ingest::pdf_text_main(),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) if error.is::<app::print::ReaderGone>() => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "delm: {}", crate::plain::plain(&format!("{error:#}")));
            app::exit_of_error(&error).into()
        }
    }
}
