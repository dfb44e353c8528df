//! A driver by the name of its manifest, from the operator's directories only.
//!
//! The driver manager by itself would also take a path, a library of that name beside the manifests, or one anywhere on the
//! system's library path: a definition could then load any library of the machine. So the manifest is looked for here.

use super::super::SourceError;
use adbc_core::{
    error::{Error, Status},
    options::AdbcVersion,
};
use adbc_driver_manager::ManagedDriver;
use std::path::{Path, PathBuf};

/// Loads the library that the manifest names.
pub fn load(name: &str) -> Result<ManagedDriver, SourceError> {
    let directories = directories();
    let manifest = find(name, &directories).ok_or_else(|| missing(name, &directories))?;
    let fail = |error: Error| {
        let what = format!("the ADBC driver {name} cannot be loaded by {}: {}", manifest.display(), error.message);
        SourceError::new(what).hint("`shared` under [Driver] is the absolute path of a library for this machine")
    };
    load_as(&manifest, AdbcVersion::V110)
        .or_else(|error| match error.status {
            // Drivers of the standard's first version.
            Status::NotImplemented => load_as(&manifest, AdbcVersion::V100),
            _ => Err(error),
        })
        .map_err(fail)
}

fn load_as(manifest: &Path, version: AdbcVersion) -> Result<ManagedDriver, Error> {
    ManagedDriver::load_from_name(manifest, None, version, 0, None)
}

/// Where ADBC looks for manifests: as the environment says, for this user, for this machine.
fn directories() -> Vec<PathBuf> {
    let said = std::env::var_os("ADBC_DRIVER_PATH").unwrap_or_default();
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let (user, system) = if cfg!(target_os = "macos") {
        (home.map(|home| home.join("Library/Application Support/ADBC/Drivers")), "/Library/Application Support/ADBC/Drivers")
    } else {
        let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).or(home.map(|home| home.join(".config")));
        (config.map(|config| config.join("adbc/drivers")), "/etc/adbc/drivers")
    };
    let directories = std::env::split_paths(&said).chain(user).chain([PathBuf::from(system)]);
    directories.filter(|directory| directory.is_absolute()).collect()
}

/// The first manifest of that name. A name that could be a path is none.
pub fn find(name: &str, directories: &[PathBuf]) -> Option<PathBuf> {
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let manifests = directories.iter().map(|directory| directory.join(format!("{name}.toml")));
    manifests.into_iter().find(|manifest| plain && manifest.is_file())
}

pub fn missing(name: &str, directories: &[PathBuf]) -> SourceError {
    let looked = directories.iter().map(|directory| directory.display().to_string()).collect::<Vec<_>>().join(", ");
    SourceError::new(format!("there is no ADBC driver {name}: {name}.toml is in none of {looked}")).hint(format!(
        "put {name}.toml into one of them, or name its directory in ADBC_DRIVER_PATH; it holds `manifest_version = 1`, `[Driver]` and \
         `shared = \"/where/the/library/is.so\"` (docs/sources.md)"
    ))
}
