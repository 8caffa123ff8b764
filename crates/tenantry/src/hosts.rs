//! Applications that answer on names of their own, so that browsers keep their sessions apart: what
//! `http://127.0.0.1:8000/board/auth/v1` is, `http://board.localhost:8000/auth/v1` is, too.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{Uri, header};

use crate::http::AppRoutes;

/// What an application serves; everything else is the program's own, whatever the host.
const SURFACES: [&str; 2] = ["/rest/v1", "/auth/v1"];

/// Which application answers on which name.
#[derive(Clone)]
pub struct Hosts {
    apps: Arc<HashMap<String, String>>,
}

impl Hosts {
    /// The names of these applications.
    pub fn new(apps: &[AppRoutes]) -> Self {
        let names = apps.iter().flat_map(|app| {
            let hostnames = app.hostnames.iter();
            hostnames.map(|host| (host.to_ascii_lowercase(), app.name.clone()))
        });
        Hosts { apps: Arc::new(names.collect()) }
    }

    /// The same request with its application in the path, where its host is one of the names.
    pub fn with_path(&self, mut request: Request) -> Request {
        let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
        let Some(app) = host.and_then(|host| self.app(host)) else { return request };
        if let Some(uri) = below(app, request.uri()) {
            *request.uri_mut() = uri;
        }
        request
    }

    fn app(&self, host: &str) -> Option<&str> {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        self.apps.get(&name.to_ascii_lowercase()).map(String::as_str)
    }
}

/// The path below the application, if it is one of its surfaces.
fn below(app: &str, uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let is_surface = SURFACES.iter().any(|surface| {
        path.strip_prefix(surface).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if !is_surface {
        return None;
    }
    let whole = uri.path_and_query().map_or(path, PathAndQuery::as_str);
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("/{app}{whole}").parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn hosts_become_paths() {
        let apps = [("board.localhost", "board"), ("api.example.com", "board")];
        let apps = apps.into_iter().map(|(host, app)| (host.to_owned(), app.to_owned()));
        let hosts = Hosts { apps: Arc::new(apps.collect()) };
        for (host, path, expected) in [
            ("board.localhost:8000", "/auth/v1/user?a=%20b", "/board/auth/v1/user?a=%20b"),
            ("Board.LOCALHOST", "/rest/v1", "/board/rest/v1"),
            ("api.example.com", "/rest/v1/x", "/board/rest/v1/x"),
            ("api.example.com", "/rest/v11", "/rest/v11"),
            ("api.example.com", "/live", "/live"),
            ("api.example.com", "/press/rest/v1/x", "/press/rest/v1/x"),
            ("127.0.0.1:8000", "/auth/v1/user", "/auth/v1/user"),
            ("evil.com", "/auth/v1/user", "/auth/v1/user"),
        ] {
            let request = Request::builder().uri(path).header("host", host);
            let request = hosts.with_path(request.body(Body::empty()).unwrap());
            assert_eq!(request.uri().to_string(), expected, "{host} {path}");
        }
    }
}
