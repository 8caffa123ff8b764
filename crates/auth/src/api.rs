use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{delete, get, head, post};
use tenantry_caller::{Authenticator, Seal};
use tenantry_postgres::Database;

use crate::endpoints::{
    admin_factors, admin_users, audit, authorize, callback, factors, health, identities, invite,
    links, logout, otp, own_data, reauthenticate, recover, resend, settings, sign_up, token, user,
    user_keys, verify,
};
use crate::limits::Limits;
use crate::password::Passwords;
use crate::provider::Providers;
use crate::request::AuthRequest;
use crate::response::{ErrorShape, error_response};
use crate::store::Store;
use crate::{AuthConfig, AuthError, PersonRights};

/// The auth API of one application.
#[derive(Clone)]
pub struct AuthApi {
    engine: Arc<Engine>,
}

/// What every endpoint works with.
pub(crate) struct Engine {
    pub config: AuthConfig,
    pub authenticator: Authenticator,
    pub seal: Seal,
    pub limits: Limits,
    pub providers: Providers,
    pub store: Store,
    pub passwords: Passwords,
    pub person_rights: Option<Arc<dyn PersonRights>>,
}

impl AuthApi {
    /// The API with its settings, the checker and signer of tokens, what seals the secrets that it
    /// keeps, and the database.
    pub fn new(
        config: AuthConfig,
        authenticator: Authenticator,
        seal: Seal,
        database: Database,
    ) -> Self {
        let passwords =
            Passwords::new(config.password_algorithm, config.settings.password_min_length);
        let limits = Limits::new(&config);
        let providers = Providers::new(&config);
        let store = Store::new(database);
        let engine = Engine {
            config,
            authenticator,
            seal,
            limits,
            providers,
            store,
            passwords,
            person_rights: None,
        };
        AuthApi { engine: Arc::new(engine) }
    }

    /// The same, with what people may ask about themselves.
    pub fn with_person_rights(mut self, rights: impl PersonRights + 'static) -> Self {
        if let Some(engine) = Arc::get_mut(&mut self.engine) {
            engine.person_rights = Some(Arc::new(rights));
        }
        self
    }

    /// The routes, to be nested under `/APP/auth/v1`. The client's address is taken from
    /// `x-forwarded-for`, which the server in front must have set itself.
    pub fn router(self) -> Router {
        let keyed = Router::new()
            .route("/settings", get(|s, r| serve(s, r, settings::settings)))
            .route("/signup", post(|s, r| serve(s, r, sign_up::sign_up)))
            .route("/token", post(|s, r| serve(s, r, token::token)))
            .route("/otp", post(|s, r| serve(s, r, otp::send_one_time_password)))
            .route("/magiclink", post(|s, r| serve(s, r, otp::send_one_time_password)))
            .route("/recover", post(|s, r| serve(s, r, recover::recover)))
            .route("/resend", post(|s, r| serve(s, r, resend::resend)))
            .route("/reauthenticate", get(|s, r| serve(s, r, reauthenticate::reauthenticate)))
            .route(
                "/user",
                get(|s, r| serve(s, r, user::show_user))
                    .put(|s, r| serve(s, r, user::change_user))
                    .delete(|s, r| serve(s, r, own_data::erase)),
            )
            .route("/user/export", get(|s, r| serve(s, r, own_data::export)))
            .route("/logout", post(|s, r| serve(s, r, logout::logout)))
            .route("/user/identities/authorize", get(|s, r| serve(s, r, authorize::link_identity)))
            .route("/user/identities/{id}", delete(|s, r| serve(s, r, identities::unlink)))
            .route(
                "/user/keys",
                get(|state, request| serve(state, request, user_keys::list_keys))
                    .post(|state, request| serve(state, request, user_keys::create_key)),
            )
            .route(
                "/user/keys/{id}",
                delete(|state, request| serve(state, request, user_keys::revoke_key)),
            )
            .route("/factors", post(|s, r| serve(s, r, factors::enroll)))
            .route("/factors/{id}", delete(|s, r| serve(s, r, factors::unenroll)))
            .route("/factors/{id}/challenge", post(|s, r| serve(s, r, factors::challenge)))
            .route("/factors/{id}/verify", post(|s, r| serve(s, r, factors::verify)))
            .route("/invite", post(|s, r| serve(s, r, invite::invite)));
        let administration = Router::new()
            .route(
                "/users",
                get(|s, r| serve(s, r, admin_users::list_users))
                    .post(|s, r| serve(s, r, admin_users::create_user)),
            )
            .route(
                "/users/{id}",
                get(|s, r| serve(s, r, admin_users::show_user))
                    .put(|s, r| serve(s, r, admin_users::change_user))
                    .delete(|s, r| serve(s, r, admin_users::delete_user)),
            )
            .route("/users/{id}/factors", get(|s, r| serve(s, r, admin_factors::list)))
            .route(
                "/users/{id}/factors/{factor}",
                delete(|s, r| serve(s, r, admin_factors::delete)),
            )
            .route("/audit", get(|s, r| serve(s, r, audit::list)))
            .route("/generate_link", post(|s, r| serve(s, r, links::generate_link)));
        // Browsers that follow a link bring no key.
        let open = Router::new()
            .route("/health", get(health::health))
            .route("/.well-known/jwks.json", get(health::keys))
            .route("/authorize", get(|s, r| serve_open(s, r, authorize::authorize)))
            .route(
                "/callback",
                head(no_head)
                    .get(|s, r| serve_open(s, r, callback::callback))
                    .post(|s, r| serve_open(s, r, callback::callback)),
            )
            .route(
                "/verify",
                head(no_head)
                    .get(|s, r| serve_open(s, r, verify::follow_link))
                    .post(|s, r| serve(s, r, verify::verify)),
            );
        open.merge(keyed)
            .nest("/admin", administration)
            .fallback(|s, r| serve(s, r, no_endpoint))
            .with_state(self.engine)
    }
}

/// The way of every request: whose key, what does the endpoint say, in which shape are errors told.
async fn serve<Endpoint, Answer>(
    State(engine): State<Arc<Engine>>,
    request: Request,
    endpoint: Endpoint,
) -> Response
where
    Endpoint: FnOnce(Arc<Engine>, AuthRequest) -> Answer,
    Answer: Future<Output = Result<Response, AuthError>>,
{
    let shape = ErrorShape::asked(request.headers());
    let answer = match AuthRequest::read(request, &engine.authenticator).await {
        Ok(request) => endpoint(engine, request).await,
        Err(error) => Err(error),
    };
    answered(answer, shape)
}

/// The same for requests that browsers make by themselves.
async fn serve_open<Endpoint, Answer>(
    State(engine): State<Arc<Engine>>,
    request: Request,
    endpoint: Endpoint,
) -> Response
where
    Endpoint: FnOnce(Arc<Engine>, AuthRequest) -> Answer,
    Answer: Future<Output = Result<Response, AuthError>>,
{
    let shape = ErrorShape::asked(request.headers());
    let answer = match AuthRequest::read_open(request).await {
        Ok(request) => endpoint(engine, request).await,
        Err(error) => Err(error),
    };
    answered(answer, shape)
}

fn answered(answer: Result<Response, AuthError>, shape: ErrorShape) -> Response {
    let mut response = answer.unwrap_or_else(|error| error_response(&error, shape));
    shape.mark(&mut response);
    response
}

/// What looks at links before people do must not use them up.
async fn no_head() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}

async fn no_endpoint(_: Arc<Engine>, _: AuthRequest) -> Result<Response, AuthError> {
    Err(AuthError::NoEndpoint)
}
