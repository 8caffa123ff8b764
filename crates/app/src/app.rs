use std::fmt;
use std::path::Path;

use include_dir::Dir;

use crate::files::Files;
use crate::{AppError, Manifest};

/// The manifest's name in every folder.
const MANIFEST: &str = "app.toml";

/// The folder of the revisions.
const MIGRATIONS: &str = "migrations";

/// One application: what its manifest says, and its files. Cheap to clone when embedded, a few
/// strings otherwise.
#[derive(Clone)]
pub struct App {
    manifest: Manifest,
    files: Files,
}

impl App {
    /// Loads an application from its folder. Nothing has to be compiled.
    ///
    /// # Errors
    /// [`AppError`] where the folder or the manifest cannot be read, or the manifest is wrong.
    pub fn load(path: &Path) -> Result<App, AppError> {
        App::from_files(Files::on_disk(path)?)
    }

    /// An application that was built into the program.
    ///
    /// # Errors
    /// [`AppError`] where the manifest is missing or wrong.
    pub fn embedded(dir: &'static Dir<'static>) -> Result<App, AppError> {
        App::from_files(Files::Embedded(dir))
    }

    fn from_files(files: Files) -> Result<App, AppError> {
        let text = files.read(MANIFEST)?;
        let manifest = Manifest::parse(&files.display(MANIFEST), &text)?;
        manifest.check_files(|relative| files.has(relative))?;
        Ok(App { manifest, files })
    }

    /// The name: the first part of its URLs, its database and its roles.
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// What the manifest says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The folder on disk; `None` for an application that is built in.
    pub fn folder(&self) -> Option<&Path> {
        match &self.files {
            Files::Disk(root) => Some(root),
            Files::Embedded(_) => None,
        }
    }

    /// The revisions' files in order: (path relative to the folder, text).
    ///
    /// # Errors
    /// [`AppError`] where one cannot be read.
    pub fn migrations(&self) -> Result<Vec<(String, String)>, AppError> {
        self.files
            .list(MIGRATIONS)?
            .into_iter()
            .filter(|path| path.ends_with(".sql"))
            .map(|path| self.files.read(&path).map(|text| (path, text)))
            .collect()
    }

    /// The text of one file, by its path relative to the folder.
    ///
    /// # Errors
    /// [`AppError::Outside`] for a path out of the folder, and where the file cannot be read.
    pub fn read(&self, relative: &str) -> Result<String, AppError> {
        self.files.read(relative)
    }

    /// The files directly in a folder of the application, sorted, relative to the application.
    ///
    /// # Errors
    /// [`AppError::Outside`] for a path out of the folder, and where it cannot be read.
    pub fn list(&self, folder: &str) -> Result<Vec<String>, AppError> {
        self.files.list(folder)
    }
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("App").field("name", &self.name()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    const SMALL: &str = "name = \"small\"\ntitle = \"Small\"\nschemas = [\"public\"]\n";

    /// A folder that goes away with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path =
                std::env::temp_dir().join(format!("tenantry-app-{}-{name}", std::process::id()));
            fs::create_dir_all(path.join("inner/migrations")).unwrap();
            fs::write(path.join("inner/app.toml"), SMALL).unwrap();
            fs::write(path.join("secret"), "outside").unwrap();
            Folder(path)
        }

        fn app(&self) -> Result<App, AppError> {
            App::load(&self.0.join("inner"))
        }

        fn write(&self, relative: &str, text: &str) {
            fs::write(self.0.join("inner").join(relative), text).unwrap();
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn an_application_is_loaded_from_its_folder() {
        let folder = Folder::new("load");
        folder.write("migrations/0002_b.up.sql", "b");
        folder.write("migrations/0001_a.up.sql", "a");
        folder.write("migrations/notes.md", "not a revision");
        let app = folder.app().unwrap();
        assert_eq!(app.name(), "small");
        let expected = [("migrations/0001_a.up.sql", "a"), ("migrations/0002_b.up.sql", "b")];
        let found = app.migrations().unwrap();
        let found: Vec<_> =
            found.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        assert_eq!(found, expected);
        assert_eq!(app.read("app.toml").unwrap(), SMALL);
    }

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let folder = Folder::new("outside");
        std::os::unix::fs::symlink(folder.0.join("secret"), folder.0.join("inner/link")).unwrap();
        let app = folder.app().unwrap();
        for path in ["../secret", "/etc/passwd", "migrations/../../secret", "link", "", ".", "a\0b"]
        {
            assert!(matches!(app.read(path), Err(AppError::Outside { .. })), "{path:?}");
        }
        assert!(matches!(app.list(".."), Err(AppError::Outside { .. })));
        assert!(matches!(app.read("nothing"), Err(AppError::Missing { .. })));
    }

    #[test]
    fn a_folder_without_a_manifest_says_so() {
        let folder = Folder::new("empty");
        let error = App::load(&folder.0).unwrap_err().to_string();
        assert!(error.contains("app.toml"), "{error}");
        let missing = App::load(&folder.0.join("nowhere")).unwrap_err().to_string();
        assert!(missing.contains("nowhere"), "{missing}");
    }
}
