//! One file a command; here and in `render` is all printing. stdout is for data, stderr for talk (X6).

mod apply;
mod approve;
mod cancel;
mod connect;
mod history;
mod init;
mod log;
mod look;
mod plan;
#[cfg_attr(not(feature = "sandbox"), path = "no_rehearsal.rs")]
mod rehearsal;
mod rejected;
mod remote;
pub mod render;
mod retry;
mod run;
#[cfg(feature = "sandbox")]
mod sandbox;
mod schema;
mod session;
mod status;
mod token;
mod trigger;
mod validate;

use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// Exit codes, the same in every command (X1–X3).
pub mod exit {
    pub const DONE: u8 = 0;
    pub const FAILED: u8 = 1;
    /// `plan --detailed-exitcode`: there is something to do.
    pub const CHANGES: u8 = 2;
    pub const PARTIAL: u8 = 3;
    pub const HELD: u8 = 4;
    pub const INVALID: u8 = 78;
}

/// Keeps marketing lists equal to what YAML files in a directory say.
#[derive(Parser)]
#[command(name = "listkeeper", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(clap::Args, Clone, Debug)]
pub struct Globals {
    /// Where the state is kept [default: $STATE_DIRECTORY, else the XDG state home]
    #[arg(long, global = true, env = "LISTKEEPER_STATE", value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// How log lines are written on stderr
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub log_format: LogFormat,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Subcommand)]
enum Command {
    Init(init::Args),
    Validate(validate::Args),
    Connect(connect::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Run(run::Args),
    Status(status::Args),
    History(history::Args),
    Rejected(rejected::Args),
    Retry(retry::Args),
    Trigger(trigger::Args),
    Cancel(cancel::Args),
    Approve(approve::Args),
    Token(token::Args),
    Schema(schema::Args),
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::Args),
    /// Reads a source for the `listkeeper` that started it
    #[command(name = crate::source::CHILD_COMMAND, hide = true)]
    ReadForParent,
}

/// Parses the command line, runs one command.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let globals = &cli.globals;
    if matches!(cli.command, Command::ReadForParent) {
        // Says nothing of its own anywhere.
        return crate::source::serve_parent();
    }
    log::init(globals);
    let code = match cli.command {
        Command::Init(args) => init::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Connect(args) => connect::run(&args, globals),
        Command::Plan(args) => plan::run(&args, globals),
        Command::Apply(args) => apply::run(&args, globals),
        Command::Run(args) => run::run(&args, globals),
        Command::Status(args) => status::run(&args, globals),
        Command::History(args) => history::run(&args, globals),
        Command::Rejected(args) => rejected::run(&args, globals),
        Command::Retry(args) => retry::run(&args, globals),
        Command::Trigger(args) => trigger::run(&args, globals),
        Command::Cancel(args) => cancel::run(&args, globals),
        Command::Approve(args) => approve::run(&args, globals),
        Command::Token(args) => token::run(&args, globals),
        Command::Schema(args) => schema::run(&args),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => sandbox::run(&args, globals),
        Command::ReadForParent => exit::DONE,
    };
    ExitCode::from(code)
}
