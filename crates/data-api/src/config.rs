use std::collections::HashMap;
use std::sync::Arc;

use axum::http::HeaderName;
use tenantry_catalog::QualifiedName;
use tenantry_postgres::Isolation;

/// The settings of one data API. Names in parentheses are PostgREST's.
#[derive(Debug, Clone)]
pub struct DataApiConfig {
    /// The exposed schemas; the first is the default (`db-schemas`).
    pub schemas: Vec<String>,
    /// Schemas whose names resolve without being exposed (`db-extra-search-path`).
    pub extra_search_path: Vec<String>,
    /// The most rows that a read answers at any level (`db-max-rows`).
    pub max_rows: Option<u64>,
    /// Whether `public` means the default schema where it is not exposed itself: Supabase's clients
    /// name it on every request unless they are told another.
    pub public_is_default: bool,
    /// The largest body, in bytes.
    pub max_body_bytes: usize,
    /// Whether aggregates may be selected (`db-aggregates-enabled`).
    pub aggregates: bool,
    /// Whether execution plans may be asked for (`db-plan-enabled`).
    pub plans: bool,
    /// Called before every request's own statement (`db-pre-request`).
    pub pre_request: Option<QualifiedName>,
    /// Answers at the root instead of the description of the schema (`db-root-spec`).
    pub root_function: Option<QualifiedName>,
    /// How transactions end (`db-tx-end`).
    pub transaction_end: TransactionEnd,
    /// Settings that every statement can read (`app.settings.*`).
    pub app_settings: Vec<(String, String)>,
    /// What roles are set to: `alter role ... set ...`.
    pub roles: HashMap<String, RoleSettings>,
    /// The settings of functions that hold for the whole transaction (`db-hoisted-tx-settings`).
    pub hoisted_settings: Vec<String>,
    /// Whether errors tell more than code and message (`client-error-verbosity`).
    pub errors_have_details: bool,
    /// Whether filters may name an embed by its relation although it has an alias
    /// (`url-use-legacy-target-names`).
    pub legacy_target_names: bool,
    /// Whether answers say how long each stage took (`server-timing-enabled`).
    pub timing: bool,
    /// A header that is sent back as it came (`server-trace-header`).
    pub trace_header: Option<HeaderName>,
    /// Whether statements are written to the log (`log-query`).
    pub logs_queries: bool,
    /// What the description of the schema tells (`openapi-mode`).
    pub description: Description,
    /// Whether the description names the token (`openapi-security-active`).
    pub description_names_token: bool,
    /// Where the API is reached, for the description (`openapi-server-proxy-uri`).
    pub public_url: Option<String>,
    /// Where the server listens, for the description.
    pub listens_at: (String, u16),
}

/// How transactions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionEnd {
    /// Whether they are undone unless the client chooses otherwise.
    pub rolls_back: bool,
    /// Whether the client may choose.
    pub may_be_chosen: bool,
}

/// What a role is set to.
#[derive(Debug, Clone, Default)]
pub struct RoleSettings {
    /// Name and value.
    pub settings: Arc<[(String, String)]>,
    /// The isolation of its transactions.
    pub isolation: Isolation,
}

/// What the description of the schema tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Description {
    /// What the caller may use.
    FollowPrivileges,
    /// Everything that is exposed.
    IgnorePrivileges,
    /// Nothing.
    Disabled,
}

impl Default for DataApiConfig {
    fn default() -> Self {
        DataApiConfig {
            schemas: vec!["public".into()],
            extra_search_path: Vec::new(),
            max_rows: None,
            public_is_default: false,
            max_body_bytes: 16 * 1024 * 1024,
            aggregates: false,
            plans: false,
            pre_request: None,
            root_function: None,
            transaction_end: TransactionEnd { rolls_back: false, may_be_chosen: false },
            app_settings: Vec::new(),
            roles: HashMap::new(),
            hoisted_settings: ["statement_timeout", "plan_filter.statement_cost_limit"]
                .map(str::to_owned)
                .to_vec(),
            errors_have_details: true,
            legacy_target_names: true,
            timing: false,
            trace_header: None,
            logs_queries: false,
            description: Description::FollowPrivileges,
            description_names_token: false,
            public_url: None,
            listens_at: ("0.0.0.0".into(), 3000),
        }
    }
}
