//! Which applications there are: the five that ship, and folders of the user's own.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use include_dir::{Dir, include_dir};
use tenantry_app::App;

use crate::commands::AppArguments;

/// The folders that ship inside the program.
static SHIPPED: [(&str, Dir<'static>); 5] = [
    ("board", include_dir!("$CARGO_MANIFEST_DIR/../../apps/board")),
    ("mnfst", include_dir!("$CARGO_MANIFEST_DIR/../../apps/mnfst")),
    ("parakeet", include_dir!("$CARGO_MANIFEST_DIR/../../apps/parakeet")),
    ("press", include_dir!("$CARGO_MANIFEST_DIR/../../apps/press")),
    ("profiler", include_dir!("$CARGO_MANIFEST_DIR/../../apps/profiler")),
];

/// The applications that the arguments choose: all that ship unless `--apps` names some (or, empty,
/// none), and beside them every `--app` folder.
pub fn chosen(arguments: &AppArguments) -> Result<Vec<App>> {
    let mut apps = Vec::new();
    match &arguments.apps {
        Some(names) => {
            for name in names.iter().filter(|name| !name.is_empty()) {
                apps.push(shipped(name)?);
            }
        }
        None => {
            for (name, _) in &SHIPPED {
                apps.push(shipped(name)?);
            }
        }
    }
    for folder in &arguments.folders {
        apps.push(App::load(folder)?);
    }
    let mut names = BTreeSet::new();
    for app in &apps {
        if !names.insert(app.name().to_owned()) {
            bail!("two applications are called {}; rename one in its app.toml", app.name());
        }
    }
    Ok(apps)
}

/// One application by name, or by the path of its folder.
pub fn named(name_or_path: &str) -> Result<App> {
    let path = std::path::Path::new(name_or_path);
    if path.join("app.toml").exists() {
        return Ok(App::load(path)?);
    }
    shipped(name_or_path)
}

fn shipped(name: &str) -> Result<App> {
    let names: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
    let (_, folder) = SHIPPED.iter().find(|(shipped, _)| *shipped == name).with_context(|| {
        format!("there is no application {name}; those that ship are {}, and a folder of your own is named by its path", names.join(", "))
    })?;
    Ok(App::embedded(folder)?)
}
