//! kill -9 while people write: what was acknowledged is there afterwards, once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tenantry_tests::{Home, Program};

const CLIENTS: usize = 8;

#[test]
fn acknowledged_rows_survive_a_kill() {
    let home = Home::new();
    let notes = format!("{}/../examples/notes", env!("CARGO_MANIFEST_DIR"));
    let program = Program::start(&home, &["--app", &notes]);
    let postmaster = program.status["postmaster_pid"].as_i64().expect("an embedded server");
    let killed = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (client, _) =
                program.client("notes").sign_up(&format!("writer{number}@example.com"));
            let killed = killed.clone();
            std::thread::spawn(move || {
                let mut acknowledged = Vec::new();
                for count in 0.. {
                    if killed.load(Ordering::Relaxed) {
                        break;
                    }
                    let body = format!("note {count} of writer {number}");
                    let sent = std::panic::catch_unwind(|| {
                        client.post("/rest/v1/notes", &json!({ "body": body }))
                    });
                    match sent {
                        Ok(answer) if answer.status == 201 => acknowledged.push(body),
                        // The connection broke, or the server said that it is going.
                        _ => break,
                    }
                }
                acknowledged
            })
        })
        .collect();
    std::thread::sleep(Duration::from_secs(2));
    program.kill_hard();
    killed.store(true, Ordering::Relaxed);
    let acknowledged: Vec<String> =
        writers.into_iter().flat_map(|writer| writer.join().expect("a writer ends")).collect();
    assert!(
        acknowledged.len() > CLIENTS,
        "only {} rows were written before the kill",
        acknowledged.len()
    );

    let program = Program::start(&home, &["--app", &notes]);
    assert_ne!(program.status["postmaster_pid"].as_i64(), None);
    let rows = program.client("notes").service().get("/rest/v1/notes?select=body");
    let bodies: Vec<&str> =
        rows.body.as_array().expect("rows").iter().filter_map(|row| row["body"].as_str()).collect();
    let distinct: BTreeSet<&str> = bodies.iter().copied().collect();
    assert_eq!(distinct.len(), bodies.len(), "a row is there twice");
    let lost: Vec<&String> =
        acknowledged.iter().filter(|body| !distinct.contains(body.as_str())).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged rows are lost", lost.len(), acknowledged.len());
    // At most one row per writer can be written without its answer having arrived.
    assert!(bodies.len() <= acknowledged.len() + CLIENTS);
    println!(
        "{} acknowledged, {} found, old postmaster {postmaster}",
        acknowledged.len(),
        bodies.len()
    );
}

#[test]
fn a_server_that_outlived_the_program_is_taken_over_or_waited_for() {
    let home = Home::new();
    let notes = format!("{}/../examples/notes", env!("CARGO_MANIFEST_DIR"));
    for _ in 0..3 {
        let program = Program::start(&home, &["--app", &notes]);
        assert_eq!(program.client("notes").service().get("/rest/v1/notes").status, 200);
        program.kill_hard();
    }
    let program = Program::start(&home, &["--app", &notes]);
    assert_eq!(program.client("notes").service().get("/rest/v1/notes").status, 200);
    assert!(program.stop());
}
