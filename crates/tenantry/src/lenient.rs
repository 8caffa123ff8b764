//! Request targets as people write them: `?select=data->>name` and `?name=eq.é`, without percent
//! sequences. RFC 3986 does not allow that, clients of PostgREST do it all the time, and the HTTP
//! library refuses it; so such bytes are encoded before it sees them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// So many bytes are read at once.
const READ: usize = 16 * 1024;
/// A line is kept for a look up to here: longer ones say nothing about a body.
const LONGEST_LINE: usize = 256;

/// A connection whose request targets are encoded on their way in.
pub struct Lenient<S> {
    stream: S,
    incoming: Box<[u8]>,
    ready: Vec<u8>,
    taken: usize,
    targets: Targets,
}

impl<S> Lenient<S> {
    pub fn new(stream: S) -> Self {
        Lenient {
            stream,
            incoming: vec![0; READ].into(),
            ready: Vec::new(),
            taken: 0,
            targets: Targets::default(),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lenient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.taken == this.ready.len() {
            this.ready.clear();
            this.taken = 0;
            let mut incoming = ReadBuf::new(&mut this.incoming);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut incoming))?;
            if incoming.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.targets.encode(incoming.filled(), &mut this.ready);
        }
        let waiting = &this.ready[this.taken..];
        let taken = waiting.len().min(buffer.remaining());
        buffer.put_slice(&waiting[..taken]);
        this.taken += taken;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lenient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Follows the messages of a connection (RFC 9112) just so far as to know where targets are.
#[derive(Default)]
struct Targets {
    place: Place,
    line: Vec<u8>,
    body: Body,
}

/// Where in a message the next byte is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// In the request line, after so many blanks.
    RequestLine(u32),
    Headers,
    /// So many bytes of a body, or of a chunk with the line's end behind it.
    Bytes(u64, AndThen),
    ChunkSize,
    Trailers,
    /// Something that the HTTP library refuses or takes over: everything passes as it is.
    Unknown,
    #[default]
    Start,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AndThen {
    Start,
    ChunkSize,
}

/// What headers say about the body.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Body {
    #[default]
    None,
    Length(u64),
    Chunked,
    Unknown,
}

/// Whether a byte passes as it is wherever it stands in a request line.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b';' | b'=' | b'?'..=b'_' | b'a'..=b'~')
}

impl Targets {
    fn encode(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        while let Some(first) = bytes.first() {
            match self.place {
                Place::Start => {
                    self.body = Body::None;
                    self.line.clear();
                    // Empty lines may come before a request (RFC 9112, 2.2).
                    if matches!(first, b'\r' | b'\n') {
                        out.push(*first);
                        bytes = &bytes[1..];
                    } else {
                        self.place = Place::RequestLine(0);
                    }
                }
                Place::RequestLine(blanks) => {
                    let plain = bytes.iter().position(|byte| !is_plain(*byte));
                    let (passes, rest) = bytes.split_at(plain.unwrap_or(bytes.len()));
                    out.extend_from_slice(passes);
                    bytes = rest;
                    let Some(first) = bytes.first() else { return };
                    bytes = &bytes[1..];
                    match first {
                        b' ' => self.place = Place::RequestLine(blanks + 1),
                        b'\n' => self.place = Place::Headers,
                        _ => {}
                    }
                    let in_target = blanks == 1;
                    if in_target && (*first >= 0x7f || matches!(first, b'<' | b'>' | b'"' | b'`')) {
                        out.extend_from_slice(format!("%{first:02X}").as_bytes());
                    } else {
                        out.push(*first);
                    }
                }
                Place::Headers | Place::ChunkSize | Place::Trailers => {
                    let end = bytes.iter().position(|byte| *byte == b'\n');
                    let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
                    out.extend_from_slice(line);
                    let room = LONGEST_LINE.saturating_sub(self.line.len());
                    self.line.extend_from_slice(&line[..line.len().min(room)]);
                    bytes = rest;
                    if end.is_some() {
                        self.end_line();
                        self.line.clear();
                    }
                }
                Place::Bytes(left, then) => {
                    let taken =
                        usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
                    out.extend_from_slice(&bytes[..taken]);
                    bytes = &bytes[taken..];
                    self.place = match (left - taken as u64, then) {
                        (0, AndThen::Start) => Place::Start,
                        (0, AndThen::ChunkSize) => Place::ChunkSize,
                        (left, then) => Place::Bytes(left, then),
                    };
                }
                Place::Unknown => {
                    out.extend_from_slice(bytes);
                    bytes = &[];
                }
            }
        }
    }

    fn end_line(&mut self) {
        let line = String::from_utf8_lossy(&self.line);
        let line = line.trim_end_matches(['\r', '\n']);
        self.place = match (self.place, line) {
            (Place::Headers, "") => match self.body {
                Body::None | Body::Length(0) => Place::Start,
                Body::Length(length) => Place::Bytes(length, AndThen::Start),
                Body::Chunked => Place::ChunkSize,
                Body::Unknown => Place::Unknown,
            },
            (Place::Headers, line) => {
                self.body = body_of(line, self.body);
                Place::Headers
            }
            (Place::ChunkSize, line) => {
                let size = line.split(';').next().unwrap_or("").trim();
                match u64::from_str_radix(size, 16) {
                    Ok(0) => Place::Trailers,
                    Ok(size) => Place::Bytes(size.saturating_add(2), AndThen::ChunkSize),
                    Err(_) => Place::Unknown,
                }
            }
            (Place::Trailers, "") => Place::Start,
            (place, _) => place,
        };
    }
}

/// What is known of the body after one more header.
fn body_of(header: &str, before: Body) -> Body {
    let Some((name, value)) = header.split_once(':') else { return Body::Unknown };
    let value = value.trim();
    match name.to_ascii_lowercase().as_str() {
        "content-length" if before == Body::None => {
            value.parse().map_or(Body::Unknown, Body::Length)
        }
        "content-length" => Body::Unknown,
        "transfer-encoding" if value.eq_ignore_ascii_case("chunked") && before == Body::None => {
            Body::Chunked
        }
        "transfer-encoding" | "upgrade" => Body::Unknown,
        _ => before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However the bytes come in pieces.
    fn encoded(text: &str) -> String {
        let whole = in_pieces(text, text.len());
        for size in [1, 2, 7] {
            assert_eq!(in_pieces(text, size), whole);
        }
        whole
    }

    fn in_pieces(text: &str, size: usize) -> String {
        let (mut targets, mut out) = (Targets::default(), Vec::new());
        for piece in text.as_bytes().chunks(size) {
            targets.encode(piece, &mut out);
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn targets_are_encoded_and_nothing_else() {
        let body = "GET /<> HTTP/1.1\r\n\r\n";
        for (text, expected) in [
            (
                "GET /a?b->>c=eq.\"é\" HTTP/1.1\r\nX: <é>\r\n\r\n",
                "GET /a?b-%3E%3Ec=eq.%22%C3%A9%22 HTTP/1.1\r\nX: <é>\r\n\r\n",
            ),
            ("GET /a HTTP/1.1\n\nGET /> HTTP/1.1\r\n", "GET /a HTTP/1.1\n\nGET /%3E HTTP/1.1\r\n"),
            ("\r\n\r\nGET /> HTTP/1.1\r\n", "\r\n\r\nGET /%3E HTTP/1.1\r\n"),
        ] {
            assert_eq!(encoded(text), expected, "{text}");
        }
        for (head, framed) in [
            (format!("Content-Length: {}\r\n\r\n", body.len()), body.to_owned()),
            (
                "transfer-encoding: chunked\r\n\r\n".into(),
                format!("{:x};x=y\r\n{body}\r\n0\r\nT: >\r\n\r\n", body.len()),
            ),
        ] {
            let first = format!("POST /a HTTP/1.1\r\n{head}{framed}");
            assert_eq!(
                encoded(&format!("{first}GET /> HTTP/1.1\r\n")),
                format!("{first}GET /%3E HTTP/1.1\r\n")
            );
        }
    }

    #[test]
    fn what_is_not_understood_passes_as_it_is() {
        for head in [
            "Content-Length: x",
            "Content-Length: 1\r\nContent-Length: 2",
            "Transfer-Encoding: gzip",
            "Upgrade: h2c",
            "nonsense",
        ] {
            let text = format!("GET /a HTTP/1.1\r\n{head}\r\n\r\nGET /> HTTP/1.1\r\n");
            assert_eq!(encoded(&text), text);
        }
    }
}
