//! `listkeeper schema`.

use super::{exit, look};
use crate::{definition, server};

/// Print the JSON Schema of definitions, for editors, or the description of the API
///
/// Editors with YAML support complete and check a file that names the schema in its first line:
/// `# yaml-language-server: $schema=PATH`.
#[derive(clap::Args)]
pub struct Args {
    /// The OpenAPI document of the daemon's API instead
    #[arg(long)]
    api: bool,
}

pub fn run(args: &Args) -> u8 {
    let text = if args.api { format!("{:#}", server::document()) } else { text() };
    look::print_json(|out| writeln!(out, "{text}")).map_or_else(|code| code, |()| exit::DONE)
}

/// The schema as it is printed, checked in, and written by `init`.
pub fn text() -> String {
    format!("{:#}", definition::json_schema())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Editors read the file in the repository; it must not lag behind the types.
    #[test]
    fn the_checked_in_schema_is_the_types_schema() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/listkeeper.v1.json");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written.trim_end() == super::text(),
            "schemas/listkeeper.v1.json is out of date; run: cargo run -- schema > schemas/listkeeper.v1.json"
        );
    }
}
