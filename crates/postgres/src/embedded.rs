//! The embedded server: our own small supervisor of a PostgreSQL child process.
//!
//! The child ends with the program: on a clean stop by `SIGINT` (fast shutdown), and when the
//! program is killed by the signal that the kernel then sends it. A server that still runs when
//! the program starts again is taken over.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::address::{Address, AddressHost, Encryption};
use crate::admin;
use crate::distribution::Distribution;
use crate::service_user::{ServiceUser, ServiceUserError};
use crate::tuning::{self, Machine};

/// The superuser's name.
pub const SUPERUSER: &str = "tenantry";
/// The longest name of a Unix socket, by the kernel's `sun_path`.
const LONGEST_SOCKET_PATH: usize = 107;
/// The port that a new home asks for first; the next free ones follow.
const FIRST_PORT: u16 = 54320;
/// What PostgreSQL's log says when somebody else has the port.
const PORT_TAKEN: &str = "could not create any TCP/IP sockets";
/// How long a server may take to stop before it is told more firmly.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a server may take to start; recovery after a crash has its own, longer, limit.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Why the embedded server does not run.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No user can run it.
    #[error(transparent)]
    User(#[from] ServiceUserError),
    /// A file or folder could not be read or written.
    #[error("{path}: {error}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// `initdb` failed.
    #[error("the database cluster could not be made: {0}")]
    Init(String),
    /// The server ended while it was starting.
    #[error("PostgreSQL stopped while it was starting; the end of its log:\n{0}")]
    Ended(String),
    /// The server does not answer.
    #[error("PostgreSQL did not become ready within {seconds} s; the end of its log:\n{log}")]
    NotReady {
        /// How long it had.
        seconds: u64,
        /// The end of its log.
        log: String,
    },
    /// No TCP port is free.
    #[error("no port on 127.0.0.1 is free for PostgreSQL")]
    NoPort(#[source] io::Error),
}

/// A running embedded server.
pub struct EmbeddedServer {
    address: Address,
    child: Option<Child>,
    postmaster_pid: i32,
    taken_over: bool,
}

/// The folders of one home that belong to the server.
struct Layout {
    data: PathBuf,
    sockets: PathBuf,
    logs: PathBuf,
}

impl EmbeddedServer {
    /// Starts the server of `home`, or takes over the one that runs there.
    ///
    /// Has to be called on the program's main thread: the kernel ends the child when the thread
    /// that made it ends. `preferred_port` is the port of the last start.
    ///
    /// # Errors
    /// Every [`EmbeddedError`].
    pub async fn start(
        home: &Path,
        distribution: &Distribution,
        preferred_port: Option<u16>,
        tell: &dyn Fn(&str),
    ) -> Result<Self, EmbeddedError> {
        let user = ServiceUser::choose()?;
        user.check_can_enter(home)?;
        if user.is_shared() {
            tracing::warn!(
                "PostgreSQL runs as nobody; `useradd --system tenantry` gives it a user of its own"
            );
        }
        let layout = Layout {
            data: home.join("data"),
            sockets: socket_folder(home),
            logs: home.join("log"),
        };
        for folder in [&layout.sockets, &layout.logs] {
            user.make_private_folder(folder).map_err(|error| file_error(folder, error))?;
        }
        if !layout.data.join("PG_VERSION").exists() {
            tell("making the database cluster");
            initialize(&layout, &user, distribution).await?;
        }
        if let Some(server) = take_over(&layout).await {
            tell("taking over the PostgreSQL that still runs");
            return Ok(server);
        }
        write_access_rules(&layout, &user)?;
        tell("starting PostgreSQL");
        let mut port = free_port(preferred_port, FIRST_PORT)?;
        loop {
            match EmbeddedServer::start_on(port, &layout, &user, distribution).await {
                // Another server took the port between the look and the start. The log may end
                // before it says so.
                Err(EmbeddedError::Ended(log)) if log.contains(PORT_TAKEN) || !is_free(port) => {
                    port = free_port(None, FIRST_PORT + rand::random_range(1..1000))?;
                }
                outcome => return outcome,
            }
        }
    }

    async fn start_on(
        port: u16,
        layout: &Layout,
        user: &ServiceUser,
        distribution: &Distribution,
    ) -> Result<Self, EmbeddedError> {
        write_settings(layout, port)?;
        let child = spawn(layout, user, distribution)?;
        let postmaster_pid = child.id().map_or(0, |id| id as i32);
        let mut server = EmbeddedServer {
            address: layout.address(port),
            child: Some(child),
            postmaster_pid,
            taken_over: false,
        };
        server.wait_until_ready(layout).await?;
        Ok(server)
    }

    /// The superuser's address, by the Unix socket.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The loopback address for `user`, for drivers that do not know the socket.
    pub fn loopback_address(&self, user: &str, password: &str) -> Address {
        Address {
            host: AddressHost::Tcp("127.0.0.1".into()),
            user: user.into(),
            password: Some(password.into()),
            encryption: Encryption::Off,
            ..self.address.clone()
        }
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.address.port
    }

    /// The process id of the postmaster.
    pub fn postmaster_pid(&self) -> i32 {
        self.postmaster_pid
    }

    /// Whether the server was running already.
    pub fn was_taken_over(&self) -> bool {
        self.taken_over
    }

    /// Returns when the server ended by itself.
    pub async fn ended(&mut self) {
        match &mut self.child {
            Some(child) => {
                let _ = child.wait().await;
            }
            None => {
                while is_alive(self.postmaster_pid) {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
        }
    }

    /// Stops the server: connections are ended, what was committed is safe on disk.
    pub async fn stop(mut self) {
        for signal in [Signal::SIGINT, Signal::SIGQUIT] {
            let _ = kill(Pid::from_raw(self.postmaster_pid), signal);
            if tokio::time::timeout(STOP_TIMEOUT, self.ended()).await.is_ok() {
                return;
            }
            tracing::warn!("PostgreSQL did not stop within {} s", STOP_TIMEOUT.as_secs());
        }
    }

    async fn wait_until_ready(&mut self, layout: &Layout) -> Result<(), EmbeddedError> {
        let started = Instant::now();
        loop {
            match admin::connect(&self.address).await {
                Ok(_) => return Ok(()),
                Err(error) => {
                    if let Some(Ok(Some(_))) = self.child.as_mut().map(Child::try_wait) {
                        return Err(EmbeddedError::Ended(layout.end_of_log()));
                    }
                    // 57P03: the server is there and says that it is still recovering.
                    let recovering = error.code().is_some_and(|code| code.code() == "57P03");
                    let limit = if recovering { RECOVERY_TIMEOUT } else { START_TIMEOUT };
                    if started.elapsed() > limit {
                        return Err(EmbeddedError::NotReady {
                            seconds: limit.as_secs(),
                            log: layout.end_of_log(),
                        });
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
}

impl Layout {
    fn address(&self, port: u16) -> Address {
        Address {
            host: AddressHost::Folder(self.sockets.clone()),
            port,
            user: SUPERUSER.into(),
            password: None,
            database: "postgres".into(),
            encryption: Encryption::Off,
        }
    }

    fn start_log(&self) -> PathBuf {
        self.logs.join("postgresql-start.log")
    }

    /// What the server said last: what it wrote before it opened its own log, then that log.
    fn end_of_log(&self) -> String {
        let newest = fs::read_dir(&self.logs)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name() != "postgresql-start.log")
            .max_by_key(|entry| entry.metadata().and_then(|data| data.modified()).ok());
        let paths = std::iter::once(self.start_log()).chain(newest.map(|entry| entry.path()));
        let text: String = paths.filter_map(|path| fs::read_to_string(path).ok()).collect();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

/// Where the Unix socket goes: in the home, or where its path is too long in the temporary folder.
fn socket_folder(home: &Path) -> PathBuf {
    use sha2::{Digest, Sha256};
    let folder = home.join("run");
    let longest = folder.join(".s.PGSQL.65535.lock");
    if longest.as_os_str().len() <= LONGEST_SOCKET_PATH {
        return folder;
    }
    let hash = Sha256::digest(home.as_os_str().as_encoded_bytes());
    let name: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    std::env::temp_dir().join(format!("tenantry-{}-{name}", nix::unistd::geteuid()))
}

/// Makes the cluster in a folder beside the final one, so that a half-made cluster never counts.
async fn initialize(
    layout: &Layout,
    user: &ServiceUser,
    distribution: &Distribution,
) -> Result<(), EmbeddedError> {
    let half = layout.data.with_extension("initializing");
    if half.exists() {
        fs::remove_dir_all(&half).map_err(|error| file_error(&half, error))?;
    }
    user.make_private_folder(&half).map_err(|error| file_error(&half, error))?;
    let mut command = Command::new(distribution.program("initdb"));
    command
        .args(["--username", SUPERUSER, "--auth", "peer", "--encoding", "UTF8", "--locale", "C"])
        .args(["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--data-checksums"])
        .arg("--pgdata")
        .arg(&half)
        .env_remove("LC_ALL")
        .env("LANG", "C")
        .current_dir(&half)
        .stdin(Stdio::null());
    user.apply(&mut command);
    let program = distribution.program("initdb");
    let output = command.output().await.map_err(|error| file_error(&program, error))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let _ = fs::remove_dir_all(&half);
        return Err(EmbeddedError::Init(text));
    }
    let include = "\n# Written by tenantry at every start; `alter system` has the last word.\ninclude 'tenantry.conf'\n";
    let path = half.join("postgresql.conf");
    OpenOptions::new()
        .append(true)
        .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
        .open(&path)
        .and_then(|mut file| file.write_all(include.as_bytes()))
        .map_err(|error| file_error(&path, error))?;
    fs::rename(&half, &layout.data).map_err(|error| file_error(&layout.data, error))
}

/// The settings that do not depend on the machine, with those that do.
fn write_settings(layout: &Layout, port: u16) -> Result<(), EmbeddedError> {
    let quote = |path: &Path| format!("'{}'", path.to_string_lossy().replace('\'', "''"));
    let mut lines = vec![
        ("listen_addresses", "'127.0.0.1'".to_owned()),
        ("port", port.to_string()),
        ("unix_socket_directories", quote(&layout.sockets)),
        ("unix_socket_permissions", "0700".into()),
        ("password_encryption", "'scram-sha-256'".into()),
        ("timezone", "'UTC'".into()),
        ("log_timezone", "'UTC'".into()),
        ("fsync", "on".into()),
        // These need a restart to change, so they are as later features want them.
        ("wal_level", "logical".into()),
        ("summarize_wal", "on".into()),
        ("archive_mode", "on".into()),
        // Until a backup store is set, archiving is a no-op; an empty command would keep all WAL.
        ("archive_command", "'true'".into()),
        ("shared_preload_libraries", "'pg_stat_statements'".into()),
        ("jit", "off".into()),
        ("random_page_cost", "1.1".into()),
        ("idle_in_transaction_session_timeout", "'5min'".into()),
        ("logging_collector", "on".into()),
        ("log_directory", quote(&layout.logs)),
        ("log_filename", "'postgresql-%a.log'".into()),
        ("log_file_mode", "0600".into()),
        ("log_truncate_on_rotation", "on".into()),
        ("log_rotation_age", "1d".into()),
        ("log_line_prefix", "'%m [%p] %q%u@%d '".into()),
        // The detail of an error is the row that a constraint refused, hashes of passwords included.
        ("log_error_verbosity", "terse".into()),
    ];
    lines.extend(tuning::settings(Machine::current()));
    let text: String = lines.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
    write_if_different(&layout.data.join("tenantry.conf"), &text)
}

/// Who may log in: this program by the Unix socket as any role, everybody else with a password.
fn write_access_rules(layout: &Layout, user: &ServiceUser) -> Result<(), EmbeddedError> {
    let own =
        nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten().map(|user| user.name);
    let mut people: Vec<&str> = own.iter().map(String::as_str).chain([user.name()]).collect();
    people.dedup();
    let map: String = people.iter().map(|name| format!("tenantry \"{name}\" all\n")).collect();
    write_if_different(&layout.data.join("pg_ident.conf"), &map)?;
    let rules = "\
local all         all peer map=tenantry
local replication all peer map=tenantry
host  all         all 127.0.0.1/32 scram-sha-256
host  replication all 127.0.0.1/32 scram-sha-256
";
    write_if_different(&layout.data.join("pg_hba.conf"), rules)
}

/// A file that was not there: in a folder of the less privileged service user, a name that is there
/// may be a link to anything.
fn create_anew(path: &Path) -> io::Result<fs::File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Replaces a file's content. The file is made anew beside it first, so that a full disk leaves the old one.
fn write_if_different(path: &Path, text: &str) -> Result<(), EmbeddedError> {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    let owner = path.parent().and_then(|folder| fs::metadata(folder).ok());
    let beside = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = create_anew(&beside)?;
        file.write_all(text.as_bytes())?;
        if let Some(owner) = &owner {
            use std::os::unix::fs::{MetadataExt, fchown};
            fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
        }
        fs::rename(&beside, path)
    };
    write().map_err(|error| file_error(path, error))
}

fn spawn(
    layout: &Layout,
    user: &ServiceUser,
    distribution: &Distribution,
) -> Result<Child, EmbeddedError> {
    let log = layout.start_log();
    let file = create_anew(&log).map_err(|error| file_error(&log, error))?;
    let program = distribution.program("postgres");
    let mut command = Command::new(&program);
    let errors = file.try_clone().map_err(|error| file_error(&log, error))?;
    command
        .arg("-D")
        .arg(&layout.data)
        .current_dir(&layout.data)
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(errors)
        // A group of its own: Ctrl-C in the terminal reaches the program, which drains first.
        .process_group(0);
    user.apply(&mut command);
    // SAFETY: the closure only makes one system call, which is allowed between fork and exec.
    unsafe {
        command
            .pre_exec(|| nix::sys::prctl::set_pdeathsig(Signal::SIGINT).map_err(io::Error::from));
    }
    command.spawn().map_err(|error| file_error(&program, error))
}

/// The server that still runs on this data folder, if there is one and it takes connections. One
/// that is shutting down is waited for.
async fn take_over(layout: &Layout) -> Option<EmbeddedServer> {
    let deadline = Instant::now() + STOP_TIMEOUT;
    loop {
        let (pid, port) = running_postmaster(layout)?;
        let address = layout.address(port);
        if admin::connect(&address).await.is_ok() {
            return Some(EmbeddedServer {
                address,
                child: None,
                postmaster_pid: pid,
                taken_over: true,
            });
        }
        if Instant::now() > deadline {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Process id and port from `postmaster.pid`, if that process lives and is this folder's server:
/// a stale file may name a number that now belongs to another program.
fn running_postmaster(layout: &Layout) -> Option<(i32, u16)> {
    let text = fs::read_to_string(layout.data.join("postmaster.pid")).ok()?;
    let mut lines = text.lines();
    let pid: i32 = lines.next()?.trim().parse().ok()?;
    let port: u16 = lines.nth(2)?.trim().parse().ok()?;
    let folder = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    let ours = fs::canonicalize(&layout.data).is_ok_and(|data| data == folder);
    (ours && is_alive(pid)).then_some((pid, port))
}

/// Whether the process exists and is not a zombie that waits for its parent.
fn is_alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| stat.rsplit(')').next().map(|rest| !rest.trim_start().starts_with('Z')))
        .unwrap_or(false)
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// The port of the last start if it is free, else the next free one.
fn free_port(preferred: Option<u16>, first: u16) -> Result<u16, EmbeddedError> {
    let candidates = preferred.into_iter().chain(first..first.saturating_add(100)).chain([0]);
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for port in candidates {
        match TcpListener::bind(("127.0.0.1", port)).and_then(|listener| listener.local_addr()) {
            Ok(address) => return Ok(address.port()),
            Err(error) => last = error,
        }
    }
    Err(EmbeddedError::NoPort(last))
}

fn file_error(path: &Path, error: io::Error) -> EmbeddedError {
    EmbeddedError::File { path: path.to_owned(), error }
}
