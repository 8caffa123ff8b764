//! The mailbox in the developer's browser: a list, and each mail.
//!
//! Mails hold what strangers typed, so everything is escaped, no page runs a script, and a mail's
//! HTML is shown in a frame that may do nothing. They hold codes, too, so the address has a key.

use std::fmt::Write;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::mailbox::{Mailbox, StoredMail};
use crate::template::escape_markup;

/// How many mails of each application are listed.
const MOST_LISTED: usize = 100;

const STYLE: &str = include_str!("../page/style.css");

/// Our own pages: a style sheet and a frame, both from here.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";
/// A mail's HTML: its styles, its inline pictures, nothing from anywhere, no scripts.
const MAIL_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

struct Page {
    key: String,
    mailboxes: Vec<(String, Mailbox)>,
}

/// The pages below `/mailbox/<key>/`, for the applications with these names.
pub fn mailbox_page(key: &str, mailboxes: Vec<(String, Mailbox)>) -> Router {
    Router::new()
        .route("/mailbox/{key}/", get(list))
        .route("/mailbox/{key}/style.css", get(style))
        .route("/mailbox/{key}/{app}/{id}", get(show))
        .route("/mailbox/{key}/{app}/{id}/html", get(html))
        .with_state(Arc::new(Page { key: key.to_owned(), mailboxes }))
}

type Outcome = Result<Response, StatusCode>;

impl Page {
    /// Whoever has another key learns nothing, not even how long it takes to see that.
    fn admit(&self, key: &str) -> Result<(), StatusCode> {
        match bool::from(self.key.as_bytes().ct_eq(key.as_bytes())) {
            true => Ok(()),
            false => Err(StatusCode::NOT_FOUND),
        }
    }

    async fn mail(&self, key: &str, app: &str, id: &str) -> Result<StoredMail, StatusCode> {
        self.admit(key)?;
        let id: Uuid = id.parse().map_err(|_| StatusCode::NOT_FOUND)?;
        let found = self.mailboxes.iter().find(|(name, _)| name == app);
        let mailbox = found.ok_or(StatusCode::NOT_FOUND)?.1.clone();
        read(move || mailbox.find(id)).await?.ok_or(StatusCode::NOT_FOUND)
    }
}

async fn list(State(page): State<Arc<Page>>, Path(key): Path<String>) -> Outcome {
    page.admit(&key)?;
    let mut body = String::from("<h1>Mailbox</h1>\n");
    for (app, mailbox) in &page.mailboxes {
        let mailbox = mailbox.clone();
        let mails = read(move || mailbox.newest(MOST_LISTED)).await?;
        if !mails.is_empty() {
            let _ = writeln!(body, "<h2>{}</h2>\n{}", escape_markup(app), table(app, &mails));
        }
    }
    if !body.contains("<table>") {
        body.push_str("<p>No mail yet. What the applications send stays here.</p>\n");
    }
    Ok(document("Mailbox", "", &body))
}

fn table(app: &str, mails: &[StoredMail]) -> String {
    let mut rows = String::new();
    for mail in mails {
        let _ = writeln!(
            rows,
            "<tr><td>{}</td><td>{}</td><td><a href=\"{}/{}\">{}</a></td></tr>",
            escape_markup(&mail.date),
            escape_markup(&mail.to),
            escape_markup(app),
            mail.id,
            escape_markup(&mail.subject),
        );
    }
    format!("<table>\n<tr><th>Time</th><th>To</th><th>Subject</th></tr>\n{rows}</table>")
}

async fn show(
    State(page): State<Arc<Page>>,
    Path((key, app, id)): Path<(String, String, String)>,
) -> Outcome {
    let mail = page.mail(&key, &app, &id).await?;
    let mut links = String::new();
    for link in &mail.links {
        let link = escape_markup(link);
        let _ =
            writeln!(links, "<li><a href=\"{link}\" rel=\"noreferrer noopener\">{link}</a></li>");
    }
    let body = format!(
        "<p><a href=\"../\">All mails</a></p>\n<h1>{}</h1>\n\
         <p>{}<br>from {}<br>to {}</p>\n\
         <h2>Links</h2>\n<ul>\n{links}</ul>\n\
         <h2>Text</h2>\n<pre>{}</pre>\n\
         <h2>HTML</h2>\n<iframe sandbox=\"\" src=\"{}/html\" title=\"The mail's HTML\"></iframe>\n",
        escape_markup(&mail.subject),
        escape_markup(&mail.date),
        escape_markup(&mail.from),
        escape_markup(&mail.to),
        escape_markup(&mail.text),
        mail.id,
    );
    Ok(document(&mail.subject, "../", &body))
}

async fn html(
    State(page): State<Arc<Page>>,
    Path((key, app, id)): Path<(String, String, String)>,
) -> Outcome {
    let mail = page.mail(&key, &app, &id).await?;
    Ok(answer("text/html; charset=utf-8", MAIL_POLICY, mail.html))
}

async fn style(State(page): State<Arc<Page>>, Path(key): Path<String>) -> Outcome {
    page.admit(&key)?;
    Ok(answer("text/css; charset=utf-8", PAGE_POLICY, STYLE.to_owned()))
}

/// A page; `up` leads from it to the list.
fn document(title: &str, up: &str, body: &str) -> Response {
    let text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n\
         <link rel=\"stylesheet\" href=\"{up}style.css\">\n</head>\n<body>\n{body}</body>\n</html>\n",
        escape_markup(title),
    );
    answer("text/html; charset=utf-8", PAGE_POLICY, text)
}

fn answer(media_type: &'static str, policy: &'static str, body: String) -> Response {
    let headers: [(HeaderName, &str); 6] = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The key is in the address.
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    (headers, body).into_response()
}

/// Reads files where that may block.
async fn read<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StatusCode> {
    let outcome = tokio::task::spawn_blocking(work).await;
    outcome.map_err(io::Error::other).and_then(|outcome| outcome).map_err(|error| {
        tracing::error!(%error, "the mailbox cannot be read");
        StatusCode::INTERNAL_SERVER_ERROR
    })
}
