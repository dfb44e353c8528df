//! `listkeeper token`.

use super::{
    Globals, exit,
    look::{self, Look},
    remote::{Access, Elsewhere, Remote},
    render::{self, table},
    session,
};
use crate::{
    daemon::By,
    definition::Name,
    run,
    server::{
        api::{Done, NewSecret, NewToken, TokenList, TokenView},
        tokens::{self, Minted},
    },
    state::{Scope, StateError, Store},
};
use chrono::Utc;
use chrono_tz::Tz;
use std::time::Duration;

/// Make, list, rotate and revoke tokens of the API
///
/// A token lets a caller elsewhere do what its scopes say, and nothing else. It is shown once, when it is made; the state holds
/// only a hash of it. While `listkeeper run` is at work, the daemon is asked, and what changes holds at once.
#[derive(clap::Args)]
#[command(after_help = "Scopes:
  read      look at exports, connections, runs, held plans, the audit trail; metrics
  plan      plan definitions (`plan --server`) with the rights of --folder
  operate   trigger, cancel, approve, reload; see rejected rows and members with their addresses
  connect   hand over a connection's sign-in

Examples:
  listkeeper token create ci --scope plan --folder 'marketing/**' --expires 90d   for pull requests of that folder
  listkeeper token create prometheus --scope read > prometheus.token         the token is on stdout, alone
  listkeeper token list
  listkeeper token rotate ci                                                 the one before ends at once
  listkeeper token revoke ci

The user who runs the daemon needs no token on its machine: commands come by the socket in the state directory.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Make a token, and print it on stdout this once
    Create(Create),
    /// Show every token: its scopes, when it was made and last used; never itself
    List(List),
    /// Give a token another secret, printed on stdout this once; the one before is good for nothing at once
    Rotate(Named),
    /// Make a token good for nothing, at once
    Revoke(Named),
}

#[derive(clap::Args)]
struct Create {
    /// What the audit trail calls it
    #[arg(value_name = "NAME")]
    name: String,
    /// What it is good for: read, plan, operate, connect
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
    scopes: Vec<Scope>,
    /// Folders whose rights it plans with, such as `marketing/**`; `**` for all (needed with the scope plan)
    #[arg(long = "folder", value_name = "FOLDER", value_delimiter = ',')]
    folders: Vec<String>,
    /// It ends after so long; for ever unless given
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expires: Option<Duration>,
    #[command(flatten)]
    of: Of,
}

#[derive(clap::Args)]
struct List {
    /// Print as JSON on stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    of: Of,
}

#[derive(clap::Args)]
struct Named {
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    of: Of,
}

/// Whose tokens.
#[derive(clap::Args)]
struct Of {
    /// Those of the sandbox's state
    #[arg(long, conflicts_with = "server")]
    sandbox: bool,
    #[command(flatten)]
    elsewhere: Elsewhere,
    #[command(flatten)]
    access: Access,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    let work = async {
        match &args.what {
            What::Create(args) => create(args, globals).await,
            What::List(args) => list(args, globals).await,
            What::Rotate(args) => rotate(args, globals).await,
            What::Revoke(args) => revoke(args, globals).await,
        }
    };
    session::block_on(work).map_or_else(|code| code, |()| exit::DONE)
}

async fn create(args: &Create, globals: &Globals) -> Result<(), u8> {
    let Create { scopes, folders, expires, of, .. } = args;
    let wanted = NewToken {
        name: name(&args.name)?,
        scopes: scopes.iter().copied().collect(),
        folders: folders.clone(),
        expires_after_seconds: expires.map(|expires| expires.as_secs()),
    };
    let made: NewSecret = match of.daemon(globals).await? {
        Some(remote) => remote.send("/v1/tokens", &wanted).await?,
        None => {
            let (by, now) = (by(), Utc::now());
            let minted = tokens::minted(&wanted, &by, now).map_err(|bad| session::fail(bad.message, Some(bad.hint)))?;
            let line = tokens::audit(&minted.kept, "created", &by, now);
            of.write(globals, |store| store.create_api_token(&minted.kept, &line))?;
            minted.into()
        }
    };
    tell(&made, "made")
}

async fn rotate(args: &Named, globals: &Globals) -> Result<(), u8> {
    let name = name(&args.name)?;
    let made: NewSecret = match args.of.daemon(globals).await? {
        Some(remote) => remote.post(&format!("/v1/tokens/{name}/rotate")).await?,
        None => rotate_here(&name, &args.of, globals)?.into(),
    };
    tell(&made, "rotated: the secret it had is good for nothing")
}

fn rotate_here(name: &Name, of: &Of, globals: &Globals) -> Result<Minted, u8> {
    let (by, now) = (by(), Utc::now());
    of.write(globals, |store| {
        let old = store.named_api_token(name)?;
        let minted = tokens::rotated(&old, &by, now);
        store.rotate_api_token(&minted.kept, &tokens::audit(&minted.kept, "rotated", &by, now))?;
        Ok(minted)
    })
}

async fn revoke(args: &Named, globals: &Globals) -> Result<(), u8> {
    let name = name(&args.name)?;
    match args.of.daemon(globals).await? {
        Some(remote) => drop(remote.delete::<Done>(&format!("/v1/tokens/{name}")).await?),
        None => args.of.write(globals, |store| {
            let old = store.named_api_token(&name)?;
            store.revoke_api_token(&name, &tokens::audit(&old, "revoked", &by(), Utc::now()))
        })?,
    }
    render::talk(&format!("the token {name} is revoked"));
    Ok(())
}

async fn list(args: &List, globals: &Globals) -> Result<(), u8> {
    let TokenList { tokens } = match args.of.daemon(globals).await? {
        Some(remote) => remote.get("/v1/tokens").await?,
        None => {
            let look = Look::open(globals, args.of.sandbox, Utc::now())?;
            let kept = look.view.as_ref().map(|view| view.api_tokens()).transpose();
            let kept = kept.map_err(|error| look::state_failed(&error))?.unwrap_or_default();
            TokenList { tokens: kept.iter().map(TokenView::from).collect() }
        }
    };
    if args.json {
        let text = serde_json::json!({ "tokens": tokens });
        return look::print(|out| writeln!(out, "{text:#}"));
    }
    if tokens.is_empty() {
        render::talk("there is no token; `listkeeper token create` makes one");
        return Ok(());
    }
    look::print(|out| out.write_all(grid(&tokens).as_bytes()))
}

fn grid(tokens: &[TokenView]) -> String {
    let mut grid = table::Grid::new(&["TOKEN", "SECRET", "SCOPES", "FOLDERS", "MADE", "BY", "LAST USED", "ENDS"]);
    let time = |at| table::time(at, Tz::UTC);
    let join = |words: Vec<&str>| words.join(",");
    for TokenView { name, masked, scopes, folders, created, created_by, expires, used } in tokens {
        grid.row(vec![
            name.to_string(),
            masked.clone(),
            join(scopes.iter().map(|scope| scope.as_str()).collect()),
            join(folders.iter().map(String::as_str).collect()),
            time(*created),
            created_by.clone(),
            used.map_or_else(|| "never".to_owned(), time),
            expires.map_or_else(|| "never".to_owned(), time),
        ]);
    }
    grid.text()
}

/// The token on stdout, for a file or a secret store; what it is on stderr.
fn tell(made: &NewSecret, what: &str) -> Result<(), u8> {
    look::print(|out| writeln!(out, "{}", made.secret))?;
    let scopes: Vec<_> = made.token.scopes.iter().map(ToString::to_string).collect();
    render::talk(&format!("the token {} ({}) is {what}; it is shown this once", made.token.name, scopes.join(", ")));
    Ok(())
}

impl Of {
    /// The daemon to ask. `None`: none is at work on the state.
    async fn daemon(&self, globals: &Globals) -> Result<Option<Remote>, u8> {
        match &self.elsewhere.server {
            Some(address) => Remote::at(address, &self.elsewhere.tls, &self.access).map(Some),
            None => Remote::find(globals, self.sandbox, &self.access).await,
        }
    }

    fn write<T>(&self, globals: &Globals, work: impl FnOnce(&mut Store) -> Result<T, StateError>) -> Result<T, u8> {
        let state = session::state_dir(globals, self.sandbox)?;
        let done = Store::open(&state, Utc::now()).and_then(|mut store| work(&mut store));
        done.map_err(|error| look::state_failed(&error))
    }
}

fn by() -> By {
    By { who: run::user(), remark: None }
}

fn name(text: &str) -> Result<Name, u8> {
    Name::new(text).map_err(|rule| session::fail(&format!("\"{text}\" is not a token's name: {rule}"), None))
}

/// `90d`, `12h`.
fn duration(text: &str) -> Result<Duration, String> {
    crate::definition::duration(text).ok_or_else(|| "write a number and a unit: 12h, 90d".to_owned())
}
