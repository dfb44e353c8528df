//! `plan --server`: the daemon plans what is sent to it.

use super::{
    super::{exit, look, remote::Remote, render, session},
    Args, code,
};
use crate::{
    definition::{Name, Snapshot},
    plan::{self, words::plain},
    run::{Failure, FailureKind},
    server::api::{DeletedExport, Planned, PlannedExport, Proposal, ProposedFile},
};
use std::{
    io::{self, Write},
    path::Path,
};

pub async fn plan(args: &Args, address: &str) -> Result<u8, u8> {
    let exports = args.target.exports.iter().map(|name| look::export_name(name)).collect::<Result<Vec<_>, _>>()?;
    let asked = Asked { exports, folders: args.folder.clone(), members: args.members };
    let planned = ask(&Remote::at(address, &args.tls, &args.access)?, &args.target.dir, asked).await?;
    for warning in &planned.diagnostics {
        let (file, message) = (plain(&warning.file), plain(&warning.message));
        render::talk(&format!("{}: {file}:{}: {message}", warning.severity, warning.line.unwrap_or(1)));
    }
    if args.json {
        look::print_json(|out| json(&planned, args.members, out))?;
    } else {
        planned.exports.iter().try_for_each(|one| look::print(|out| show(args, one, out)))?;
        planned.deleted.iter().try_for_each(|one| look::print(|out| writeln!(out, "{}", gone(args, one))))?;
    }
    if planned.exports.is_empty() && planned.deleted.is_empty() {
        return Err(session::fail(&nothing(&planned), Some("name folders that hold exports, and a token that may plan them")));
    }
    let changes = planned.exports.iter().filter_map(|one| one.plan.as_ref()).any(|plan| !plan.nothing_to_do);
    Ok(code(args, failures(&planned.exports) > 0, changes || !planned.deleted.is_empty()))
}

/// A plan of nothing is no good news: a folder may be misspelt, or another team's.
fn nothing(planned: &Planned) -> String {
    let listed = |folders: &[String]| if folders.is_empty() { "none".to_owned() } else { plain(&folders.join(", ")) };
    let asked = if planned.folders.is_empty() { "all".to_owned() } else { listed(&planned.folders) };
    let token = planned.token_folders.as_ref().map(|folders| format!("; those of the token: {}", listed(folders)));
    format!("nothing was planned: no export is in these folders (asked for: {asked}{})", token.unwrap_or_default())
}

fn gone(args: &Args, one: &DeletedExport) -> String {
    let (export, on_delete) = (&one.export, one.on_delete.as_str());
    if args.markdown {
        format!("### `{export}`\n\n**Deleted**: its definition is deleted; `onDelete: {on_delete}`\n")
    } else {
        render::painted(&format!("- {export}: its definition is deleted; onDelete: {on_delete}"))
    }
}

/// What of a directory is to be planned, and with the rights of which folders.
#[derive(Default)]
pub struct Asked {
    pub exports: Vec<Name>,
    pub folders: Vec<String>,
    pub members: bool,
}

/// The daemon's plans of a directory's definitions.
pub async fn ask(remote: &Remote, dir: &Path, asked: Asked) -> Result<Planned, u8> {
    let snapshot = Snapshot::take(dir);
    if let Some(why) = &snapshot.unreadable {
        session::fail(&format!("{}: {why}", dir.display()), Some("give the directory that holds the definitions"));
        return Err(exit::INVALID);
    }
    let file = |(path, text): (&Path, &str)| ProposedFile { path: path.to_owned(), text: text.to_owned() };
    let Asked { exports, folders, members } = asked;
    let proposal = Proposal { files: snapshot.texts().map(file).collect(), exports, folders, members };
    remote.send("/v1/plan", &proposal).await
}

/// Says of each export that has no plan why; how many.
fn failures(exports: &[PlannedExport]) -> usize {
    let failed = exports.iter().filter_map(|one| Some((&one.export, one.failure.as_ref()?)));
    failed
        .map(|(export, why)| {
            let failure = Failure { kind: FailureKind::Stalled, message: why.message.clone(), hints: why.hints.clone(), lasting: None };
            render::failure(export.as_str(), &failure);
        })
        .count()
}

fn show(args: &Args, one: &PlannedExport, out: &mut dyn Write) -> io::Result<()> {
    let Some(plan) = &one.plan else { return Ok(()) };
    if args.markdown {
        writeln!(out, "{}", plan.markdown)?;
    } else {
        writeln!(out, "{}", render::painted(&plan.text))?;
    }
    one.members.iter().try_for_each(|line| writeln!(out, "{}", render::painted(&plan::text_member(line))))
}

/// One document, of the same form as the local plan's.
fn json(planned: &Planned, members: bool, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"exports\": [\n")?;
    let mut comma = "";
    for one in &planned.exports {
        let Some(plan) = &one.plan else { continue };
        write!(out, "{comma}{}", plan.json.get().trim_end().trim_end_matches('}'))?;
        comma = ",\n";
        if members {
            let lines: Vec<String> = one.members.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
            let lines: Vec<String> = lines.iter().map(|line| format!("\n    {line}")).collect();
            write!(out, ",\n  \"memberChanges\": [{}\n  ]", lines.join(","))?;
        }
        out.write_all(b"\n}")?;
    }
    out.write_all(b"\n]")?;
    if !planned.deleted.is_empty() {
        write!(out, ", \"deleted\": {}", serde_json::to_string(&planned.deleted)?)?;
    }
    out.write_all(b"}\n")
}
