//! Access control: every request passes this guard first.
//!
//! A web page must not control the server. Scripts of a page can send requests to this machine. So the origin that the
//! browser reports must be this server. A page's own host name can also be made to lead to this machine (DNS
//! rebinding). So the Host must be a name that no stranger can have: an address, localhost, or a name that was allowed.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Server;
use super::answer::Refusal;
use super::upload;
use super::waiting::Pace;

/// The conditions for requests.
#[derive(Debug)]
pub(super) struct Rules {
    bound: IpAddr,
    hosts: Vec<String>,
    /// Comparing hashes takes the same time, however many characters are right.
    token: Option<blake3::Hash>,
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

pub(super) async fn guard(
    State(server): State<Arc<Server>>,
    ConnectInfo(pace): ConnectInfo<Pace>,
    mut request: Request,
    next: Next,
) -> Response {
    let _answering = pace.begin();
    let what = format!("{} {}", request.method(), request.uri().path());
    let response = match server.rules.check(request.headers(), request.uri()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            if let Ok(unwanted) = upload::Incoming::of(&mut request) {
                unwanted.discard().await;
            }
            refusal.into_response()
        }
    };
    if response.status().is_client_error() || response.status().is_server_error() {
        pace.refuse();
    }
    tracing::info!("{what}: {}", response.status());
    response
}

impl Rules {
    pub fn new(bound: IpAddr, hosts: Vec<String>, token: Option<&str>) -> Self {
        let hosts = hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect();
        Self { bound, hosts, token: token.map(|token| blake3::hash(token.as_bytes())) }
    }

    pub fn check(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), Refusal> {
        let foreign =
            |what: &str| Refusal::new(StatusCode::FORBIDDEN, format!("the request's {what} is not this server"));
        let host = only(headers, &header::HOST).ok_or_else(|| foreign("Host"))?;
        // A request may also name its host in its target.
        let target_agrees = uri.authority().is_none_or(|target| target.as_str().eq_ignore_ascii_case(host));
        if !target_agrees || !self.is_ours(host) {
            return Err(foreign("Host"));
        }
        if headers.contains_key(header::ORIGIN) {
            let ours =
                |origin: &str| origin.strip_prefix("http://").is_some_and(|rest| rest.eq_ignore_ascii_case(host));
            if !only(headers, &header::ORIGIN).is_some_and(ours) {
                return Err(foreign("Origin"));
            }
        }
        if headers.contains_key(SEC_FETCH_SITE)
            && !only(headers, &SEC_FETCH_SITE).is_some_and(|site| matches!(site, "same-origin" | "none"))
        {
            return Err(foreign("site"));
        }
        match &self.token {
            Some(token) if !carries(headers, token) => Err(Refusal::new(
                StatusCode::UNAUTHORIZED,
                "the request needs the server's token, as `Authorization: Bearer TOKEN`",
            )),
            _ => Ok(()),
        }
    }

    /// Whether only this machine can have this Host.
    fn is_ours(&self, host: &str) -> bool {
        let Some(name) = without_port(host) else { return false };
        let name = name.to_ascii_lowercase();
        if self.hosts.contains(&name) {
            return true;
        }
        match name.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) if self.bound.is_loopback() => address.is_loopback(),
            Ok(address) => address == self.bound || self.bound.is_unspecified(),
            Err(_) => name == "localhost" && (self.bound.is_loopback() || self.bound.is_unspecified()),
        }
    }
}

/// The value of a header, if there is exactly one and it is text.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.to_str().ok())?
}

fn carries(headers: &HeaderMap, token: &blake3::Hash) -> bool {
    let value = only(headers, &header::AUTHORIZATION).unwrap_or_default();
    value.split_once(' ').is_some_and(|(scheme, given)| {
        scheme.eq_ignore_ascii_case("bearer") && blake3::hash(given.trim().as_bytes()) == *token
    })
}

fn without_port(host: &str) -> Option<&str> {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let end = rest.find(']')? + 2;
            (&host[..end], &host[end..])
        }
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let digits = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    (port.is_empty() || port.strip_prefix(':').is_some_and(digits)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn rules(bound: &str, token: Option<&str>) -> Rules {
        Rules::new(bound.parse().expect("an address"), vec!["Studio.local".into()], token)
    }

    fn check(rules: &Rules, headers: &[(&'static str, &str)]) -> Option<StatusCode> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).expect("a value"));
        }
        rules.check(&map, &Uri::from_static("/search")).err().map(|refusal| refusal.code)
    }

    #[test]
    fn only_hosts_that_lead_here_are_answered() {
        let loopback = rules("127.0.0.1", None);
        for ours in ["127.0.0.1", "127.0.0.1:8765", "localhost:8765", "LOCALHOST", "[::1]:80", "studio.local:1"] {
            assert_eq!(check(&loopback, &[("host", ours)]), None, "{ours}");
        }
        let foreign = Some(StatusCode::FORBIDDEN);
        for theirs in [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "evil.example:8765",
            "0.0.0.0:8765",
            "192.168.1.5",
            "[::1",
            "127.0.0.1:",
            "127.0.0.1:80:80",
            "localhost:x",
            "evil@127.0.0.1",
            "2130706433",
        ] {
            assert_eq!(check(&loopback, &[("host", theirs)]), foreign, "{theirs}");
        }
        assert_eq!(check(&loopback, &[]), foreign, "no Host at all");
        assert_eq!(check(&loopback, &[("host", "localhost"), ("host", "evil.example")]), foreign);
        let one = rules("192.168.1.5", None);
        assert_eq!(check(&one, &[("host", "192.168.1.5:8765")]), None);
        assert_eq!(check(&one, &[("host", "192.168.1.6:8765")]), foreign);
        assert_eq!(check(&one, &[("host", "localhost")]), foreign);
        let all = rules("0.0.0.0", None);
        assert_eq!(check(&all, &[("host", "10.1.2.3")]), None);
        assert_eq!(check(&all, &[("host", "evil.example")]), foreign);
    }

    #[test]
    fn a_target_that_names_another_host_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("localhost"));
        let rules = rules("127.0.0.1", None);
        assert!(rules.check(&headers, &Uri::from_static("http://localhost/jobs")).is_ok());
        assert!(rules.check(&headers, &Uri::from_static("http://evil.example/jobs")).is_err());
    }

    #[test]
    fn a_foreign_origin_is_refused() {
        let rules = rules("127.0.0.1", None);
        let foreign = Some(StatusCode::FORBIDDEN);
        let from = |origin: &str| check(&rules, &[("host", "localhost:8765"), ("origin", origin)]);
        assert_eq!(from("http://localhost:8765"), None);
        for theirs in [
            "http://evil.example",
            "http://localhost:3000",
            "https://localhost:8765",
            "null",
            "",
            "http://127.0.0.1:8765",
        ] {
            assert_eq!(from(theirs), foreign, "{theirs:?}");
        }
        let site = |site: &str| check(&rules, &[("host", "localhost:8765"), ("sec-fetch-site", site)]);
        assert_eq!((site("same-origin"), site("none")), (None, None));
        assert_eq!((site("cross-site"), site("same-site")), (foreign, foreign));
    }

    #[test]
    fn a_token_is_needed_where_there_is_one() {
        let rules = rules("0.0.0.0", Some("a secret of some length"));
        let refused = Some(StatusCode::UNAUTHORIZED);
        let with = |value: &str| check(&rules, &[("host", "10.0.0.1"), ("authorization", value)]);
        assert_eq!(with("Bearer a secret of some length"), None);
        assert_eq!(with("bearer a secret of some length"), None);
        for wrong in [
            "Bearer",
            "Bearer ",
            "Bearer a secret of some lengt",
            "Basic a secret of some length",
            "a secret of some length",
        ] {
            assert_eq!(with(wrong), refused, "{wrong:?}");
        }
        assert_eq!(check(&rules, &[("host", "10.0.0.1")]), refused);
    }
}
