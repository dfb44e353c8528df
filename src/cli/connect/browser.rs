//! A browser on this machine, where there is one.

use std::{
    env,
    ffi::OsString,
    path::PathBuf,
    process::{Command, Stdio},
};
use url::Url;

/// What opens addresses in the person's own browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browser(PathBuf);

impl Browser {
    /// `None`: there is none, or nobody would see it.
    pub fn find() -> Option<Self> {
        Self::find_with(cfg!(target_os = "macos"), |name| env::var_os(name))
    }

    fn find_with(mac: bool, env: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
        let opener = if mac { "open" } else { "xdg-open" };
        let seen = mac || set("DISPLAY") || set("WAYLAND_DISPLAY");
        let found = env::split_paths(&env("PATH")?).map(|dir| dir.join(opener)).find(|path| path.is_file());
        found.filter(|_| seen).map(Self)
    }

    /// Opens the address. What comes of it shows in the browser; the address is printed in any case.
    pub fn open(&self, address: &Url) {
        let silent = Command::new(&self.0).arg(address.as_str()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        if let Err(error) = silent {
            tracing::debug!(%error, "no browser was opened");
        }
    }
}

/// Plays the browser and the person, who says yes: in a rehearsal nobody else is there to.
pub fn play(address: Url) {
    tokio::spawn(async move {
        let Ok(client) = reqwest::Client::builder().no_proxy().build() else { return };
        if let Err(error) = client.get(address).send().await {
            tracing::debug!(%error, "the rehearsal's browser got no answer");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::a_desktop(false, "xdg-open", &[("DISPLAY", ":0")], true)]
    #[case::wayland(false, "xdg-open", &[("WAYLAND_DISPLAY", "wayland-0")], true)]
    #[case::a_server(false, "xdg-open", &[("DISPLAY", "")], false)]
    #[case::no_opener(false, "other", &[("DISPLAY", ":0")], false)]
    #[case::a_mac(true, "open", &[], true)]
    fn is_found_where_somebody_sees_it(#[case] mac: bool, #[case] program: &str, #[case] set: &[(&str, &str)], #[case] expected: bool) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(program), "").unwrap();
        let path = env::join_paths(["/nowhere".as_ref(), dir.path()]).unwrap();
        let env = |name: &str| match name {
            "PATH" => Some(path.clone()),
            other => set.iter().find(|(key, _)| *key == other).map(|(_, value)| OsString::from(value)),
        };
        assert_eq!(Browser::find_with(mac, env).is_some(), expected);
    }
}
