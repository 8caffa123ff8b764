use anyhow::{Context, Result};
use tenantry_app::{App, owner_role};
use tenantry_auth::keys::{self, Expiry, KeyChanges, ListedKey};
use tenantry_caller::OpaqueKind;

use super::{HomeArgument, ServerArgument};
use crate::apps;
use crate::home::Home;
use crate::platform::{Platform, tell};
use crate::secrets::random_text;
use crate::status::RunningStatus;

/// `tenantry keys`
#[derive(clap::Args)]
pub struct Keys {
    /// The application: one that is served or that ships, or the path of its folder
    app: String,
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    home: HomeArgument,
    #[command(flatten)]
    server: ServerArgument,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List the keys; none is shown itself
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a key; an opaque one is printed this once
    Create(Create),
    /// Accept a key no more, for good
    Revoke {
        /// The key's id, as `list` shows it
        id: String,
    },
    /// Sign new tokens with another key; those of the old one are accepted until it is revoked
    Rotate {
        /// Publish the new key only, so that clients learn it first; the next `rotate` uses it
        #[arg(long)]
        standby: bool,
    },
    /// Accept tokens of the shared secret (HS256), or do no more, or replace it
    SharedSecret {
        #[arg(value_enum)]
        action: SharedSecretAction,
    },
}

#[derive(clap::Args)]
#[group(skip)]
#[command(group(clap::ArgGroup::new("kind").required(true)))]
struct Create {
    /// For programs that anybody can look into: callers without rights of their own
    #[arg(long, group = "kind")]
    publishable: bool,
    /// For servers: it bypasses row security
    #[arg(long, group = "kind")]
    secret: bool,
    /// Signs tokens once `rotate` puts it in use
    #[arg(long, group = "kind", conflicts_with_all = ["name", "expires"])]
    signing: bool,
    /// What to call it
    #[arg(long, default_value = "made by command")]
    name: String,
    /// When it ends: after 12h, 30d or 4w, or at a time such as 2027-01-31T12:00:00Z
    #[arg(long, value_parser = expiry)]
    expires: Option<Expiry>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum SharedSecretAction {
    /// Its tokens are accepted
    On,
    /// Its tokens, the anon and service keys among them, are refused
    Off,
    /// Another secret takes its place, and other anon and service keys come with it
    Rotate,
}

impl Keys {
    pub async fn run(self) -> Result<()> {
        let home = Home::open(&self.home.home)?;
        let served = RunningStatus::of_running(&home)?
            .is_some_and(|status| status.apps.contains_key(&self.app));
        let app = if served { None } else { Some(apps::named(&self.app)?) };
        let name = app.as_ref().map_or(self.app.as_str(), App::name).to_owned();
        let mut platform = Platform::join_or_start(home, &self.server, &name).await?;
        let outcome = self.run_on(&mut platform, app.as_ref(), &name).await;
        platform.stop().await;
        outcome
    }

    async fn run_on(&self, platform: &mut Platform, app: Option<&App>, name: &str) -> Result<()> {
        if let Some(app) = app {
            platform.prepare_database(app).await?;
            platform.prepare_keys(name).await?;
        }
        let mut client = platform.admin_client(name).await?;
        if let Verb::List { json } = self.verb {
            let keys = keys::list(&client).await?;
            return if json { print_json(&keys) } else { print_table(&keys) };
        }
        let seal = platform.secrets.app(name)?.seal()?;
        let changes = KeyChanges::begin(&mut client, &owner_role(name), &seal).await?;
        let (printed, told) = self.change(&changes).await?;
        changes.commit().await?;
        // An opaque key is nowhere else: it is said before anything else can fail.
        println!("{printed}");
        tell(&told);
        // What the home prints has to go on being good.
        platform.prepare_keys(name).await?;
        let secrets = platform.secrets.app(name)?;
        RunningStatus::show_keys(&platform.home, name, &secrets)
    }

    /// Does it, and answers with what is printed and what is said beside it.
    async fn change(&self, changes: &KeyChanges<'_>) -> Result<(String, String)> {
        Ok(match &self.verb {
            Verb::List { .. } => Default::default(),
            Verb::Create(create) => create.run(changes).await?,
            Verb::Rotate { standby: true } => stand_by(changes).await?,
            Verb::Rotate { standby: false } => {
                let told = "new tokens are signed with this key; revoke the old one when its tokens have ended";
                (changes.rotate().await?, told.into())
            }
            Verb::Revoke { id } => {
                changes.revoke(id).await?;
                (id.clone(), "revoked: every server refuses it within five seconds".into())
            }
            Verb::SharedSecret { action: SharedSecretAction::Rotate } => {
                changes.replace_shared_secret(&random_text(48)).await?;
                let told =
                    "`tenantry status --json` shows the new secret, anon key and service key";
                ("on".into(), told.into())
            }
            Verb::SharedSecret { action } => {
                let on = matches!(action, SharedSecretAction::On);
                changes.switch_shared_secret(on).await?;
                let (printed, told) = if on { ("on", "accepted") } else { ("off", "refused") };
                let told = format!("tokens of the shared secret are {told}");
                (printed.into(), told)
            }
        })
    }
}

impl Create {
    async fn run(&self, changes: &KeyChanges<'_>) -> Result<(String, String)> {
        if self.signing {
            return stand_by(changes).await;
        }
        let kind = if self.secret { OpaqueKind::Secret } else { OpaqueKind::Publishable };
        let expiry = self.expires.clone().unwrap_or_default();
        let key = changes.add_opaque_key(kind, &self.name, &expiry).await?;
        let told = format!("this is its only copy; its id is {}", key.id);
        Ok((key.text.as_str().to_owned(), told))
    }
}

async fn stand_by(changes: &KeyChanges<'_>) -> Result<(String, String)> {
    let id = changes.add_signing_key().await?;
    Ok((id, "the key is published; clients know it after ten minutes, then `rotate`".into()))
}

fn print_json(keys: &[ListedKey]) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(keys).context("the keys as JSON")?);
    Ok(())
}

fn print_table(keys: &[ListedKey]) -> Result<()> {
    for key in keys {
        let ListedKey { id, kind, status, name, prefix, created_at, .. } = key;
        let [name, prefix] = [name, prefix].map(|text| text.as_deref().unwrap_or(""));
        let expires = key.expires_at.as_ref().map_or(String::new(), |at| format!("  until {at}"));
        println!("{id}  {kind:<13} {status:<15} {created_at}  {prefix}  {name}{expires}");
    }
    Ok(())
}

/// `30d` and the like, else a time that PostgreSQL will read.
fn expiry(text: &str) -> Result<Expiry, String> {
    let seconds = match text.chars().last() {
        Some('m') => 60.0,
        Some('h') => 3_600.0,
        Some('d') => 86_400.0,
        Some('w') => 7.0 * 86_400.0,
        _ => 0.0,
    };
    let number = text.get(..text.len().saturating_sub(1)).and_then(|text| text.parse::<f64>().ok());
    match number.map(|number| number * seconds) {
        Some(after) if seconds > 0.0 && after > 0.0 && after.is_finite() => {
            Ok(Expiry::After(after))
        }
        _ if text.starts_with(|first: char| first.is_ascii_digit()) && text.contains('-') => {
            Ok(Expiry::At(text.to_owned()))
        }
        _ => Err("expected 12h, 30d, 4w, or a time such as 2027-01-31T12:00:00Z".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiries_are_spans_or_times() {
        for (text, expected) in [
            ("90m", Some("After(5400.0)")),
            ("12h", Some("After(43200.0)")),
            ("30d", Some("After(2592000.0)")),
            ("4w", Some("After(2419200.0)")),
            ("2027-01-31", Some("At(\"2027-01-31\")")),
            ("0d", None),
            ("-3d", None),
            ("infd", None),
            ("soon", None),
            ("30", None),
            ("", None),
        ] {
            let found = expiry(text).ok().map(|expiry| format!("{expiry:?}"));
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
