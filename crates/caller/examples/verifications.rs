//! How many tokens and keys are checked a second, in process, and what one costs.
//!
//! ```sh
//! cargo run --release --package tenantry-caller --example verifications [SECONDS]
//! ```

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};
use tenantry_caller::{
    Authenticator, JwtSecret, KeyRing, KeyText, OpaqueKey, OpaqueKind, SigningKey,
};

/// As many people as the cache remembers, less room for chance.
const PEOPLE: usize = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(2.0), |text| text.parse())?;
    let time = Duration::from_secs_f64(seconds);
    let (key, _) = SigningKey::generate("k1")?;
    let secret = JwtSecret::new("a secret of thirty-two characters");
    let opaque = KeyText::opaque(OpaqueKind::Publishable)?;
    let stored = OpaqueKey::new("1", OpaqueKind::Publishable, &opaque.hash(), None)?;
    let ring =
        KeyRing::new(Some(key.clone()), &[key.public_key()?], Some(secret.clone()), vec![stored])?;
    let server = || Authenticator::with_keys(ring.clone(), Some("anon".into()));
    let es256 = (0..PEOPLE).map(|person| server().sign(&claims(person)));
    let es256 = es256.collect::<Result<Vec<_>, _>>()?;
    let hs256 = (0..PEOPLE).map(|person| secret.sign(&claims(person)));
    let hs256 = hs256.collect::<Result<Vec<_>, _>>()?;
    let cores = std::thread::available_parallelism()?.get();
    println!("{} bytes a token, {PEOPLE} people, {cores} cores", es256[0].len());
    println!("{:<22} {:>7} {:>12} {:>14}", "what", "threads", "per second", "CPU us for one");
    let mut threads = vec![1, cores];
    threads.dedup();
    for threads in threads {
        let opaque = [opaque.as_str().to_owned()];
        measure("ES256, known", &server(), &es256, threads, time)?;
        measure("ES256, new", &server().with_cache(0), &es256, threads, time)?;
        measure("HS256, known", &server(), &hs256, threads, time)?;
        measure("HS256, new", &server().with_cache(0), &hs256, threads, time)?;
        measure("opaque key", &server(), &opaque, threads, time)?;
    }
    Ok(())
}

/// The claims of a usual access token.
fn claims(person: usize) -> Value {
    json!({
        "iss": "http://127.0.0.1:8000/board/auth/v1",
        "sub": format!("99999999-9999-4999-8999-{person:012}"),
        "aud": "authenticated",
        "exp": 9_999_999_999_i64,
        "iat": 1_700_000_000,
        "email": format!("person{person}@example.com"),
        "phone": "",
        "app_metadata": { "provider": "email", "providers": ["email"] },
        "user_metadata": {},
        "role": "authenticated",
        "aal": "aal1",
        "amr": [{ "method": "password", "timestamp": 1_700_000_000 }],
        "session_id": "99999999-9999-4999-8999-999999999999",
        "is_anonymous": false,
    })
}

fn measure(
    what: &str,
    server: &Authenticator,
    tokens: &[String],
    threads: usize,
    time: Duration,
) -> Result<(), Box<dyn Error>> {
    for token in tokens {
        server.identify(Some(token))?;
    }
    let (over, done, failed) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let (started, used) = (Instant::now(), cpu_seconds()?);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (over, done, failed) = (&over, &done, &failed);
            scope.spawn(move || {
                let mut count = 0;
                for token in tokens.iter().cycle().skip(thread * tokens.len() / threads) {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    if server.identify(Some(token)).is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                    count += 1;
                }
                done.fetch_add(count, Ordering::Relaxed);
            });
        }
        std::thread::sleep(time);
        over.store(true, Ordering::Relaxed);
    });
    let (elapsed, used) = (started.elapsed().as_secs_f64(), cpu_seconds()? - used);
    if failed.load(Ordering::Relaxed) > 0 {
        return Err(format!("{what}: good tokens were refused").into());
    }
    let done = done.load(Ordering::Relaxed) as f64;
    println!("{what:<22} {threads:>7} {:>12.0} {:>14.2}", done / elapsed, used * 1e6 / done);
    Ok(())
}

/// User and system time of this process so far.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let [user, system] = [usage.user_time(), usage.system_time()];
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(user) + seconds(system))
}
