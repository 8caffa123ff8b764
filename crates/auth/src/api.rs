use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{delete, get, post};
use tenantry_caller::{Authenticator, Seal};
use tenantry_postgres::Database;

use crate::endpoints::{admin_users, health, logout, settings, sign_up, token, user, user_keys};
use crate::password::Passwords;
use crate::request::AuthRequest;
use crate::response::{ErrorShape, error_response};
use crate::store::Store;
use crate::{AuthConfig, AuthError};

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
    pub store: Store,
    pub passwords: Passwords,
}

impl AuthApi {
    /// The API with its settings, the checker and signer of tokens, what seals and marks secrets,
    /// and the database.
    pub fn new(
        config: AuthConfig,
        authenticator: Authenticator,
        seal: Seal,
        database: Database,
    ) -> Self {
        let passwords = Passwords::new(config.password_algorithm);
        let store = Store::new(database);
        AuthApi { engine: Arc::new(Engine { config, authenticator, seal, store, passwords }) }
    }

    /// The routes, to be nested under `/APP/auth/v1`. The client's address is taken from
    /// `x-forwarded-for`, which the server in front must have set itself.
    pub fn router(self) -> Router {
        Router::new()
            .route("/health", get(health::health))
            .route("/.well-known/jwks.json", get(health::keys))
            .route("/settings", get(|state, request| serve(state, request, settings::settings)))
            .route("/signup", post(|state, request| serve(state, request, sign_up::sign_up)))
            .route("/token", post(|state, request| serve(state, request, token::token)))
            .route(
                "/user",
                get(|state, request| serve(state, request, user::show_user))
                    .put(|state, request| serve(state, request, user::change_user)),
            )
            .route(
                "/user/keys",
                get(|state, request| serve(state, request, user_keys::list_keys))
                    .post(|state, request| serve(state, request, user_keys::create_key)),
            )
            .route(
                "/user/keys/{id}",
                delete(|state, request| serve(state, request, user_keys::revoke_key)),
            )
            .route("/logout", post(|state, request| serve(state, request, logout::logout)))
            .route(
                "/admin/users",
                get(|state, request| serve(state, request, admin_users::list_users))
                    .post(|state, request| serve(state, request, admin_users::create_user)),
            )
            .route(
                "/admin/users/{id}",
                get(|state, request| serve(state, request, admin_users::show_user))
                    .put(|state, request| serve(state, request, admin_users::change_user))
                    .delete(|state, request| serve(state, request, admin_users::delete_user)),
            )
            .fallback(|state, request| serve(state, request, no_endpoint))
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
    let mut response = answer.unwrap_or_else(|error| error_response(&error, shape));
    shape.mark(&mut response);
    response
}

async fn no_endpoint(_: Arc<Engine>, _: AuthRequest) -> Result<Response, AuthError> {
    Err(AuthError::NoEndpoint)
}
