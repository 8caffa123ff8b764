use std::path::Path;
use tenantry_app::App;
use tenantry_auth::binding;
#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (client, connection) = tokio_postgres::connect(&format!("host=/tmp/pgdev port=54399 user=tenantry dbname={}", args[3]), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(async move { if let Err(e) = connection.await { eprintln!("{e}") } });
    let app = App::load(Path::new(&args[2])).unwrap_or_else(|e| { eprintln!("{e}"); std::process::exit(1) });
    let owner = tenantry_app::owner_role(app.name());
    let r = match args[1].as_str() {
        "install" => binding::install(&client, &owner, &app).await,
        "uninstall" => binding::uninstall(&client, &owner).await,
        "check" => binding::check(&client, &app).await,
        _ => panic!(),
    };
    if let Err(e) = r { eprintln!("{e}"); std::process::exit(1) }
    println!("ok {}", args[1]);
}
