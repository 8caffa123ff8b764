use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use tenantry_app::App;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};

use super::{AppArguments, HomeArgument, ServerArgument};
use crate::apps;
use crate::home::Home;
use crate::http;
use crate::listen::{self, Door};
use crate::mail_office::MailOffice;
use crate::open_app::open_app;
use crate::platform::{Platform, tell};
use crate::settings::Settings;
use crate::status::RunningStatus;

/// Exclusive sockets of all applications together; the server keeps connections for others.
const MOST_SERVER_SOCKETS: usize = 60;

/// `tenantry up`
#[derive(clap::Args)]
pub struct Up {
    #[command(flatten)]
    home: HomeArgument,
    #[command(flatten)]
    server: ServerArgument,
    #[command(flatten)]
    apps: AppArguments,
    /// The port to serve on
    #[arg(long, default_value_t = 8000, env = "TENANTRY_PORT")]
    port: u16,
    /// The address to serve on
    #[arg(long, default_value = "127.0.0.1", env = "TENANTRY_HOST")]
    host: IpAddr,
    /// A proxy whose x-forwarded-for is believed; may be given several times
    #[arg(long = "trusted-proxy", value_name = "IP")]
    trusted_proxies: Vec<IpAddr>,
    /// The operator's settings, instead of settings.toml in the home
    #[arg(long, value_name = "FILE", env = "TENANTRY_SETTINGS")]
    settings: Option<PathBuf>,
    /// Write the log as JSON, one object a line (the default unless standard error is a terminal)
    #[arg(long)]
    json_log: bool,
}

impl Up {
    pub async fn run(self) -> Result<()> {
        start_log(self.json_log);
        let apps = apps::chosen(&self.apps)?;
        if apps.is_empty() {
            bail!(
                "there is nothing to serve: name applications with --apps, or a folder with --app"
            );
        }
        // The port first: what fails at once should not wait for PostgreSQL.
        let listener = TcpListener::bind((self.host, self.port)).await.with_context(|| {
            format!("{}:{} cannot be listened on; choose another with --port", self.host, self.port)
        })?;
        let home = Home::open(&self.home.home)?;
        let names: Vec<&str> = apps.iter().map(App::name).collect();
        let settings = Settings::load(&home, self.settings.as_deref())?;
        settings.name_unserved(&names);
        let mut mail_office = MailOffice::open(&settings.mail, &home, &apps)?;
        let status_file = home.file("status.json");
        let mut stop = stop_signal()?;
        let mut platform = Platform::start(home, &self.server, &names).await?;
        let outcome = tokio::select! {
            outcome = self.serve(&mut platform, &settings, &mut mail_office, &apps, listener, stop.clone()) => outcome,
            // Told to stop while it was still starting.
            () = stopped_before_ready(&mut stop, &status_file) => Ok(()),
        };
        mail_office.close().await;
        RunningStatus::remove(&platform.home);
        tell("stopping");
        platform.stop().await;
        outcome
    }

    async fn serve(
        &self,
        platform: &mut Platform,
        settings: &Settings,
        mail_office: &mut MailOffice,
        apps: &[App],
        listener: TcpListener,
        stop: watch::Receiver<bool>,
    ) -> Result<()> {
        let url = format!("http://{}", listener.local_addr()?);
        let sockets = Arc::new(Semaphore::new(MOST_SERVER_SOCKETS));
        let mut routes = Vec::new();
        let mut statuses = BTreeMap::new();
        for app in apps {
            tell(&format!("preparing {}", app.name()));
            platform.bring_up(app).await?;
            let (app_routes, status) =
                open_app(platform, settings, app, &url, sockets.clone()).await?;
            mail_office.start_sender(platform, app, &app_routes.database, stop.clone())?;
            routes.push(app_routes);
            statuses.insert(app.name().to_owned(), status);
        }
        let key = platform.secrets.mailbox_key.clone();
        let status = RunningStatus {
            ready: true,
            mailbox_url: mail_office.keeps_mail().then(|| format!("{url}/mailbox/{key}/")),
            url,
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            postmaster_pid: platform.postmaster_pid(),
            admin_dsn: platform.admin_dsn(),
            apps: statuses,
        };
        let router =
            http::router(routes, mail_office.page(&key, apps), self.trusted_proxies.clone());
        let serving = tokio::spawn(listen::serve(Door::Tcp(listener), router, stop));
        status.save(&platform.home)?;
        print_ready(&status);
        tokio::select! {
            outcome = serving => Ok(outcome?),
            () = platform.server_ended() => bail!("PostgreSQL ended by itself; its log is in {}", platform.home.file("log").display()),
        }
    }
}

fn print_ready(status: &RunningStatus) {
    println!("ready  {}", status.url);
    if let Some(mailbox) = &status.mailbox_url {
        println!("  mailbox  {mailbox}");
    }
    for app in status.apps.values() {
        println!("  {}", app.url);
        println!("    anon key     {}", app.anon_key);
        println!("    service key  {}", app.service_key);
        println!("    opaque keys  {}  {}", app.publishable_key, app.secret_key);
    }
    use std::io::Write;
    let _ = std::io::stdout().flush();
}

/// Becomes true on SIGTERM or Ctrl-C.
pub fn stop_signal() -> Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        let _ = sender.send(true);
        // The channel has to outlive its receivers' last look.
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}

async fn stopped_before_ready(stop: &mut watch::Receiver<bool>, status_file: &Path) {
    let _ = stop.wait_for(|stopped| *stopped).await;
    if status_file.exists() {
        // It serves: the drain decides when it is over.
        std::future::pending::<()>().await;
    }
}

/// A log line is for people on a terminal and JSON everywhere else; `RUST_LOG` chooses what.
pub fn start_log(json: bool) {
    start_log_at(json, "info");
}

/// The same, with what is chosen where `RUST_LOG` is not.
pub fn start_log_at(json: bool, level: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json || !std::io::stderr().is_terminal() {
        log.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    } else {
        log.init();
    }
}
