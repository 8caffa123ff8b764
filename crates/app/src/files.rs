//! The files of an application, wherever they are.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use include_dir::Dir;

use crate::AppError;

/// Where the files are.
#[derive(Clone)]
pub(crate) enum Files {
    /// A folder, as a canonical path.
    Disk(PathBuf),
    /// Built into the program.
    Embedded(&'static Dir<'static>),
}

impl Files {
    /// A folder on disk.
    pub(crate) fn on_disk(path: &Path) -> Result<Files, AppError> {
        let root = fs::canonicalize(path).map_err(|cause| unreadable(path, cause))?;
        if !root.is_dir() {
            return Err(unreadable(path, io::Error::from(io::ErrorKind::NotADirectory)));
        }
        Ok(Files::Disk(root))
    }

    /// How a message should call the file.
    pub(crate) fn display(&self, relative: &str) -> String {
        match self {
            Files::Disk(root) => root.join(relative).display().to_string(),
            Files::Embedded(_) => relative.to_owned(),
        }
    }

    /// The text of one file.
    pub(crate) fn read(&self, relative: &str) -> Result<String, AppError> {
        let path = inside(relative)?;
        let bytes = match self {
            Files::Disk(root) => read_below(root, path, relative)?,
            Files::Embedded(dir) => dir
                .get_file(path)
                .map(|file| file.contents().to_vec())
                .ok_or_else(|| AppError::Missing { path: relative.into() })?,
        };
        String::from_utf8(bytes).map_err(|_| AppError::NotText { path: self.display(relative) })
    }

    /// The files directly in a folder, as sorted relative paths; none where there is no such
    /// folder.
    pub(crate) fn list(&self, folder: &str) -> Result<Vec<String>, AppError> {
        let path = inside(folder)?;
        let mut found = match self {
            Files::Disk(root) => list_below(root, path, folder)?,
            Files::Embedded(dir) => dir.get_dir(path).map_or_else(Vec::new, |inner| {
                inner.files().filter_map(|file| file.path().to_str()).map(String::from).collect()
            }),
        };
        found.sort();
        Ok(found)
    }

    /// Whether there is such a file, inside the folder.
    pub(crate) fn has(&self, relative: &str) -> bool {
        let Ok(path) = inside(relative) else { return false };
        match self {
            Files::Disk(root) => resolve(root, path, relative).is_ok_and(|file| file.is_file()),
            Files::Embedded(dir) => dir.get_file(path).is_some(),
        }
    }
}

/// A relative path of plain names only.
fn inside(relative: &str) -> Result<&Path, AppError> {
    let path = Path::new(relative);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    if relative.is_empty() || !plain || relative.contains('\0') {
        return Err(AppError::Outside { path: relative.into() });
    }
    Ok(path)
}

/// The real path of a file; a symbolic link that leads out of the folder is refused.
fn resolve(root: &Path, path: &Path, relative: &str) -> Result<PathBuf, AppError> {
    let whole = root.join(path);
    let real = fs::canonicalize(&whole).map_err(|cause| match cause.kind() {
        io::ErrorKind::NotFound => AppError::Missing { path: whole.display().to_string() },
        _ => unreadable(&whole, cause),
    })?;
    if !real.starts_with(root) {
        return Err(AppError::Outside { path: relative.into() });
    }
    Ok(real)
}

fn read_below(root: &Path, path: &Path, relative: &str) -> Result<Vec<u8>, AppError> {
    let real = resolve(root, path, relative)?;
    fs::read(&real).map_err(|cause| unreadable(&real, cause))
}

fn list_below(root: &Path, path: &Path, folder: &str) -> Result<Vec<String>, AppError> {
    let real = match resolve(root, path, folder) {
        Err(AppError::Missing { .. }) => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(&real).map_err(|cause| unreadable(&real, cause))? {
        let entry = entry.map_err(|cause| unreadable(&real, cause))?;
        let is_file = entry.path().is_file();
        if let (true, Some(name)) = (is_file, entry.file_name().to_str()) {
            found.push(format!("{}/{name}", folder.trim_end_matches('/')));
        }
    }
    Ok(found)
}

fn unreadable(path: &Path, cause: io::Error) -> AppError {
    AppError::Unreadable { path: path.display().to_string(), cause }
}
