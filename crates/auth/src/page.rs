//! Lists that come in pages.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use tenantry_postgres::Rows;

use crate::AuthError;
use crate::api::Engine;
use crate::request::AuthRequest;

const DEFAULT_PER_PAGE: u64 = 50;
const LARGEST_PER_PAGE: u64 = 1000;

/// Which page of a list is wanted.
pub(crate) struct Page {
    number: u64,
    /// How many rows it has.
    pub(crate) size: u64,
}

impl Page {
    /// What `page` and `per_page` ask for.
    pub(crate) fn asked(request: &AuthRequest) -> Result<Page, AuthError> {
        let number = |name: &str, otherwise: u64| match request.parameter(name).as_deref() {
            None | Some("") => Ok(otherwise),
            Some(text) => text
                .parse::<u64>()
                .ok()
                .filter(|number| (1..=u64::from(u32::MAX)).contains(number))
                .ok_or(AuthError::Validation("page and per_page must be whole numbers from 1")),
        };
        let size = number("per_page", DEFAULT_PER_PAGE)?.min(LARGEST_PER_PAGE);
        Ok(Page { number: number("page", 1)?, size })
    }

    /// How many rows come before it.
    pub(crate) fn offset(&self) -> u64 {
        (self.number - 1) * self.size
    }
}

/// The answer with the headers that tell how many there are and where the next page is.
pub(crate) fn with_page_headers(
    mut response: Response,
    engine: &Engine,
    path: &str,
    page: &Page,
    count: &Rows,
) -> Response {
    let total = count.first().and_then(|row| row.text(0)).and_then(|text| text.parse().ok());
    let total = total.unwrap_or(0);
    let link = page_links(&format!("{}/{path}", engine.config.issuer), page, total);
    for (name, value) in [("x-total-count", total.to_string()), (header::LINK.as_str(), link)] {
        if let (Ok(name), Ok(value)) =
            (header::HeaderName::try_from(name), HeaderValue::from_str(&value))
        {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The `link` header: the next page, where there is one, and the last.
fn page_links(url: &str, page: &Page, total: u64) -> String {
    let Page { number, size } = page;
    let last = total.div_ceil(*size).max(1);
    let link = |page: u64, relation: &str| {
        format!("<{url}?page={page}&per_page={size}>; rel=\"{relation}\"")
    };
    if *number < last {
        format!("{}, {}", link(number + 1, "next"), link(last, "last"))
    } else {
        link(last, "last")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_link_to_the_next_and_the_last() {
        let links =
            |number, size, total| page_links("i/admin/users", &Page { number, size }, total);
        let next = "<i/admin/users?page=2&per_page=2>; rel=\"next\", <i/admin/users?page=3&per_page=2>; rel=\"last\"";
        assert_eq!(links(1, 2, 5), next);
        assert_eq!(links(3, 2, 5), "<i/admin/users?page=3&per_page=2>; rel=\"last\"");
        assert_eq!(links(1, 50, 0), "<i/admin/users?page=1&per_page=50>; rel=\"last\"");
    }
}
