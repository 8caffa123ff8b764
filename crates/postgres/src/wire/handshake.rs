use std::io;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{Message, SaslMechanisms};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::conversation::server_error;
use super::stream::{self, Stream};
use crate::address::Address;
use crate::error::RunError;

/// A logged-in connection.
pub(crate) struct Connection {
    pub(crate) stream: Stream,
    pub(crate) cancel_key: CancelKey,
    /// Bytes that came after the log-in.
    pub(crate) read_ahead: BytesMut,
}

/// What a cancel request has to name.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CancelKey {
    process_id: i32,
    secret: i32,
}

/// What values look like, whatever the server or the login is set to.
pub(crate) const VALUE_STYLE: [(&str, &str); 2] =
    [("IntervalStyle", "postgres"), ("extra_float_digits", "1")];

/// Connects and logs in.
///
/// The session settings that hold for every request are startup parameters, so that they cost no
/// round trip and `RESET ALL` returns to them. A pooler takes only those that it keeps for each of
/// its clients; without a session of our own (`keeps_session`), the others are made anew each time.
pub(crate) async fn log_in(address: &Address, keeps_session: bool) -> Result<Connection, RunError> {
    let stream = stream::connect(address).await.map_err(unreachable_server)?;
    let mut session = Session { stream, incoming: BytesMut::with_capacity(4096) };
    let mut startup = BytesMut::new();
    let parameters = [
        ("user", address.user.as_str()),
        ("database", address.database.as_str()),
        ("application_name", "tenantry"),
        ("client_encoding", "UTF8"),
        ("DateStyle", "ISO"),
    ];
    let parameters =
        parameters.into_iter().chain(VALUE_STYLE.into_iter().filter(|_| keeps_session));
    frontend::startup_message(parameters, &mut startup).map_err(unreachable_server)?;
    session.send(&startup).await?;
    session.authenticate(address).await?;
    let cancel_key = session.until_ready().await?;
    Ok(Connection { stream: session.stream, cancel_key, read_ahead: session.incoming })
}

/// Asks the server to cancel what the connection with this key is running. Best effort.
pub(crate) async fn cancel(address: &Address, key: CancelKey) {
    let Ok(mut stream) = stream::connect(address).await else { return };
    let mut request = BytesMut::new();
    frontend::cancel_request(key.process_id, key.secret, &mut request);
    // A failed cancel leaves the statement to its timeout; nothing else can be done about it.
    let _ = stream.write_all(&request).await;
    let _ = stream.shutdown().await;
}

struct Session {
    stream: Stream,
    incoming: BytesMut,
}

impl Session {
    async fn send(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        self.stream.write_all(bytes).await.map_err(unreachable_server)
    }

    async fn message(&mut self) -> Result<Message, RunError> {
        loop {
            match Message::parse(&mut self.incoming).map_err(unreachable_server)? {
                Some(Message::ErrorResponse(body)) => {
                    let error = server_error(&body);
                    // Connection errors are about us, not about a caller's statement.
                    return Err(RunError::Unreachable(error.to_string()));
                }
                Some(Message::NoticeResponse(_) | Message::ParameterStatus(_)) => {}
                Some(message) => return Ok(message),
                None => {
                    let read = self
                        .stream
                        .read_buf(&mut self.incoming)
                        .await
                        .map_err(unreachable_server)?;
                    if read == 0 {
                        return Err(RunError::Unreachable(
                            "the server closed the connection".into(),
                        ));
                    }
                }
            }
        }
    }

    async fn authenticate(&mut self, address: &Address) -> Result<(), RunError> {
        let password = || {
            address.password.as_deref().ok_or_else(|| {
                RunError::Unreachable(format!("the server asks {} for a password", address.user))
            })
        };
        match self.message().await? {
            Message::AuthenticationOk => return Ok(()),
            Message::AuthenticationCleartextPassword => {
                self.send_password(password()?.as_bytes()).await?
            }
            Message::AuthenticationMd5Password(body) => {
                let hash = md5_hash(address.user.as_bytes(), password()?.as_bytes(), body.salt());
                self.send_password(hash.as_bytes()).await?;
            }
            Message::AuthenticationSasl(body) => {
                if !offers(body.mechanisms(), SCRAM_SHA_256) {
                    return Err(RunError::Unreachable("the server offers no SCRAM-SHA-256".into()));
                }
                self.scram(password()?).await?;
            }
            _ => {
                return Err(RunError::Unreachable(
                    "the server asks for an authentication that is not supported".into(),
                ));
            }
        }
        match self.message().await? {
            Message::AuthenticationOk => Ok(()),
            _ => Err(RunError::Unreachable("unexpected answer to the password".into())),
        }
    }

    async fn send_password(&mut self, password: &[u8]) -> Result<(), RunError> {
        let mut bytes = BytesMut::new();
        frontend::password_message(password, &mut bytes).map_err(unreachable_server)?;
        self.send(&bytes).await
    }

    /// SCRAM-SHA-256 (RFC 7677): neither side sends the password.
    async fn scram(&mut self, password: &str) -> Result<(), RunError> {
        let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
        let mut bytes = BytesMut::new();
        frontend::sasl_initial_response(SCRAM_SHA_256, scram.message(), &mut bytes)
            .map_err(unreachable_server)?;
        self.send(&bytes).await?;
        let Message::AuthenticationSaslContinue(body) = self.message().await? else {
            return Err(RunError::Unreachable("unexpected answer during SCRAM".into()));
        };
        scram.update(body.data()).map_err(unreachable_server)?;
        bytes.clear();
        frontend::sasl_response(scram.message(), &mut bytes).map_err(unreachable_server)?;
        self.send(&bytes).await?;
        let Message::AuthenticationSaslFinal(body) = self.message().await? else {
            return Err(RunError::Unreachable("unexpected end of SCRAM".into()));
        };
        scram.finish(body.data()).map_err(unreachable_server)
    }

    async fn until_ready(&mut self) -> Result<CancelKey, RunError> {
        let mut key = CancelKey::default();
        loop {
            match self.message().await? {
                Message::BackendKeyData(body) => {
                    key = CancelKey { process_id: body.process_id(), secret: body.secret_key() };
                }
                Message::ReadyForQuery(_) => return Ok(key),
                _ => {}
            }
        }
    }
}

fn unreachable_server(error: io::Error) -> RunError {
    RunError::Unreachable(error.to_string())
}

/// Whether the server's list contains the mechanism; a list that cannot be read ends there.
fn offers(mut offered: SaslMechanisms<'_>, wanted: &str) -> bool {
    std::iter::from_fn(|| offered.next().ok().flatten()).any(|mechanism| mechanism == wanted)
}
