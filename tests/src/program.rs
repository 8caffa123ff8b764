use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// How long a program may take to serve; a debug build on a busy machine needs some of it.
const START_TIMEOUT: Duration = Duration::from_secs(180);

/// A home folder that is removed at the end, with whatever still runs on it.
pub struct Home {
    /// The folder's path.
    pub path: PathBuf,
}

impl Home {
    /// A path for a home below the temporary folder; the folder is not made.
    ///
    /// # Panics
    /// When the temporary folder cannot be written.
    pub fn new() -> Self {
        let base =
            std::env::temp_dir().join(format!("tenantry-test-{:016x}", rand::random::<u64>()));
        fs::create_dir(&base).expect("the temporary folder can be written");
        fs::set_permissions(&base, fs::Permissions::from_mode(0o755)).expect("own folder");
        Home { path: base.join("home") }
    }
}

impl Default for Home {
    fn default() -> Self {
        Home::new()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // A test that failed half-way may leave a server behind.
        if let Ok(text) = fs::read_to_string(self.path.join("data/postmaster.pid"))
            && let Some(pid) = text.lines().next().and_then(|line| line.parse().ok())
        {
            let _ = kill(Pid::from_raw(pid), Signal::SIGQUIT);
            std::thread::sleep(Duration::from_millis(200));
        }
        if let Some(base) = self.path.parent() {
            let _ = fs::remove_dir_all(base);
        }
    }
}

/// The built program.
fn binary() -> PathBuf {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace");
    let binary = root.join("target/debug/tenantry");
    assert!(
        binary.exists(),
        "build the program first: cargo build --package tenantry (./test does)"
    );
    binary
}

/// The folders of the applications that ship.
pub fn shipped_apps() -> Vec<PathBuf> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace");
    ["board", "mnfst", "parakeet", "press", "profiler"]
        .map(|name| root.join("apps").join(name))
        .into()
}

/// Runs a command of the program to its end.
///
/// # Panics
/// When it cannot be started.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program starts")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env_remove("DATABASE_URL")
        .env_remove("TENANTRY_HOME")
        .env("RUST_LOG", "warn");
    command
}

/// A running `tenantry up`.
pub struct Program {
    child: Child,
    home: PathBuf,
    /// What `status --json` prints.
    pub status: Value,
}

impl Program {
    /// Starts `tenantry up` with these arguments on a free port, and waits until it serves.
    ///
    /// # Panics
    /// When it does not; the message holds what it printed.
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        Program::try_start(home, arguments).unwrap_or_else(|printed| panic!("no ready: {printed}"))
    }

    /// The same, for tests that expect a refusal, which comes as what the program printed.
    ///
    /// # Errors
    /// Standard error of a program that ended before it was ready.
    ///
    /// # Panics
    /// When the program cannot be started at all.
    pub fn try_start(home: &Home, arguments: &[&str]) -> Result<Self, String> {
        let path = home.path.to_string_lossy().into_owned();
        let mut all = vec!["up", "--home", &path];
        if !arguments.contains(&"--port") {
            all.extend(["--port", "0"]);
        }
        // A folder of one's own is enough for most tests.
        if arguments.contains(&"--app") && !arguments.contains(&"--apps") {
            all.extend(["--apps", ""]);
        }
        all.extend(arguments);
        Program::spawn(command(&all), home)
    }

    /// Starts a prepared command that ends up as `tenantry up` on this home.
    ///
    /// # Errors
    /// Standard error of a program that ended before it was ready.
    ///
    /// # Panics
    /// When the program cannot be started at all.
    pub fn spawn(mut command: Command, home: &Home) -> Result<Self, String> {
        let log = home.path.parent().expect("a home has a parent").join("stderr");
        let errors = fs::File::create(&log).expect("the temporary folder can be written");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("the program starts");
        let mut output = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let started = Instant::now();
        let mut line = String::new();
        while started.elapsed() < START_TIMEOUT {
            line.clear();
            if output.read_line(&mut line).unwrap_or(0) == 0 {
                break;
            }
            if line.starts_with("ready") {
                std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
                let text = fs::read_to_string(home.path.join("status.json"))
                    .expect("a ready program says its status");
                let status = serde_json::from_str(&text).expect("the status is JSON");
                return Ok(Program { child, home: home.path.clone(), status });
            }
        }
        let _ = child.kill();
        let _ = child.wait();
        Err(fs::read_to_string(log).unwrap_or_default())
    }

    /// The command line of the program, for tests that change how it is started.
    pub fn command(arguments: &[&str]) -> Command {
        command(arguments)
    }

    /// The home's path.
    pub fn home(&self) -> &str {
        self.home.to_str().expect("homes of tests are UTF-8")
    }

    /// A text in the status, such as `/apps/press/anon_key`.
    ///
    /// # Panics
    /// When there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.status
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no {pointer} in the status"))
    }

    /// An application's HTTP client without a token of a person.
    pub fn client(&self, app: &str) -> crate::Client {
        crate::Client::new(
            self.text(&format!("/apps/{app}/url")),
            self.text(&format!("/apps/{app}/anon_key")),
            self.text(&format!("/apps/{app}/service_key")),
        )
    }

    /// The administrator's DSN for an application's database.
    pub fn admin_dsn(&self, app: &str) -> String {
        self.text("/admin_dsn")
            .strip_suffix("/postgres")
            .expect("the administrator's database")
            .to_owned()
            + "/"
            + app
    }

    /// Kills the program the hard way.
    pub fn kill_hard(mut self) {
        let _ = kill(Pid::from_raw(self.child.id() as i32), Signal::SIGKILL);
        let _ = self.child.wait();
    }

    /// Asks it to stop and says whether it ended well.
    pub fn stop(mut self) -> bool {
        let _ = kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM);
        self.child.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM);
            let _ = self.child.wait();
        }
    }
}
