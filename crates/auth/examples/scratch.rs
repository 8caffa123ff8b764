//! scratch
use std::path::Path;
use std::sync::Arc;
use tenantry_app::App;
use tenantry_auth::{AuthApi, AuthConfig, binding};
use tenantry_caller::{Authenticator, JwtSecret};
use tenantry_postgres::{Address, AddressHost, Database, DatabaseOptions, Encryption};
#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (client, connection) = tokio_postgres::connect(
        &format!("host=/tmp/pgdev port=54399 user=tenantry dbname={}", args[3]),
        tokio_postgres::NoTls,
    )
    .await
    .unwrap();
    tokio::spawn(async move {
        if let Err(e) = connection.await {
            eprintln!("{e}")
        }
    });
    let app = App::load(Path::new(&args[2])).unwrap_or_else(|e| {
        eprintln!("{e}");
        std::process::exit(1)
    });
    let owner = tenantry_app::owner_role(app.name());
    let r = match args[1].as_str() {
        "install" => binding::install(&client, &owner, &app).await,
        "uninstall" => binding::uninstall(&client, &owner).await,
        "check" => binding::check(&client, &app).await,
        "serve" => {
            let authenticator = Authenticator::new(
                Some(JwtSecret::new("a secret of thirty-two characters")),
                Some("anon".into()),
            );
            println!("ANON={}", authenticator.sign(&serde_json::json!({"role":"anon"})).unwrap());
            println!(
                "SERVICE={}",
                authenticator.sign(&serde_json::json!({"role":"service_role"})).unwrap()
            );
            let address = Address {
                host: AddressHost::Folder("/tmp/pgdev".into()),
                port: 54399,
                user: tenantry_app::server_role(app.name()),
                password: None,
                database: args[3].clone(),
                encryption: Encryption::Off,
            };
            let database = Database::new(DatabaseOptions::new(
                address,
                Arc::new(tokio::sync::Semaphore::new(32)),
            ));
            let mut config = AuthConfig::new(
                format!("http://127.0.0.1:{}/{}/auth/v1", args[4], app.name()),
                "http://127.0.0.1:3000",
            );
            config.password_algorithm = app
                .manifest()
                .identity
                .as_ref()
                .map(|i| i.options.password_algorithm)
                .unwrap_or_default();
            if let Ok(s) = std::env::var("REUSE") {
                config.refresh_reuse_seconds = s.parse().unwrap();
            }
            if std::env::var("NOCONFIRM").is_ok() {
                config.autoconfirm = false;
            }
            let router = axum::Router::new().nest(
                &format!("/{}/auth/v1", app.name()),
                AuthApi::new(config, authenticator, database).router(),
            );
            let listener =
                tokio::net::TcpListener::bind(format!("127.0.0.1:{}", args[4])).await.unwrap();
            axum::serve(listener, router).await.unwrap();
            return;
        }
        _ => panic!(),
    };
    if let Err(e) = r {
        eprintln!("{e}");
        std::process::exit(1)
    }
    println!("ok {}", args[1]);
}
