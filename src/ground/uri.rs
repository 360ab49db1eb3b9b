//! Converts paths to `file:` addresses and back, as RFC 8089 defines them, and hides passwords in addresses.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// Bytes that are not percent-encoded: letters, digits, the unreserved signs, and the slashes between folders.
const NOT_PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

const SCHEME: &str = "file://";

/// The address of a path, given as bytes.
pub fn of_path(path: &[u8]) -> String {
    format!("{SCHEME}{}", percent_encode(path, NOT_PLAIN))
}

/// The path of an address. `None` if it is not a `file:` address. Bytes that are not UTF-8 become replacement
/// characters. A percent sign without two hexadecimal digits stays as it is.
pub fn to_path(address: &str) -> Option<String> {
    address.strip_prefix(SCHEME).map(|path| percent_decode_str(path).decode_utf8_lossy().into_owned())
}

/// The text, with `***` for the password of each address in it, such as `postgres://ann:***@host` and
/// `postgres://host/sounds?password=***`.
pub fn without_passwords(text: &str) -> Cow<'_, str> {
    const BEGIN: &str = "://";
    const OPTION: &str = "password=";
    if !text.contains(BEGIN) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(BEGIN).map(|at| at + BEGIN.len()) {
        let (before, from_address) = rest.split_at(begin);
        let end = from_address.find(|letter: char| letter.is_whitespace()).unwrap_or(from_address.len());
        let (mut address, after) = from_address.split_at(end);
        shown += before;
        // A password may contain an @ that should have been encoded.
        if let Some((colon, at)) = address.rfind('@').and_then(|at| Some((address[..at].find(':')?, at))) {
            shown += &address[..colon];
            shown += ":***";
            address = &address[at..];
        }
        while let Some(value) = address.find(OPTION).map(|at| at + OPTION.len()) {
            shown += &address[..value];
            shown += "***";
            address = &address[value..];
            address = &address[address.find(['&', '\'', '"']).unwrap_or(address.len())..];
        }
        shown += address;
        rest = after;
    }
    shown += rest;
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_an_address_whatever_is_in_it_and_comes_back() {
        let path = "/a b/ü%#?-_.~.wav";
        assert_eq!(of_path(path.as_bytes()), "file:///a%20b/%C3%BC%25%23%3F-_.~.wav");
        assert_eq!(to_path(&of_path(path.as_bytes())).as_deref(), Some(path));
        assert_eq!(of_path(b"/\xff\n"), "file:///%FF%0A");
    }

    #[test]
    fn passwords_in_addresses_are_hidden_and_all_else_stays() {
        let said = "invalid value 'postgres://ann:hush:@hush@db.house:1/x' for '--library'; see https://a.b/c@d:e";
        let shown = "invalid value 'postgres://ann:***@db.house:1/x' for '--library'; see https://a.b/c@d:e";
        assert_eq!(without_passwords(said), shown);
        let said =
            "cannot open 'postgres://h/x?user=ann&password=hush&sslmode=require', nor postgres://h/x?sslpassword=hush";
        let shown =
            "cannot open 'postgres://h/x?user=ann&password=***&sslmode=require', nor postgres://h/x?sslpassword=***";
        assert_eq!(without_passwords(said), shown);
        for plain in ["", "a@b:c", "file:///a b", "postgres://ann@h/d", "://", "x://:@"] {
            assert_eq!(without_passwords(plain).replace(":***@", ":@"), plain);
        }
    }

    #[test]
    fn what_is_no_address_is_told_and_a_percent_sign_alone_stays() {
        assert_eq!(to_path("/a.wav"), None);
        assert_eq!(to_path("file:///100%.wav").as_deref(), Some("/100%.wav"));
    }
}
