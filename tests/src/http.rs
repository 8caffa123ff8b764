use serde_json::{Value, json};

/// Talks to one application over HTTP, as one caller.
#[derive(Clone)]
pub struct Client {
    url: String,
    anon_key: String,
    service_key: String,
    token: Option<String>,
    headers: Vec<(String, String)>,
}

/// A response.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body; null where there is none or it is no JSON.
    pub body: Value,
}

impl Client {
    pub(crate) fn new(url: &str, anon_key: &str, service_key: &str) -> Self {
        Client {
            url: url.into(),
            anon_key: anon_key.into(),
            service_key: service_key.into(),
            token: None,
            headers: Vec::new(),
        }
    }

    /// The same application with the service key.
    pub fn service(&self) -> Self {
        Client { token: Some(self.service_key.clone()), ..self.clone() }
    }

    /// The same application with this bearer token.
    pub fn with_token(&self, token: &str) -> Self {
        Client { token: Some(token.into()), ..self.clone() }
    }

    /// The same caller with one more header, in place of one that would be sent otherwise.
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.into(), value.into()));
        client
    }

    /// Signs up and answers with the new person's client and id.
    ///
    /// # Panics
    /// When the sign-up gives no session.
    pub fn sign_up(&self, email: &str) -> (Client, String) {
        let answer =
            self.post("/auth/v1/signup", &json!({ "email": email, "password": "a long password" }));
        let token = answer.body["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("no session: {answer:?}"));
        let id = answer.body["user"]["id"].as_str().expect("a session names its user").to_owned();
        (self.with_token(token), id)
    }

    /// GET.
    ///
    /// # Panics
    /// When the server cannot be reached, as do the other methods.
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    /// POST with a JSON body; asks for the written rows.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body))
    }

    /// PATCH with a JSON body; asks for the written rows.
    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, Some(body))
    }

    /// DELETE; asks for the deleted rows.
    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }

    /// Any method, with a JSON body or none.
    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let token = self.token.as_deref().unwrap_or(&self.anon_key);
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("apikey", &self.anon_key)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header("prefer", "return=representation");
        if let Some(headers) = request.headers_mut() {
            for (name, value) in &self.headers {
                let name: ureq::http::HeaderName = name.parse().expect("tests write valid names");
                headers.insert(name, value.parse().expect("tests write valid values"));
            }
        }
        let bytes = body.map(ToString::to_string).unwrap_or_default();
        let request = request.body(bytes).expect("tests write valid requests");
        let mut response =
            agent.run(request).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let status = response.status().as_u16();
        let body = response.body_mut().read_json().unwrap_or(Value::Null);
        Answer { status, body }
    }
}
