//! How long each stage of a request took, as `Server-Timing` (W3C).

use std::time::Instant;

use axum::http::HeaderValue;

/// A stage of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stage {
    Jwt,
    Parse,
    Plan,
    Transaction,
    Response,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Stage::Jwt => "jwt",
            Stage::Parse => "parse",
            Stage::Plan => "plan",
            Stage::Transaction => "transaction",
            Stage::Response => "response",
        }
    }
}

/// The stages so far.
pub(crate) struct Timing {
    began: Instant,
    stages: Vec<(Stage, f64)>,
}

impl Timing {
    pub(crate) fn start() -> Self {
        Timing { began: Instant::now(), stages: Vec::with_capacity(5) }
    }

    /// What ran since the last stage was this one.
    pub(crate) fn ends(&mut self, stage: Stage) {
        self.stages.push((stage, self.began.elapsed().as_secs_f64() * 1000.0));
        self.began = Instant::now();
    }

    /// Milliseconds per stage.
    pub(crate) fn header(&self) -> HeaderValue {
        let stages: Vec<String> = self
            .stages
            .iter()
            .map(|(stage, milliseconds)| format!("{};dur={milliseconds:.1}", stage.name()))
            .collect();
        HeaderValue::from_str(&stages.join(", ")).unwrap_or(HeaderValue::from_static(""))
    }
}
